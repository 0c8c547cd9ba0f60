// Two pages watch a film that each has to itself: a seek, a pause of one leaves the other as it is, and who comes when
// there is no place for it is told so.

import { film, playback, shows, slide, watchers } from './page_film.mjs';
import { framesAdvance } from './page.mjs';
import { needElements, test } from './support.mjs';

const position = (page) => page.evaluate(() => window.rtcPage.session.control.position);

await test('a page steers a film of its own', async (world) => {
  needElements('rtcsink', 'vp8enc', 'vp8dec', 'matroskademux', 'nicesrc');
  const path = await film(world);
  const server = await world.server();
  const publisher = world.pipeline(`rtcsink uri=${server.ws} stream=film control=playback playback-uri=file://${path} max-private=2`);
  const browser = await world.chromium();
  const [first, second] = await watchers(world, browser, server, 2);

  await slide(first, 20);
  await shows(first, 'white', 5000);
  await shows(second, 'black', 1000);
  world.check(await position(second) < 15, 'a seek of the first page does not show to the second');
  await first.click('#playback-toggle');
  await first.waitForFunction(() => document.getElementById('playback-toggle').textContent === 'Play');
  const before = await position(second);
  await second.waitForFunction((then) => window.rtcPage.session.control.position > then + 1, {}, before);
  await framesAdvance(second);
  world.check((await playback(second)).state === 'playing' && (await playback(first)).state === 'paused', 'the first one is paused, the second goes on');
  await slide(first, 3);
  await shows(first, 'black', 5000);
  await first.click('#playback-toggle');
  await framesAdvance(first);
  world.check(true, 'and plays again');

  const third = await world.page(browser, `${server.page}?stream=film`);
  await third.waitForFunction(() => /max-private/.test(document.body.textContent), { timeout: 10000 });
  world.check(true, 'a third one is told that there is no place for it');
  await first.close();
  await third.reload();
  await framesAdvance(third);
  world.check(publisher.code === undefined, 'it gets the place of one that has left');
});
