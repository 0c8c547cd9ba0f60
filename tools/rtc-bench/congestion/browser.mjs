// Chromium for `rtc-bench congestion`, headless, on the page of rtc-server.
//
//     node browser.mjs publish PAGE STREAM WIDTH HEIGHT     sends the file $CAMERA as its camera
//     node browser.mjs view PAGE STREAM COUNT               watches it COUNT times
//
// Prints one JSON object per line: {"said": "published"} or {"said": "playing"} (every video has a picture), and as a
// viewer twice a second {"flows": [{frames, stats}, ...]}, what is new of each video. `frames` are the seconds of the
// wall clock at which a picture was presented, `stats` [seconds, bytes received, frames decoded, seconds frozen,
// packets lost, width]. Goes on until it is ended.

import { createRequire } from 'node:module';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [mode, address, stream, ...rest] = process.argv.slice(2);
const say = (fields) => console.log(JSON.stringify(fields));

const require = createRequire(new URL('../../../tests/browser/', import.meta.url));
const { default: puppeteer } = await import(pathToFileURL(require.resolve('puppeteer-core')));

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  userDataDir: mkdtempSync(join(tmpdir(), 'chromium-')),
  args: ['--no-sandbox', '--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream',
    ...(process.env.CAMERA ? [`--use-file-for-fake-video-capture=${process.env.CAMERA}`] : []),
    '--autoplay-policy=no-user-gesture-required', '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--disable-dev-shm-usage',
    // Cameras are for secure pages; the laboratory serves plain http. Names of mDNS are not resolved in it.
    `--unsafely-treat-insecure-origin-as-secure=${new URL(address).origin}`,
    '--disable-features=WebRtcHideLocalIpsWithMdns'],
});
const page = await browser.newPage();
page.on('pageerror', (error) => say({ error: error.message }));
await page.goto(address);

/** In the page. */
async function publish(name, width, height) {
  const { Room } = await import('/rtc.js');
  const media = await navigator.mediaDevices.getUserMedia({ video: { width, height, frameRate: 30 } });
  window.benchRoom = new Room();
  await window.benchRoom.publish(media, { name });
}

/** In the page: watches, and collects until collect() takes it. */
async function view(name, count) {
  const { Room } = await import('/rtc.js');
  const now = () => (performance.timeOrigin + performance.now()) / 1000;
  const room = new Room();
  const screen = document.body.appendChild(document.createElement('div'));
  screen.style.cssText = 'position: fixed; inset: 0; z-index: 1000';
  const flows = Array.from({ length: count }, () => {
    const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true, playsInline: true });
    video.style.cssText = 'width: 150px; height: 85px';  // all of them are on the screen
    screen.append(video);
    const flow = { frames: [], stats: [], played: false };
    const next = () => video.requestVideoFrameCallback(() => {
      flow.frames.push(now());
      flow.played = true;
      next();
    });
    next();
    const session = room.watch(name, { videoElement: video });
    setInterval(async () => {
      const report = await session.peerConnection?.getStats();
      const inbound = [...(report?.values() ?? [])].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
      if (!inbound) return;
      flow.stats.push([now(), inbound.bytesReceived + (inbound.headerBytesReceived ?? 0), inbound.framesDecoded,
        inbound.totalFreezesDuration ?? 0, inbound.packetsLost, inbound.frameWidth ?? 0]);
    }, 100);
    return flow;
  });
  window.bench = {
    play: () => flows.every(({ played }) => played),
    collect: () => flows.map(({ frames, stats }) => ({ frames: frames.splice(0), stats: stats.splice(0) })),
  };
}

if (mode === 'publish') {
  await page.evaluate(publish, stream, Number(rest[0]), Number(rest[1]));
  say({ said: 'published' });
} else {
  await page.evaluate(view, stream, Number(rest[0]));
  await page.waitForFunction(() => window.bench.play(), { timeout: 60000, polling: 100 });
  say({ said: 'playing' });
  setInterval(async () => say({ flows: await page.evaluate(() => window.bench.collect()) }), 500);
}
