// How long it takes from the load of a page to the first frame in a Chromium that is warm: our page playing rtcsink,
// our page playing a page, and gstwebrtc-api playing a page, in turns. The numbers are printed; they decide nothing.

import { listed } from './page.mjs';
import { producerNamed, serveLibrary } from './gstwebrtc_api.mjs';
import { median, Skip, test } from './support.mjs';

const LOADS = 10;

await test('page load to first frame', async (world) => {
  const address = await serveLibrary(world);
  const [ours, theirs] = [await world.server(), await world.server()];
  const publishing = await world.chromium();
  const fromPage = await world.page(publishing, ours.page);
  await fromPage.waitForFunction(() => window.rtcPage?.room.state === 'open');
  await fromPage.evaluate(async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 }, audio: true });
    window.publication = await window.rtcPage.room.publish(stream, { name: 'page' });
  });
  await fromPage.waitForFunction(() => window.publication.state === 'published');
  const fromLibrary = await world.page(publishing, address(theirs, { name: 'library' }));
  await fromLibrary.waitForFunction(() => window.connected);
  await fromLibrary.evaluate(() => window.publish());

  const rows = {
    'our page, Chromium to Chromium': [`${ours.page}?stream=page`, 'rtc-first-frame'],
    'gstwebrtc-api, Chromium to Chromium': [address(theirs, { play: true }), 'first-frame'],
  };
  const watching = await world.chromium();
  const page = await world.page(watching, address(theirs));
  await producerNamed(page, 'library');
  try {
    world.testPublisher(ours, { stream: 'sink' });
    await page.goto(ours.page);
    await listed(page, 'sink');
    rows['our page, rtcsink to Chromium'] = [`${ours.page}?stream=sink`, 'rtc-first-frame'];
  } catch (error) {
    if (!(error instanceof Skip)) throw error;
    console.log(`# without rtcsink: ${error.message}`);
  }

  const times = new Map(Object.keys(rows).map((name) => [name, []]));
  for (let load = -1; load < LOADS; load += 1) {
    for (const [name, [url, mark]] of Object.entries(rows)) {
      const milliseconds = await firstFrame(page, url, mark);
      // The first load of each only warms the browser up.
      if (load >= 0) times.get(name).push(milliseconds);
    }
  }
  for (const [name, all] of times) {
    console.log(`# ${name}: median ${median(all).toFixed(0)} ms, ${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)} ms over ${all.length} loads`);
    world.check(all.length === LOADS, `${name}: every load came to a frame`);
  }
});

async function firstFrame(page, url, mark) {
  await page.goto(url);
  const handle = await page.waitForFunction((name) => performance.getEntriesByName(name)[0]?.startTime, { polling: 20 }, mark);
  const milliseconds = await handle.jsonValue();
  await page.goto('about:blank');
  return milliseconds;
}
