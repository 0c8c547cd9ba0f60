// Three pages watch a film that they steer: a seek of one shows to all of them, and the slider, the button and the
// speed of the page do what they say.

import { framesAdvance } from './page.mjs';
import { film, playback, SECONDS, shows, slide, watchers } from './page_film.mjs';
import { needElements, test } from './support.mjs';

await test('the page steers a film', async (world) => {
  needElements('rtcsink', 'vp8enc', 'vp8dec', 'matroskademux', 'nicesrc');
  const path = await film(world);
  const server = await world.server();
  const publisher = world.pipeline(`rtcsink name=s uri=${server.ws} stream=film control=playback
    filesrc location=${path} ! decodebin name=d d. ! queue ! videoconvert ! s. d. ! queue ! audioconvert ! s.`);
  const browser = await world.chromium();
  const pages = await watchers(world, browser, server, 3);
  const [first, second] = pages;

  for (const [color, seconds] of [['white', 20], ['black', 3], ['white', 18]]) {
    const began = performance.now();
    await slide(first, seconds);
    await Promise.all(pages.map((page) => shows(page, color, 5000)));
    world.check(true, `a seek to ${seconds} s shows to all three after ${Math.round(performance.now() - began)} ms`);
  }
  await second.waitForFunction(() => window.rtcPage.session.control.position >= 18);
  await Promise.all(pages.map((page) => framesAdvance(page)));
  world.check(true, 'and it goes on');

  await first.click('#playback-toggle');
  await second.waitForFunction(() => document.getElementById('playback-toggle').textContent === 'Play');
  const { position } = await playback(second);
  await slide(second, 5);
  await Promise.all(pages.map((page) => shows(page, 'black', 5000)));
  world.check((await playback(second)).state === 'paused', `paused at ${position} s, a seek shows its picture to all`);
  // Longer than a path is believed in that brings nothing.
  await new Promise((done) => { setTimeout(done, 9000); });
  await second.click('#playback-toggle');
  await first.waitForFunction(() => document.getElementById('playback-toggle').textContent === 'Pause');
  await Promise.all(pages.map((page) => framesAdvance(page)));
  const heals = await Promise.all(pages.map((page) => page.evaluate(() => window.rtcPage.session.heals)));
  world.check(heals.every((count) => count === 0), 'after a pause of 9 s it goes on over the same connections');

  await first.select('#playback-rate', '4');
  await second.waitForFunction(() => window.rtcPage.session.control.playback.rate === 4);
  await Promise.all(pages.map((page) => shows(page, 'white', 8000)));
  world.check(await second.$eval('#playback-rate', ({ value }) => value) === '4', 'four times as fast, it comes to the second half');
  await first.select('#playback-rate', '1');
  await first.click('#playback-loop');
  await second.waitForFunction(() => document.getElementById('playback-loop').checked);
  await slide(second, SECONDS - 2);
  await Promise.all(pages.map((page) => shows(page, 'black', 8000)));
  world.check(publisher.code === undefined, 'repeated, it begins again at its end');

  const refused = await first.evaluate(() => window.rtcPage.session.control.next().catch(({ code, message }) => `${code}: ${message}`));
  world.check(/^control-refused: Nothing comes next/.test(refused), `refused in words: ${refused}`);
  await world.screenshot(first, 'playback');
});
