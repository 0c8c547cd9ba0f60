// What the page is made of arrives late: nothing that was done or came in the meantime is lost or goes astray.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { publishFromForm } from './page.mjs';
import { needElements, test } from './support.mjs';

/** Opens a page whose script page.js waits; resolves with what lets it through. */
async function openHeld(page, url) {
  await page.setRequestInterception(true);
  const held = new Promise((resolve) => {
    page.on('request', (request) => {
      if (!request.url().endsWith('/page.js')) return request.continue();
      return resolve(() => request.continue());
    });
  });
  await page.goto(url);
  return held;
}

async function formWaits(world, server, browser) {
  const page = await world.page(browser);
  const arrive = await openHeld(page, server.page);
  await page.type('#publish-name', 'desk');
  await page.keyboard.press('Enter');
  world.check(await page.$eval('#publish-start', (button) => button.disabled), 'nothing can be published yet');
  await arrive();
  await page.waitForSelector('#publish-start:not([disabled])');
  world.check(await page.$eval('#publish-name', (field) => field.value === 'desk'), 'what was typed is kept');
  await publishFromForm(page, 'desk');
  world.check(!new URL(page.url()).search, 'the form was not sent to the server');
}

async function messagesWait(world, server, browser) {
  needElements('rtcsink', 'sctpenc', 'nicesrc');
  const lines = join(world.folder(), 'lines');
  const film = join(world.folder(), 'film');
  writeFileSync(lines, 'hello\n'.repeat(1000));
  writeFileSync(film, 'film\n'.repeat(10));
  world.pipeline(`filesrc location=${lines} blocksize=6 ! identity sleep-time=100000 ! text/x-raw,format=utf8 ! s.data_0
    filesrc location=${film} ! s.data_1 rtcsink name=s uri=${server.ws} stream=talk data_0::label=chat
    data_1::label=film.bin data_1::data-framing=stream`);
  const page = await world.page(browser);
  const arrive = await openHeld(page, `${server.page}?stream=talk`);
  await page.waitForFunction(() => {
    const { data } = window.rtcPage?.session ?? {};
    return data?.channels.length === 1 && data.transfers.length === 1;
  });
  await arrive();
  await page.waitForFunction(() => document.querySelector('#message-log li')?.textContent.startsWith('talk hello'));
  world.check(true, 'text that came before the page was complete is shown');
  await page.waitForSelector('#transfers li[data-state="done"] a');
  world.check(true, 'and a file is offered for saving');
}

await test('page slow', async (world) => {
  const server = await world.server();
  const browser = await world.chromium();
  await formWaits(world, server, browser);
  await messagesWait(world, server, browser);
});
