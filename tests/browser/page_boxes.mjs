// The page draws the boxes that rtcsink sends in step with frames on those very frames.

import { fileURLToPath } from 'node:url';

import { framesAdvance, sessionIs } from './page.mjs';
import { needElements, needPython, test } from './support.mjs';

const FRAMES = 90;
// On a busy machine a message may come after the next frame was shown; the ball has moved on then.
const LATE = FRAMES / 5;

/** Of each frame shown, where the ball is in it and where the box was until the next one was shown. */
function watchFrames(count) {
  const video = document.getElementById('video');
  const grabbed = document.createElement('canvas');
  const edges = (context, width, height, lit) => {
    const { data } = context.getImageData(0, 0, width, height);
    let [left, right, bottom] = [width, -1, -1];
    for (let i = 0; i < width * height; i += 1) {
      if (!lit(data[4 * i], data[4 * i + 1], data[4 * i + 2], data[4 * i + 3])) continue;
      left = Math.min(left, i % width);
      right = Math.max(right, i % width);
      bottom = Math.floor(i / width);
    }
    return right < 0 ? null : { left, right, bottom };
  };
  // The page draws with each frame before this hears of it, and again where a message comes after its frame.
  const boxes = document.querySelector('.screen .boxes').getContext('2d');
  const { clearRect } = boxes;
  let box = null;
  boxes.clearRect = (...area) => {
    box = edges(boxes, boxes.canvas.width, boxes.canvas.height, (r, g, b, a) => a > 128);
    clearRect.apply(boxes, area);
  };
  return new Promise((resolve) => {
    const seen = [];
    const next = () => video.requestVideoFrameCallback((_now, metadata) => {
      const { videoWidth: width, videoHeight: height } = video;
      [grabbed.width, grabbed.height] = [width, height];
      const picture = grabbed.getContext('2d', { willReadFrequently: true });
      picture.drawImage(video, 0, 0);
      if (seen.length) seen.at(-1).box = box;
      if (seen.length === count) {
        resolve(seen);
        return;
      }
      seen.push({ timed: metadata.rtpTimestamp !== undefined,
        ball: edges(picture, width, height, (r, g, b) => Math.min(r, g, b) > 100) });
      next();
    });
    next();
  });
}

/** What InStep shows of a video that says when it shows a frame, and of one that says nothing. */
async function inStepShows() {
  const { InStep, TIMED_PROTOCOL } = await import('/timed.js');
  // A message in JSON; without a frame it has no mid.
  const message = (text, rtpTimestamp) => {
    const data = new DataView(new ArrayBuffer(8));
    [1, 2, rtpTimestamp === null ? 0 : 1].forEach((value, at) => data.setUint8(at, value));
    data.setUint32(4, rtpTimestamp ?? 0);
    return new Uint8Array([...new Uint8Array(data.buffer), ...new TextEncoder().encode(`${rtpTimestamp === null ? '' : '0'}${text}`)]).buffer;
  };
  const watch = (video) => {
    const channel = Object.assign(new EventTarget(), { protocol: TIMED_PROTOCOL, label: 'boxes' });
    const shown = [];
    const step = new InStep(video, Object.assign(new EventTarget(), { channels: [channel] }), (one) => shown.push(one?.payload ?? null));
    const say = (...what) => channel.dispatchEvent(new CustomEvent('message', { detail: message(...what) }));
    return { shown, say, step };
  };
  let next = null;
  const video = { requestVideoFrameCallback: (call) => { next = call; return 1; }, cancelVideoFrameCallback: () => { next = null; } };
  const { shown, say, step } = watch(video);
  const frame = (rtpTimestamp) => next(0, { rtpTimestamp });
  say('first', 3000);
  frame(3000);
  say('of none', null);
  frame(6000);
  say('second', 9000);
  frame(9000);
  frame(12000);
  frame(9000 + 90 * 600);  // no other one has followed for longer than one is shown
  step.close();
  const silent = watch({});
  silent.say('alone', 3000);
  silent.step.close();
  return { shown, closed: next === null, alone: silent.shown };
}

async function messagesFindTheirFrames(world, page) {
  const { shown, closed, alone } = await page.evaluate(inStepShows);
  world.check(JSON.stringify(shown) === '["first","of none","second","second",null]', `one of no frame gives way to the next one, and the last one goes: ${JSON.stringify(shown)}`);
  world.check(closed, 'it asks for no more frames when it is closed');
  world.check(alone.join() === 'alone', 'where frames are not told of, it shows what came');
}

await test('boxes on their frames', async (world) => {
  needElements('rtcsink', 'videotestsrc', 'vp8enc', 'nicesrc');
  const server = await world.server();
  const publisher = world.process(needPython(), [fileURLToPath(new URL('../../pipelines/klv-overlay.py', import.meta.url)), 'publish', server.ws, 'scene']);
  const page = await world.page(await world.chromium(), `${server.page}?stream=scene`);
  await messagesFindTheirFrames(world, page);
  await sessionIs(page, 'playing');
  await framesAdvance(page, 30);
  await page.waitForFunction(() => !document.querySelector('.screen .boxes').hidden);
  await world.screenshot(page, 'page_boxes');
  const seen = await page.evaluate(watchFrames, FRAMES);
  world.check(seen.every(({ timed }) => timed), 'the browser tells the RTP timestamps of frames');
  const both = seen.filter(({ ball, box }) => ball && box);
  world.check(both.length > FRAMES * 0.95, `${both.length} of ${FRAMES} frames have a box`);
  const apart = both.map(({ ball, box }) => Math.max(...['left', 'right', 'bottom'].map((edge) => Math.abs(ball[edge] - box[edge]))));
  const moved = both.slice(1).map(({ ball }, index) => Math.max(...['left', 'bottom'].map((edge) => Math.abs(ball[edge] - both[index].ball[edge]))));
  world.check(moved.filter((pixels) => pixels > 3).length > FRAMES / 3, `the ball moves: ${moved}`);
  const right = apart.filter((pixels) => pixels <= 3).length;
  world.check(right >= both.length - LATE, `${right} of ${both.length} boxes are around the ball: ${apart}`);
  await publisher.stop('SIGINT');
  await page.waitForFunction(() => document.querySelector('#screen').dataset.state !== 'playing', { timeout: 30000 });
  world.check(page.errors.length === 0, 'no script error on the page');
});
