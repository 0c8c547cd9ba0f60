// An unmodified gstwebrtc-api publishes, the page plays it, and rtcsrc records it.

import { join } from 'node:path';
import { serveLibrary } from './gstwebrtc_api.mjs';
import { framesAdvance, sessionIs, soundComes } from './page.mjs';
import { checkRecording, recordPipeline } from './recording.mjs';
import { needElements, test } from './support.mjs';

await test('gstwebrtc-api 3.0.0 publishes', async (world) => {
  const address = await serveLibrary(world);
  const server = await world.server();
  const browser = await world.chromium();
  const publisher = await world.page(browser, address(server, { name: 'guest' }));
  await publisher.waitForFunction(() => window.connected);
  await publisher.evaluate(() => window.publish());

  const viewer = await world.page(browser, `${server.page}?stream=guest`);
  await framesAdvance(viewer);
  await soundComes(viewer);
  world.check(true, 'the page plays it');

  needElements('rtcsrc', 'matroskamux');
  const file = join(world.folder(), 'got.mkv');
  const recorder = world.pipeline(recordPipeline(server, 'guest', file));
  await publisher.waitForFunction(async () => {
    const clients = Object.values(window.producer._clientSessions);
    if (clients.length < 2) return false;
    const sent = await Promise.all(clients.map(async ({ rtcPeerConnection }) => {
      const stats = [...(await rtcPeerConnection.getStats()).values()];
      return stats.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')?.framesSent ?? 0;
    }));
    return Math.min(...sent) > 90;
  }, { polling: 200, timeout: 60000 });
  await publisher.evaluate(() => window.producer.close());
  world.check(await recorder.exit() === 0, 'rtcsrc records it, and ends with it');
  checkRecording(world, file, 2);
  await sessionIs(viewer, 'waiting', 'ended');
  world.check(true, 'the page is told that it ended');
});
