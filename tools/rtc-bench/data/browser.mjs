// One end of a data channel in a headless Chromium for rtc-bench data:
//
//     node browser.mjs send SIZE | receive
//
// What the ends and it tell one another is in end.py. $CHROMIUM is the program.

import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [mode, size] = process.argv.slice(2);
const say = (fields) => console.log(JSON.stringify(fields));

const require = createRequire(new URL('../../../tests/browser/', import.meta.url));
const { default: puppeteer } = await import(pathToFileURL(require.resolve('puppeteer-core')));

const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  userDataDir: profile,
  args: ['--no-sandbox', '--disable-background-timer-throttling', '--disable-renderer-backgrounding',
    '--disable-backgrounding-occluded-windows', '--disable-dev-shm-usage',
    '--disable-features=WebRtcHideLocalIpsWithMdns'],
});
const [page] = await browser.pages();
page.on('pageerror', (error) => say({ error: error.message }));

/** In the page. */
function prepare() {
  window.connection = new RTCPeerConnection();
  /** Sets the description and gives it with all candidates. */
  window.describe = async (description) => {
    await window.connection.setLocalDescription(description);
    while (window.connection.iceGatheringState !== 'complete') {
      await new Promise((done) => {
        window.connection.addEventListener('icegatheringstatechange', done, { once: true });
      });
    }
    return window.connection.localDescription.sdp;
  };
}

/** In the page. */
async function send(bytes) {
  const HIGH_WATER = 1 << 20;
  const message = new Uint8Array(bytes);
  const channel = window.connection.createDataChannel('bench');
  channel.bufferedAmountLowThreshold = 1 << 18;
  const fill = () => {
    while (channel.readyState === 'open' && channel.bufferedAmount <= HIGH_WATER) channel.send(message);
  };
  channel.onopen = fill;
  channel.onbufferedamountlow = fill;
  return window.describe(await window.connection.createOffer());
}

/** In the page. */
async function receive(sdp) {
  let bytes = 0;
  let last = performance.now();
  let gap = 0;
  const add = (size) => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
    bytes += size;
  };
  window.mark = () => {
    add(0);
    const result = { time: last / 1000, bytes, stall: gap / 1000 };
    gap = 0;
    return result;
  };
  window.connection.ondatachannel = ({ channel }) => {
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => add(data.byteLength);
  };
  await window.connection.setRemoteDescription({ type: 'offer', sdp });
  return window.describe(await window.connection.createAnswer());
}

await page.evaluate(prepare);
if (mode === 'send') say({ offer: await page.evaluate(send, Number(size)) });
for await (const line of createInterface({ input: process.stdin })) {
  const { offer, answer } = line.startsWith('{') ? JSON.parse(line) : {};
  if (offer) {
    say({ answer: await page.evaluate(receive, offer) });
  } else if (answer) {
    await page.evaluate((sdp) => window.connection.setRemoteDescription({ type: 'answer', sdp }), answer);
  } else {
    say(await page.evaluate(() => window.mark()));
  }
}
await browser.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
