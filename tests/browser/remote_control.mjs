// Mouse, keys and touch of the page, and of an unmodified gstwebrtc-api, come to rtcsink's pipeline as navigation events,
// in pixels of what it publishes.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plays, producerNamed, serveLibrary } from './gstwebrtc_api.mjs';
import { framesAdvance, listed } from './page.mjs';
import { needElements, needPython, test } from './support.mjs';

const script = join(dirname(fileURLToPath(import.meta.url)), 'control_publisher.py');

// Presses a button in the middle of the video, then a key, touches the middle, and looks at what arrives.
async function useAndLook(world, publisher, page, who) {
  const heard = publisher.output.length;
  const box = await (await page.$('#video')).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.up();
  await page.keyboard.down('Shift');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.up('Shift');
  await page.mouse.wheel({ deltaY: -100 });
  await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
  await publisher.line(new RegExp(`^[^]{${heard}}[^]*touch-up`));
  const events = publisher.output.slice(heard);
  const press = events.match(/mouse-button-press.*pointer_x=\(double\)([\d.]+).*pointer_y=\(double\)([\d.]+)/) ?? [];
  world.check(Math.abs(press[1] - 320) < 6 && Math.abs(press[2] - 180) < 6, `${who}: a click in the middle is at ${press[1]}, ${press[2]} of 640 × 360`);
  world.check(/key-press.*key=\(string\)Left.*SHIFT_MASK/.test(events), `${who}: a key comes with its modifier`);
  world.check(/mouse-scroll.*delta_pointer_y=\(double\)[1-9]/.test(events), `${who}: the wheel comes, up is positive`);
  const touch = events.match(/touch-down.*identifier=\(uint\)(\d+).*pointer_x=\(double\)([\d.]+).*pointer_y=\(double\)([\d.]+)[^]*touch-up.*identifier=\(uint\)(\d+)/) ?? [];
  world.check(Math.abs(touch[2] - 320) < 6 && Math.abs(touch[3] - 180) < 6 && touch[1] === touch[4], `${who}: a touch of the middle is at ${touch[2]}, ${touch[3]}, and ends`);
}

await test('remote control of rtcsink', async (world) => {
  needElements('rtcsink', 'videotestsrc', 'vp8enc', 'nicesrc');
  const address = await serveLibrary(world);
  const server = await world.server();
  const publisher = world.process(needPython(), [script, server.ws]);
  const browser = await world.chromium();

  const page = await world.page(browser, server.page);
  await (await listed(page, 'test')).click();
  await framesAdvance(page);
  await page.waitForSelector('#remote:not([hidden])');
  await page.click('#remote');
  await page.waitForFunction(() => document.activeElement.id === 'video');
  await useAndLook(world, publisher, page, 'the page');
  await page.evaluate(() => window.rtcPage.session.control.attach(null));
  world.check(await page.$eval('#playback', ({ hidden }) => hidden), 'what is live has no slider');
  await page.close();

  const library = await world.page(browser, address(server));
  await library.evaluate((id) => window.play(id), await producerNamed(library, 'test'));
  await plays(library);
  await library.waitForFunction(() => window.session.remoteController);
  await library.evaluate(() => {
    window.answers = [];
    const { remoteController } = window.session;
    remoteController.addEventListener('controlResponse', ({ detail }) => window.answers.push(detail));
    remoteController.addEventListener('error', ({ message }) => window.failures.push(message));
    remoteController.attachVideoElement(document.getElementById('video'));
  });
  await useAndLook(world, publisher, library, 'gstwebrtc-api');
  await library.waitForFunction(() => window.answers.length > 0 && window.answers.every(({ error }) => error === null));
  world.check((await library.evaluate(() => window.failures)).length === 0, 'its RemoteController has every request answered');
});
