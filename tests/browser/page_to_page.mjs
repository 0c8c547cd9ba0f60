// One page publishes a camera and a microphone, another lists and plays them; the publisher goes and comes back.

import { framesAdvance, listed, publishFromForm, sessionIs, soundComes } from './page.mjs';
import { test } from './support.mjs';

await test('page to page', async (world) => {
  const server = await world.server();
  const browser = await world.chromium();
  const publisher = await world.page(browser, `${server.page}?room=lobby`);
  await publishFromForm(publisher, 'desk <b>');

  const viewer = await world.page(browser, `${server.page}?room=lobby`);
  const button = await listed(viewer, 'desk <b>');
  world.check(await button.$eval('span', (span) => span.textContent) === 'desk <b>', 'the name is listed as it is, not as HTML');

  const elsewhere = await world.page(browser, `${server.page}?room=other`);
  await elsewhere.waitForFunction(() => window.rtcPage?.room.state === 'open');

  await button.click();
  await framesAdvance(viewer);
  await soundComes(viewer);
  world.check(true, 'picture and sound come');
  await viewer.waitForFunction(() => window.rtcPage.stats?.video?.framesPerSecond > 0 && window.rtcPage.stats.video.width > 0);
  const shown = await viewer.$$eval('#graphs dd, #facts dd', (all) => all.map((one) => one.textContent));
  world.check(shown.some((text) => /fps/.test(text)) && shown.some((text) => /bit\/s/.test(text)) && shown.some((text) => /\d × \d/.test(text)),
    `the figures are shown: ${shown.join(', ')}`);
  world.check(await publisher.evaluate(() => window.rtcPage.publication.viewers.length) === 1, 'the publisher counts one viewer');
  world.check(await elsewhere.evaluate(() => window.rtcPage.room.streams.length) === 0, 'another room does not see the stream');
  await world.screenshot(viewer, 'page_to_page');

  const twin = await world.page(browser, `${server.page}?room=lobby`);
  await twin.locator('#publish-name').fill('desk <b>');
  await twin.locator('#publish-start').click();
  const alert = await twin.waitForSelector('.alert[data-code="name-taken"]');
  world.check(/Choose another name/.test(await alert.evaluate((box) => box.textContent)), 'a taken name is refused in words');

  await publisher.click('#publish-stop');
  await sessionIs(viewer, 'waiting', 'ended');
  world.check(/ended/.test(await viewer.$eval('#player-state', (line) => line.textContent)), 'the viewer is told that the stream ended');
  await publishFromForm(publisher, 'desk <b>');
  await framesAdvance(viewer);
  world.check(true, 'the stream came back and plays again by itself');

  await publisher.close();
  await sessionIs(viewer, 'waiting', 'ended');
  world.check(true, 'a publisher that closes its tab ends the stream');
  for (const page of [viewer, elsewhere, twin]) world.check(page.errors.length === 0, 'no script error on the page');
});
