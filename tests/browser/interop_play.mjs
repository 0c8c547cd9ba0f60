// An unmodified gstwebrtc-api lists and plays what rtcsink publishes, whoever makes the offer.

import { plays, producerNamed, serveLibrary } from './gstwebrtc_api.mjs';
import { test } from './support.mjs';

await test('gstwebrtc-api 3.0.0 plays rtcsink', async (world) => {
  const address = await serveLibrary(world);
  const server = await world.server();
  world.testPublisher(server);
  const browser = await world.chromium();

  const viewer = await world.page(browser, address(server));
  await viewer.evaluate((id) => window.play(id), await producerNamed(viewer, 'test'));
  await plays(viewer);
  world.check(true, 'it lists and plays the stream');

  const offerer = await world.page(browser, address(server));
  await offerer.evaluate((id) => window.play(id, { offerToReceiveAudio: true, offerToReceiveVideo: true }),
    await producerNamed(offerer, 'test'));
  await plays(offerer);
  world.check(true, 'it plays the stream when it makes the offer itself');
});
