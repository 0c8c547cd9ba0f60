// What the page is made of arrives late: nothing that was done in the meantime is lost or goes astray.

import { publishFromForm } from './page.mjs';
import { test } from './support.mjs';

await test('page slow', async (world) => {
  const server = await world.server();
  const page = await world.page(await world.chromium());
  await page.setRequestInterception(true);
  let arrive;
  const asked = new Promise((resolve) => {
    page.on('request', (request) => {
      if (!request.url().endsWith('/page.js')) return request.continue();
      arrive = () => request.continue();
      return resolve();
    });
  });
  await page.goto(server.page);
  await asked;
  await page.type('#publish-name', 'desk');
  await page.keyboard.press('Enter');
  world.check(await page.$eval('#publish-start', (button) => button.disabled), 'nothing can be published yet');

  await arrive();
  await page.waitForSelector('#publish-start:not([disabled])');
  world.check(await page.$eval('#publish-name', (field) => field.value === 'desk'), 'what was typed is kept');
  await publishFromForm(page, 'desk');
  world.check(!new URL(page.url()).search, 'the form was not sent to the server');
});
