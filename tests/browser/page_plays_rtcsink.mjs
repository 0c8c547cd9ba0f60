// The page plays what rtcsink publishes: picture, size, rate, sound. "firefox" as argument: in Firefox.

import { frameRate, framesAdvance, listed, soundComes } from './page.mjs';
import { test } from './support.mjs';

const inFirefox = process.argv[2] === 'firefox';

await test(`page plays rtcsink${inFirefox ? ' in Firefox' : ''}`, async (world) => {
  const server = await world.server();
  const publisher = world.testPublisher(server);
  const browser = await (inFirefox ? world.firefox() : world.chromium());
  const page = await world.page(browser, server.page);
  await (await listed(page, 'test')).click();
  await framesAdvance(page, 60);
  await soundComes(page);
  world.check(true, 'picture and sound come');

  // On a machine that is busy with something else frames are late: one good stretch of several is enough.
  let rate = 0;
  for (let stretch = 0; stretch < 8 && Math.abs(rate - 30) > 1.5; stretch += 1) rate = await frameRate(page, 5);
  const { video, audio, roundTripTime } = await page.evaluate(() => window.rtcPage.session.stats());
  world.check(video.width === 640 && video.height === 360, `the size is 640 × 360 (${video.width} × ${video.height})`);
  world.check(rate > 28.5 && rate < 31.5, `30 frames a second (${rate.toFixed(1)} over 5 s)`);
  world.check(video.codec && audio.codec, `${video.codec} and ${audio.codec}, round trip ${roundTripTime} s`);
  world.check(await page.$eval('#video', (element) => !element.muted && !element.paused), 'it plays with sound');
  await world.screenshot(page, inFirefox ? 'rtcsink_firefox' : 'rtcsink_chromium');

  publisher.kill('SIGKILL');
  await page.waitForFunction(() => window.rtcPage.session.state === 'waiting');
  world.testPublisher(server);
  await framesAdvance(page);
  world.check(true, 'the publisher was killed and another took its place: it plays again by itself');
  world.check(page.errors.length === 0, 'no script error on the page');
});
