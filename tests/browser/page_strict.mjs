// A browser as people have it: no sound before a gesture, no camera without leave. A server with a token. All by keyboard.

import { framesAdvance, listed, publishFromForm } from './page.mjs';
import { test } from './support.mjs';

const TOKEN = 'open sesame&';

await test('page in a strict browser', async (world) => {
  const server = await world.server({ args: ['--token', TOKEN] });
  const publisher = await world.page(await world.chromium(), `${server.page}?token=${encodeURIComponent(TOKEN)}`);
  await publishFromForm(publisher, 'desk');
  world.check(true, 'the token in the address is taken');

  const strict = await world.chromium({ strict: true });
  const watching = await world.page(strict, `${server.page}?stream=desk`);
  await watching.waitForSelector('#token-form:not([hidden])');
  await watching.waitForFunction(() => document.activeElement?.id === 'token');
  await watching.keyboard.type('wrong');
  await watching.keyboard.press('Enter');
  const refusal = await watching.waitForSelector('.alert[data-code="token-refused"]');
  world.check(/does not accept this token/.test(await refusal.evaluate((box) => box.textContent)), 'a wrong token is refused in words');
  await watching.$eval('#token', (field) => { field.value = ''; });
  await watching.focus('#token');
  await watching.keyboard.type(TOKEN);
  await watching.keyboard.press('Enter');
  await framesAdvance(watching);
  world.check(await watching.$eval('#token-form', (form) => form.hidden), 'the right one lets in');
  world.check(await watching.evaluate((token) => !location.href.includes(encodeURIComponent(token)) && localStorage.length + sessionStorage.length === 0, TOKEN),
    'and is kept nowhere but in memory');

  const fresh = await world.page(strict, `${server.page}?stream=desk&token=${encodeURIComponent(TOKEN)}`);
  await framesAdvance(fresh);
  // Chromium asks for a gesture only if it knows of the sound when playing begins, which is a race of its own.
  await fresh.waitForFunction(() => document.getElementById('unmute').hidden === !document.getElementById('video').muted);
  if (await fresh.$eval('#video', (video) => video.muted)) {
    const unmute = await fresh.waitForSelector('#unmute', { visible: true });
    world.check(await fresh.$eval('#video', (video) => !video.paused), 'without a gesture it plays muted, and offers to unmute');
    await unmute.focus();
    await fresh.keyboard.press('Enter');
    await fresh.waitForFunction(() => document.getElementById('unmute').hidden);
  }
  world.check(await fresh.$eval('#video', (video) => !video.muted && !video.paused), 'with sound in the end');

  await fresh.click('#stop');
  await (await listed(fresh, 'desk')).focus();
  await fresh.keyboard.press('Enter');
  await framesAdvance(fresh);
  world.check(true, 'Enter on a stream plays it');

  await fresh.type('#publish-name', 'mine');
  await fresh.keyboard.press('Enter');
  const denied = await fresh.waitForSelector('.alert[data-code^="media-"]');
  const words = await denied.evaluate((box) => box.textContent);
  world.check(/camera and microphone/.test(words), `a camera that is not given is told in words: ${words}`);
  world.check(watching.errors.length + fresh.errors.length === 0, 'no script error on the page');
});
