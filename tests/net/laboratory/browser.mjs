// Chromium in a laboratory, headless, on the page of rtc-server. Prints one JSON object per line, as play.py does:
// the path of the selected pair, and the result once video has flowed.
//
//     node browser.mjs play|publish PAGE STREAM SECONDS
//
// "publish" goes on until it is ended.

import { createRequire } from 'node:module';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { frameRate, framesAdvance, publishFromForm } from '../../browser/page.mjs';

const [mode, address, stream, seconds] = process.argv.slice(2);
const say = (fields) => console.log(JSON.stringify(fields));

const require = createRequire(new URL('../../browser/', import.meta.url));
const { default: puppeteer } = await import(pathToFileURL(require.resolve('puppeteer-core')));

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  timeout: 120000,
  userDataDir: mkdtempSync(join(tmpdir(), 'chromium-')),
  args: ['--no-sandbox', '--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required', '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
    // Cameras are for secure pages; the laboratory serves plain http.
    `--unsafely-treat-insecure-origin-as-secure=${new URL(address).origin}`],
});
const page = await browser.newPage();
page.on('pageerror', (error) => say({ error: error.stack ?? error.message }));
page.on('console', (message) => say({ console: message.text() }));
await page.evaluateOnNewDocument(() => {
  window.connections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...settings) {
      super(...settings);
      window.connections.push(this);
    }
  };
});

/** The selected pair of the newest connection that has one, in the words of rtc-path. */
function selectedPair() {
  return page.waitForFunction(async () => {
    for (const connection of [...window.connections].reverse()) {
      const stats = await connection.getStats();
      const transport = [...stats.values()].find((entry) => entry.type === 'transport' && entry.selectedCandidatePairId);
      const pair = transport && stats.get(transport.selectedCandidatePairId);
      if (pair?.state !== 'succeeded') continue;
      const [local, remote] = [stats.get(pair.localCandidateId), stats.get(pair.remoteCandidateId)];
      return {
        'local-candidate-type': local.candidateType, 'remote-candidate-type': remote.candidateType,
        protocol: local.protocol, ...(local.relayProtocol && { 'relay-protocol': local.relayProtocol }),
        'local-address': `${local.address}:${local.port}`, 'remote-address': `${remote.address}:${remote.port}`,
      };
    }
    return null;
  }, { polling: 200, timeout: 30000 }).then((handle) => handle.jsonValue());
}

/** What the statistics tell of the video that came. */
const inboundVideo = () => page.evaluate(async () => {
  for (const connection of window.connections)
    for (const entry of (await connection.getStats()).values())
      if (entry.type === 'inbound-rtp' && entry.kind === 'video') {
        const { packetsLost, fecPacketsReceived, framesDecoded, freezeCount, totalFreezesDuration, pliCount } = entry;
        return { packetsLost, fecPacketsReceived, framesDecoded, freezeCount, totalFreezesDuration, pliCount };
      }
  return {};
});

const sayPath = async () => say({ message: 'rtc-path', source: 'chromium', ...await selectedPair() });

if (mode === 'publish') {
  await page.goto(address);
  await publishFromForm(page, stream);
  say({ message: 'rtc-ready' });
  await sayPath();
} else {
  await page.goto(`${address}?stream=${stream}`);
  await framesAdvance(page, 1);
  const rate = await frameRate(page, Number(seconds));
  await sayPath();
  const first = await page.evaluate(() => performance.getEntriesByName('rtc-first-frame')[0]?.startTime / 1000);
  say({ message: 'flow', first, rate, ...await inboundVideo() });
}
