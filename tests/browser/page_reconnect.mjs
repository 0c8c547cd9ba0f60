// The server is killed while media flows: media goes on, and everything is listed again when it is back.

import { framesAdvance, listed, publishFromForm, soundComes } from './page.mjs';
import { test } from './support.mjs';

await test('page reconnect', async (world) => {
  const server = await world.server();
  const browser = await world.chromium();
  const publisher = await world.page(browser, server.page);
  await publishFromForm(publisher, 'desk');
  const viewer = await world.page(browser, `${server.page}?stream=desk`);
  await framesAdvance(viewer);
  const connection = await viewer.evaluateHandle(() => window.rtcPage.session.peerConnection);

  await server.stop('SIGKILL');
  for (const page of [publisher, viewer]) {
    await page.waitForFunction(() => ['waiting', 'connecting'].includes(window.rtcPage.room.state));
  }
  await framesAdvance(viewer, 90);
  world.check(true, 'the server is gone, the picture goes on');
  const late = await (await viewer.waitForSelector('.alert')).evaluate((alert) => alert.textContent);
  world.check(/cannot be reached/.test(late), `the page says so: ${late}`);

  await world.server({ port: server.port });
  await listed(viewer, 'desk');
  world.check(true, 'the server is back, the stream is listed again');
  await viewer.waitForFunction(() => !document.querySelector('.alert'));
  world.check(await viewer.evaluate((before) => window.rtcPage.session.peerConnection === before, connection),
    'the connection is the one from before');
  await framesAdvance(viewer, 30);
  world.check(true, 'and still plays');
  await soundComes(viewer);

  const second = await world.page(browser, `${server.page}?stream=desk`);
  await framesAdvance(second);
  world.check(true, 'a new viewer can watch');

  // The publisher ends for good: the one whose session the new server never knew notices too.
  await publisher.close();
  await viewer.waitForFunction(() => window.rtcPage.session.state === 'waiting');
  await second.waitForFunction(() => window.rtcPage.session.state === 'waiting');
  world.check(true, 'both viewers notice the end');
});
