// Plays a stream in a headless Chromium and reads the wall clock that is painted on every frame when
// the frame is presented. Prints {"ms": [...]}, the milliseconds each one took.
//
//   node chromium_viewer.mjs PUPPETEER_FOLDER PAGE_URL SECONDS [publish]
//
// With "publish" a second page of the same browser paints the clock and publishes it first.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, url, seconds, mode] = process.argv.slice(2);
const BLOCKS = 26;
const SIZE = 24;

const module = resolve(folder, 'puppeteer-core/lib/esm/puppeteer/puppeteer-core.js');
if (!existsSync(module)) {
  console.error(`rtc-bench: puppeteer-core is not in ${folder}; run "npm ci" in tests/browser.`);
  process.exit(1);
}
const { default: puppeteer } = await import(pathToFileURL(module));
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!executablePath) {
  console.error('rtc-bench: no Chromium is installed; install the package chromium.');
  process.exit(1);
}

const profile = mkdtempSync(join(tmpdir(), 'rtc-bench-'));
const browser = await puppeteer.launch({
  executablePath,
  headless: true,
  userDataDir: profile,
  handleSIGINT: false,
  handleSIGTERM: false,
  handleSIGHUP: false,
  args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--disable-dev-shm-usage',
    '--disable-background-timer-throttling', '--disable-renderer-backgrounding',
    '--disable-backgrounding-occluded-windows', '--disable-features=WebRtcHideLocalIpsWithMdns'],
});

async function end(status) {
  await Promise.race([browser.close(), new Promise((done) => { setTimeout(done, 3000); })]).catch(() => {});
  browser.process()?.kill('SIGKILL');
  // Its processes may write for a moment still.
  for (let attempt = 0; existsSync(profile) && attempt < 20; attempt += 1) {
    try {
      rmSync(profile, { recursive: true, force: true });
    } catch {
      await new Promise((done) => { setTimeout(done, 100); });
    }
  }
  process.exit(status);
}
// The end of standard input is the end of whoever started this.
process.stdin.on('end', () => end(1)).resume();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(1));

/** In the page: a canvas with the clock, published as "bench". */
async function publish(blocks, size) {
  const { Room } = await import('/rtc.js');
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const context = canvas.getContext('2d');
  const stream = canvas.captureStream(0);
  const [track] = stream.getVideoTracks();
  setInterval(() => {
    const code = Math.round(performance.timeOrigin + performance.now()) & 0xffffff;
    let parity = 0;
    for (let block = 0; block < blocks; block += 1) {
      const bit = block < blocks - 2 ? (code >> (blocks - 3 - block)) & 1 : block === blocks - 2 ? parity : 1;
      if (block < blocks - 2) parity ^= bit;
      context.fillStyle = bit ? '#fff' : '#000';
      context.fillRect(block * size, 0, size, size);
    }
    context.fillStyle = `hsl(${(code / 20) % 360} 60% 50%)`;
    context.fillRect((code / 10) % 600, 180, 40, 40);
    track.requestFrame();
  }, 1000 / 30);
  window.benchRoom = new Room({ room: new URLSearchParams(location.search).get('room') ?? undefined });
  await window.benchRoom.publish(stream, { name: 'bench' });
}

/** In the page: reads the clock of every frame that is presented. */
function watch(blocks, size, milliseconds) {
  return new Promise((done) => {
    const video = document.querySelector('video');
    const canvas = new OffscreenCanvas(blocks * size, size);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const found = [];
    let end = 0;
    const frame = () => {
      const now = performance.timeOrigin + performance.now();
      if (!end) end = now + milliseconds + 2000;  // the first two seconds are not counted
      context.drawImage(video, 0, 0, blocks * size, size, 0, 0, blocks * size, size);
      const { data } = context.getImageData(0, size / 2, blocks * size, 1);
      let code = 0;
      let parity = 0;
      for (let block = 0; block < blocks - 2; block += 1) {
        const bit = data[4 * (block * size + size / 2)] > 128 ? 1 : 0;
        code = (code << 1) | bit;
        parity ^= bit;
      }
      const white = (block) => data[4 * (block * size + size / 2)] > 128;
      if (white(blocks - 1) && white(blocks - 2) === (parity === 1) && now > end - milliseconds) {
        const age = ((Math.round(now) & 0xffffff) - code) & 0xffffff;
        found.push(age > 0x7fffff ? age - 0x1000000 : age);
      }
      if (now > end) done(found);
      else video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
    setTimeout(() => done(found), milliseconds + 20000);
  });
}

try {
  if (mode === 'publish') {
    const publisher = await browser.newPage();
    await publisher.goto(url);
    await publisher.evaluate(publish, BLOCKS, SIZE);
  }
  const page = await browser.newPage();
  await page.goto(`${url}${url.includes('?') ? '&' : '?'}stream=bench`);
  await page.waitForSelector('video');
  const ms = await page.evaluate(watch, BLOCKS, SIZE, Number(seconds) * 1000);
  console.log(JSON.stringify({ ms }));
  await end(0);
} catch (error) {
  console.error(`rtc-bench: Chromium: ${error.message}`);
  await end(1);
}
