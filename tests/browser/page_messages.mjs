// The page says and sends: text and files between two pages, by drag and drop, kept over a healed connection,
// canceled; and what comes from data pads of rtcsink. "firefox" as argument: the watching page is Firefox.

import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { publishFromForm, sessionIs } from './page.mjs';
import { needElements, test } from './support.mjs';

const SIZE = 50_000_000;
const WINDOW = 4194304;  // of a file that a page sends
const inFirefox = process.argv[2] === 'firefox';

/** Drops a file of random bytes on the panel; resolves with its SHA-256. */
function drop(page, name, size) {
  return page.evaluate(async (fileName, length) => {
    const data = new Uint8Array(length);
    for (let at = 0; at < length; at += 65536) crypto.getRandomValues(data.subarray(at, at + 65536));
    const transfer = new DataTransfer();
    transfer.items.add(new File([data], fileName));
    const panel = document.getElementById('messages');
    for (const type of ['dragenter', 'dragover', 'drop']) {
      panel.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
    }
    return window.sha256(data);
  }, name, size);
}

async function install(page) {
  await page.evaluate(() => {
    window.sha256 = async (data) => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', data)),
      (byte) => byte.toString(16).padStart(2, '0')).join('');
    // What a link saves cannot be fetched: the page's policy does not allow it.
    window.blobs = new Map();
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      const url = make.call(URL, blob);
      window.blobs.set(url, blob);
      return url;
    };
  });
}

const last = '#transfers li:last-child';
const rowIs = (page, state, timeout = 90000) => page.waitForSelector(`${last}[data-state="${state}"]`, { timeout });
const words = (page) => page.$eval(`${last} small`, (small) => small.textContent);
const remove = async (page) => {
  const button = await page.waitForSelector(`${last} button[aria-label^="Remove"]`);
  await button.click();
};
const said = (page, pattern) => page.waitForFunction((source) => [...document.querySelectorAll('#message-log li')]
  .some((line) => new RegExp(source).test(line.textContent)), {}, pattern);

