// The page publishes a camera and a microphone, rtcsrc records them into a file that ends with the stream.

import { join } from 'node:path';
import { publishFromForm } from './page.mjs';
import { checkRecording, recordPipeline } from './recording.mjs';
import { needElements, test } from './support.mjs';

const SECONDS = 5;

await test('page publishes to rtcsrc', async (world) => {
  needElements('rtcsrc', 'matroskamux', 'nicesrc');
  const server = await world.server();
  const browser = await world.chromium();
  const page = await world.page(browser, server.page);
  await publishFromForm(page, 'desk');
  const file = join(world.folder(), 'got.mkv');
  const recorder = world.pipeline(recordPipeline(server, 'desk', file));
  await page.waitForFunction(async (frames) => {
    const [viewer] = window.rtcPage.publication.viewers;
    return (await viewer?.stats())?.video?.frames > frames;
  }, { polling: 200, timeout: 60000 }, SECONDS * 30);
  world.check(true, 'rtcsrc takes what the page publishes');
  await world.screenshot(page, 'page_publishes');
  await page.click('#publish-stop');
  world.check(await recorder.exit() === 0, 'the recording ends with the stream');
  checkRecording(world, file, SECONDS - 1);
  world.check(page.errors.length === 0, 'no script error on the page');
});
