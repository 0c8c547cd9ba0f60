// An unmodified gstwebrtc-api lists and plays what rtcsink publishes, whoever offers, and publishes what rtcsrc records.

import { join } from 'node:path';
import { plays, producerNamed, serveLibrary } from './gstwebrtc_api.mjs';
import { checkRecording, recordPipeline } from './recording.mjs';
import { needElements, test } from './support.mjs';

await test('interoperation with gstwebrtc-api 3.0.0', async (world) => {
  needElements('rtcsink', 'rtcsrc', 'matroskamux');
  const address = await serveLibrary(world);
  const server = await world.server();
  world.testPublisher(server);
  const browser = await world.chromium();

  const viewer = await world.page(browser, address(server));
  await viewer.evaluate((id) => window.play(id), await producerNamed(viewer, 'test'));
  await plays(viewer);
  world.check(true, 'it lists and plays the stream of rtcsink');

  const offerer = await world.page(browser, address(server));
  await offerer.evaluate((id) => window.play(id, { offerToReceiveAudio: true, offerToReceiveVideo: true }),
    await producerNamed(offerer, 'test'));
  await plays(offerer);
  world.check(true, 'it plays the stream when it makes the offer itself');
  await viewer.close();
  await offerer.close();

  const publisher = await world.page(browser, address(server, { name: 'guest' }));
  await publisher.waitForFunction(() => window.connected);
  await publisher.evaluate(() => window.publish());
  const file = join(world.folder(), 'got.mkv');
  const recorder = world.pipeline(recordPipeline(server, 'guest', file));
  await publisher.waitForFunction(async () => {
    const [client] = Object.values(window.producer._clientSessions);
    const stats = [...((await client?.rtcPeerConnection?.getStats()) ?? new Map()).values()];
    return stats.some(({ type, kind, framesSent }) => type === 'outbound-rtp' && kind === 'video' && framesSent > 90);
  }, { polling: 200, timeout: 60000 });
  await publisher.evaluate(() => window.producer.close());
  world.check(await recorder.ended === 0, 'rtcsrc records what it publishes, and ends with it');
  checkRecording(world, file, 2);
});