async function say(page, text) {
  await page.waitForSelector('#message-text:not(:disabled)');
  await page.focus('#message-text');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

/** The SHA-256 of what the link of the last row saves, and the name it saves it as. */
async function saved(page) {
  await page.waitForSelector(`${last} a, ${last}[data-state="failed"]`, { timeout: 90000 });
  const end = await page.$(`${last} a`);
  if (!end) throw new Error(`the transfer failed: ${await words(page)}`);
  return page.$eval(`${last} a`, async (link) => ({ name: link.download, sha256: await window.sha256(await window.blobs.get(link.href).arrayBuffer()) }));
}

async function textGoesBothWays(world, publisher, viewer) {
  await say(viewer, 'hello <b>there</b>');
  await said(publisher, '^Your viewers hello <b>there</b>$');
  await say(publisher, 'welcome');
  await said(viewer, '^desk welcome$');
  world.check(true, 'text goes both ways, as text');
  const channels = await publisher.evaluate(() => window.rtcPage.publication.viewers.map(({ data }) => data.channels.length));
  world.check(channels.length === 1 && channels[0] === 1, 'over one channel');
}

async function fileGoes(world, from, to, what) {
  await to.evaluate(() => {
    window.values = [];
    window.values.watch = new MutationObserver(() => {
      const bar = document.querySelector('#transfers li:last-child progress');
      if (bar?.hasAttribute('value') && bar.value !== window.values.at(-1)) window.values.push(bar.value);
    });
    window.values.watch.observe(document.getElementById('transfers'), { subtree: true, childList: true, attributes: true });
  });
  const start = Date.now();
  const sha256 = await drop(from, '../fi\u202elm?.bin', SIZE);
  const got = await saved(to);
  const seconds = (Date.now() - start) / 1000;
  world.check(got.sha256 === sha256, `${what}: 50 MB by drag and drop are the same, in ${seconds.toFixed(1)} s with the hashes`);
  world.check(got.name === '_film_.bin', `the name is a safe one: ${got.name}`);
  await rowIs(from, 'done');
  const values = await to.evaluate(() => {
    window.values.watch.disconnect();
    return [...window.values];
  });
  world.check(values.length > 10 && values.every((value, index) => index === 0 || value > values[index - 1]), `progress was shown ${values.length} times, going up`);
  await Promise.all([remove(from), remove(to)]);
}

// The sender does not wait for the other page, which has its whole window before it can read it.
async function moduleComesLate(world, from, to) {
  await to.setRequestInterception(true);
  let look;
  const held = new Promise((resolve) => {
    look = (request) => {
      if (request.url().endsWith('/transfer.js')) resolve(request);
      else request.continue();
    };
    to.on('request', look);
  });
  const hash = drop(from, 'film.bin', SIZE);
  const request = await held;
  await to.waitForFunction(async (bytes) => [...(await window.rtcPage.session.peerConnection.getStats()).values()]
    .some(({ type, bytesReceived }) => type === 'data-channel' && bytesReceived >= bytes), { polling: 100 }, WINDOW);
  request.continue();
  world.check((await saved(to)).sha256 === await hash, `${WINDOW} bytes wait for who reads them`);
  to.off('request', look);
  await to.setRequestInterception(false);
  await rowIs(from, 'done');
  await Promise.all([remove(from), remove(to)]);
}

async function cancelIsTold(world, from, to, canceler) {
  await drop(from, 'film.bin', SIZE);
  const page = canceler === 'sender' ? from : to;
  const other = page === from ? to : from;
  await to.waitForFunction(() => document.querySelector('#transfers li:last-child progress')?.value > 1e6);
  await page.$eval(`${last} button[aria-label^="Cancel"]`, (button) => button.click());
  await Promise.all([rowIs(from, 'failed', 10000), rowIs(to, 'failed', 10000)]);
  world.check(/gave the data stream up: it was canceled/.test(await words(other)), `what the ${canceler} cancels is told to the other side: ${await words(other)}`);
  await Promise.all([remove(from), remove(to)]);
}

const replaceConnection = (viewer) => viewer.evaluate(() => {
  const pc = window.rtcPage.session.peerConnection;
  Object.defineProperty(pc, 'connectionState', { get: () => 'failed' });
  pc.onconnectionstatechange();
});

const healed = (viewer, before) => viewer.waitForFunction((n) => window.rtcPage.session.heals === n, {}, before + 1);

async function fileOutlivesConnection(world, from, to, viewer, what) {
  const before = await viewer.evaluate(() => window.rtcPage.session.heals);
  const hash = drop(from, 'film.bin', SIZE);
  await to.waitForFunction(() => document.querySelector('#transfers li:last-child progress')?.value > 5e6);
  await replaceConnection(viewer);
  const got = await saved(to);
  await healed(viewer, before);
  world.check(true, `${what}: the connection was replaced meanwhile`);
  world.check(got.sha256 === await hash, 'the file is the same');
  await rowIs(from, 'done');
  await Promise.all([remove(from), remove(to)]);
}

async function rtcsinkSends(world, server, browser) {
  needElements('rtcsink', 'sctpenc', 'nicesrc');
  const path = join(world.folder(), 'file');
  const bytes = randomBytes(5_000_000);
  writeFileSync(path, bytes);
  const viewer = await world.page(browser, `${server.page}?stream=drop`);
  await viewer.waitForFunction(() => window.rtcPage?.room.state === 'open');
  await install(viewer);
  const sender = world.pipeline(`filesrc location=${path} ! s.data_0 rtcsink name=s uri=${server.ws} stream=drop data_0::label=film.bin data_0::data-framing=stream`);
  const got = await saved(viewer);
  world.check(got.name === 'film.bin' && got.sha256 === createHash('sha256').update(bytes).digest('hex'), 'a file from rtcsink is offered for saving');
  world.check(await sender.exit() === 0, 'and rtcsink knows that it arrived');
  const lines = `${path}.txt`;
  writeFileSync(lines, 'hello\n'.repeat(1000));
  const talker = world.pipeline(`filesrc location=${lines} blocksize=6 ! identity sleep-time=300000 ! text/x-raw,format=utf8 ! s.data_0
    rtcsink name=s uri=${server.ws} stream=talk data_0::label=chat`);
  const listener = await world.page(browser, `${server.page}?stream=talk`);
  await said(listener, '^talk hello');
  world.check(true, 'text from rtcsink is shown');
  await talker.stop();
  for (const page of [viewer, listener]) world.check(page.errors.length === 0, 'no script error on the page');
}

// The file is there, but who sends it was not told when the connection failed.
async function lastWordIsLost(world, from, to) {
  await to.evaluate(() => {
    const { send } = RTCDataChannel.prototype;
    const lost = new Promise((resolve) => {
      RTCDataChannel.prototype.send = function lose(data) {
        if (!/"complete":true/.test(data)) return send.call(this, data);
        RTCDataChannel.prototype.send = send;
        return resolve();
      };
    });
    window.lastWord = lost;
  });
  await drop(from, 'word.bin', 100_000);
  await to.evaluate(() => window.lastWord);
  const files = (await to.$$('#transfers li')).length;
  const before = await to.evaluate(() => window.rtcPage.session.heals);
  await replaceConnection(to);
  await rowIs(from, 'done');
  await healed(to, before);
  world.check((await to.$$('#transfers li')).length === files, 'a file that is complete is not sent again');
  await Promise.all([remove(from), remove(to)]);
}

// A stream whose length nobody knows comes unasked up to a limit.
async function largeWaits(world, from, to) {
  await from.evaluate(async () => {
    let left = 270;
    const source = new ReadableStream({ pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(1_000_000));
      else controller.close();
    } });
    window.sending = await window.rtcPage.publication.viewers.at(-1).data.send(source, { name: 'endless' });
  });
  const button = await to.waitForSelector(`${last} button[aria-label^="Continue"]`, { timeout: 90000 });
  const waits = await from.evaluate(() => window.sending.transferred);
  world.check(waits > 250e6 && waits < 262e6, `a stream of unknown length waits at ${waits} bytes`);
  await button.click();
  await rowIs(to, 'done');
  world.check(/^270 MB/.test(await words(to)), 'and goes on if that is wanted');
  await remove(to);
}

