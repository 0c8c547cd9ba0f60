// Chromium sees 200 changes of rendition in a row: every picture decodes, none is missing, and it never freezes.

import { fileURLToPath } from 'node:url';

import { framesAdvance, listed } from './page.mjs';
import { needElements, needPython, test } from './support.mjs';

const SWITCHES = 200;
// A change costs no frame of its own, so a pause means that a busy machine was late.
const LONGEST_PAUSE = 1;

/** Keeps the page's connections, and the longest time between two presented frames. */
function watchConnections() {
  window.connections = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args);
      window.connections.push(this);
    }
  };
}

const inbound = (page) => page.evaluate(async () => {
  for (const stats of (await window.connections.at(-1).getStats()).values())
    if (stats.type === 'inbound-rtp' && stats.kind === 'video') return { ...stats };
  return {};
});

await test('Chromium sees 200 changes of rendition', async (world) => {
  needElements('rtcsink', 'videotestsrc', 'vp8enc', 'nicesrc');
  const server = await world.server();
  const publisher = world.process(needPython(), [fileURLToPath(new URL('renditions_publisher.py', import.meta.url)), server.ws]);
  await publisher.line(/ready/);
  const page = await world.page(await world.chromium());
  await page.evaluateOnNewDocument(watchConnections);
  await page.goto(server.page);
  await (await listed(page, 'test')).click();
  await framesAdvance(page, 30);
  await page.evaluate(() => {
    window.sizes = [];
    window.longestPause = 0;
    const video = document.getElementById('video');
    let last = null;
    const next = () => video.requestVideoFrameCallback((now, { width, height }) => {
      if (last !== null) window.longestPause = Math.max(window.longestPause, (now - last) / 1000);
      last = now;
      if (window.sizes.at(-1) !== height) window.sizes.push(height);
      next();
    });
    next();
  });
  await page.waitForFunction(() => window.sizes.length > 0);

  const before = await inbound(page);
  const heights = new Set();
  for (let count = 1; count <= SWITCHES; count += 1) {
    publisher.kill('SIGUSR1');
    await publisher.line(new RegExp(`switched \\d+ ${count}\\n`));
    await page.waitForFunction((goal) => window.sizes.length > goal, { polling: 'raf' }, count);
    const { frameHeight } = await inbound(page);
    heights.add(frameHeight);
  }
  await framesAdvance(page, 30);

  const after = await inbound(page);
  const { sizes, longestPause } = await page.evaluate(() => ({ sizes: window.sizes, longestPause: window.longestPause }));
  world.check(sizes.length === SWITCHES + 1 && new Set(sizes).size === 2, `the size changed ${sizes.length - 1} times, between ${[...new Set(sizes)]} lines`);
  world.check(heights.has(360) && heights.has(180), `frameHeight is ${[...heights]}`);
  world.check(after.packetsLost === 0, `no packet was lost (${after.packetsReceived} came)`);
  world.check(after.framesDecoded - before.framesDecoded > SWITCHES, `${after.framesDecoded - before.framesDecoded} frames were decoded`);
  world.check(after.framesReceived - after.framesDecoded - (after.framesDropped ?? 0) <= 3, `all that came were: ${after.framesReceived}, ${after.framesDropped} dropped`);
  world.check(after.pliCount - before.pliCount === 0, 'it never had to ask for a keyframe');
  world.check(longestPause < LONGEST_PAUSE, `the longest pause was ${Math.round(longestPause * 1000)} ms, ${after.freezeCount - before.freezeCount} freezes counted`);
  world.check(page.errors.length === 0, 'no script error on the page');
});
