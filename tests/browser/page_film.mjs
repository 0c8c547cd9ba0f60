// A film whose picture tells where it plays, and what a page does that steers it.

import { join } from 'node:path';

import { framesAdvance } from './page.mjs';

export const SECONDS = 30;

// Black in its first half, white in the second.
export async function film(world) {
  const path = join(world.folder(), 'film.webm');
  const half = (pattern) => `videotestsrc pattern=${pattern} num-buffers=${SECONDS * 15} ! video/x-raw,width=320,height=180,framerate=30/1 ! c.`;
  const made = world.pipeline(`${half('black')} ${half('white')} concat name=c ! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=30 ! queue ! m.
    audiotestsrc num-buffers=${SECONDS * 50} samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! queue ! m.
    webmmux name=m ! filesink location=${path}`);
  if ((await made.exit()) !== 0) throw new Error(made.output);
  return path;
}

export function shows(page, color, timeout = 30000) {
  return page.waitForFunction((wanted) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 8;
    const context = canvas.getContext('2d');
    context.drawImage(document.getElementById('video'), 0, 0, 8, 8);
    const [red] = context.getImageData(4, 4, 1, 1).data;
    return wanted === 'white' ? red > 192 : red < 64;
  }, { timeout, polling: 50 }, color);
}

// As a hand on the slider does.
export function slide(page, seconds) {
  return page.evaluate((value) => {
    const slider = document.getElementById('playback-position');
    slider.value = value;
    slider.dispatchEvent(new Event('input'));
    slider.dispatchEvent(new Event('change'));
  }, seconds);
}

export const playback = (page) => page.evaluate(() => window.rtcPage.session.control.playback);

// Pages that watch it from its beginning.
export async function watchers(world, browser, server, count) {
  const pages = [];
  for (let i = 0; i < count; i += 1) {
    const page = await world.page(browser, `${server.page}?stream=film`);
    await framesAdvance(page);
    await page.waitForSelector('#playback:not([hidden])');
    pages.push(page);
  }
  const told = await playback(pages[0]);
  world.check(Math.abs(told.duration - SECONDS) < 0.5 && told.state === 'playing', `it is ${told.duration} s long and plays`);
  await Promise.all(pages.map((page) => shows(page, 'black')));
  return pages;
}