async function listStaysShort(world, from, to) {
  const count = await from.evaluate(async () => {
    const { data } = window.rtcPage.publication.viewers.at(-1);
    for (let i = 0; i < 105; i++) {
      const transfer = await data.send(new Blob(['x']), { name: `${i}.txt` });
      while (!transfer.isOver) await new Promise((resolve) => { transfer.addEventListener('state', resolve, { once: true }); });
    }
    return 105;
  });
  await to.waitForFunction((name) => [...document.querySelectorAll('#transfers li')].some((row) => row.textContent.includes(name)), {}, `${count - 1}.txt`);
  const rows = await to.$$eval('#transfers li', (all) => all.length);
  world.check(rows <= 100, `of ${count} files the list shows the last ${rows}`);
  await to.evaluate(() => document.querySelectorAll('#transfers button[aria-label^="Remove"]').forEach((button) => button.click()));
}

await test(`messages and files${inFirefox ? ' in Firefox' : ''}`, async (world) => {
  const server = await world.server();
  const chromium = await world.chromium();
  const browser = inFirefox ? await world.firefox() : chromium;
  const publisher = await world.page(chromium, server.page);
  world.check(await publisher.$eval('#messages', (panel) => panel.hidden), 'nothing is shown while there is nobody');
  await publishFromForm(publisher, 'desk');
  const viewer = await world.page(browser, `${server.page}?stream=desk`);
  await sessionIs(viewer, 'playing');
  await Promise.all([publisher, viewer].map((page) => page.waitForSelector('#file-choose:not(:disabled)')));
  await Promise.all([install(publisher), install(viewer)]);
  await textGoesBothWays(world, publisher, viewer);
  await moduleComesLate(world, publisher, viewer);
  await fileGoes(world, publisher, viewer, 'publisher to viewer');
  await fileGoes(world, viewer, publisher, 'viewer to publisher');
  await cancelIsTold(world, publisher, viewer, 'sender');
  await cancelIsTold(world, viewer, publisher, 'receiver');
  await fileOutlivesConnection(world, publisher, viewer, viewer, 'publisher to viewer');
  await fileOutlivesConnection(world, viewer, publisher, viewer, 'viewer to publisher');
  await lastWordIsLost(world, publisher, viewer);
  await say(viewer, 'still here');
  await said(publisher, 'still here');
  world.check(true, 'text goes on over the new connection');
  await listStaysShort(world, publisher, viewer);
  await world.screenshot(viewer, 'page_messages');
  if (!inFirefox) await largeWaits(world, publisher, viewer);
  for (const page of [publisher, viewer]) world.check(page.errors.length === 0, 'no script error on the page');
  await rtcsinkSends(world, server, browser);
});
