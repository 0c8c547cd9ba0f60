// What a browser that watches rtcsink sends comes out of its data_src pads: over the channels of the
// publisher and over channels of the page's own, a thousand of them. "firefox" as argument: in Firefox.

import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { watchChannels } from './data_page.mjs';
import { needElements, needPython, test } from './support.mjs';

const inFirefox = process.argv[2] === 'firefox';
const MANY = 1000;
const AT_ONCE = 10;

// Keeps the channels of the publisher and what comes over them, and the connection they belong to.
function installReplies() {
  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  window.replies = { chat: [], bytes: [] };
  window.open = {};
  window.keepChannel = (channel) => {
    channel.binaryType = 'arraybuffer';
    window.open[channel.label] = channel;
    channel.onmessage = ({ data }) => {
      window.replies[channel.label].push(typeof data === 'string' ? data : base64(data));
    };
  };
  window.sendAll = (label, texts, binaries) => {
    for (const text of texts) window.open[label].send(text);
    for (const bytes of binaries) window.open[label].send(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)));
  };
  window.makeChannel = (label, options) => new Promise((resolve) => {
    const channel = window.session.peerConnection.createDataChannel(label, options);
    channel.onopen = () => { window.open[label] = channel; resolve(channel.id); };
  });
  // Each is opened, says its label and is closed at once; done when it is gone on both sides.
  window.passBy = (labels) => Promise.all(labels.map(async (label) => {
    await window.makeChannel(label);
    const closed = new Promise((resolve) => { window.open[label].onclose = resolve; });
    window.open[label].send(label);
    window.open[label].close();
    await closed;
  }));
}

// Less in all than a pad keeps for what is slow behind it (1 MiB).
async function itAnswers(world, page) {
  const texts = Array.from({ length: 50 }, (_, index) => `${index} ${'aé€𝄞'.repeat(1 + index * 37)}`);
  const binaries = Array.from({ length: 25 }, (_, index) => randomBytes([1, 1199, 1200, 16384, 60000][index % 5] + index).toString('base64'));
  await page.evaluate((...all) => window.sendAll(...all), 'chat', texts, binaries);
  await page.waitForFunction((...counts) => window.replies.chat.length === counts[0] && window.replies.bytes.length === counts[1], {}, texts.length, binaries.length);
  const replies = await page.evaluate(() => window.replies);
  world.check(JSON.stringify(replies.chat) === JSON.stringify(texts), 'text that goes over a channel of rtcsink comes out as text');
  world.check(JSON.stringify(replies.bytes) === JSON.stringify(binaries), 'and bytes as bytes, all of them in order');
}

async function thePageHasChannels(world, page, publisher) {
  const kinds = { mine: {}, loose: { ordered: false }, lossy: { maxRetransmits: 0 } };
  for (const [label, options] of Object.entries(kinds)) {
    const id = await page.evaluate((...all) => window.makeChannel(...all), label, options);
    await page.evaluate((name) => window.sendAll(name, ['a word'], []), label);
    const [, told] = await publisher.line(new RegExp(`^${label} text 6 (.*)\n`, 'm'));
    const expected = `ordered=${options.ordered === false ? 'False' : 'True'} max-retransmits=${options.maxRetransmits ?? -1} id=${id}`;
    world.check(told === expected, `a channel of the page has a pad, too, which tells what it is: ${label} ${told}`);
    await page.evaluate((name) => window.open[name].close(), label);
    await publisher.line(new RegExp(`^closed ${label}\n`, 'm'));
    world.check(true, 'and ends when the page closes it');
  }
}

async function manyPassBy(world, page, publisher) {
  const start = performance.now();
  const said = (labels, what) => Promise.all(labels.map((label) => publisher.line(new RegExp(what(label), 'm'))));
  for (let done = 0; done < MANY; done += AT_ONCE) {
    const labels = Array.from({ length: AT_ONCE }, (_, index) => `passing-${done + index}`);
    await page.evaluate((all) => window.passBy(all), labels);
    await said(labels, (label) => `^${label} text ${label.length} `);
    await said(labels, (label) => `^closed ${label}\n`);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  world.check(true, `a word over each of ${MANY} channels, ${AT_ONCE} at once, and the end of each, in ${seconds} s`);
}

async function openPage(world, server, browser) {
  const page = await world.page(browser, server.page);
  await page.waitForFunction(() => window.rtcPage?.room.state === 'open');
  await page.evaluate(installReplies);
  return page;
}

await test(`data replies${inFirefox ? ' in Firefox' : ''}`, async (world) => {
  needElements('rtcsink', 'sctpenc', 'nicesrc');
  const server = await world.server();
  const browser = await (inFirefox ? world.firefox() : world.chromium());
  const [page, other] = [await openPage(world, server, browser), await openPage(world, server, browser)];
  const script = fileURLToPath(new URL('data_replies_publisher.py', import.meta.url));
  const publisher = world.process(needPython(), [script, server.ws]);
  await publisher.line(/ready[^]*ready/);
  await watchChannels(page, 'echo', 'keepChannel');
  await page.waitForFunction(() => window.open.chat?.readyState === 'open' && window.open.bytes?.readyState === 'open');
  await itAnswers(world, page);
  await thePageHasChannels(world, page, publisher);

  await watchChannels(other, 'box', 'keepChannel');
  await other.waitForFunction(() => window.session.peerConnection?.connectionState === 'connected');
  await manyPassBy(world, other, publisher);

  await page.evaluate(() => window.sendAll('chat', ['bye'], []));
  world.check(await publisher.exit() === 0, 'the publisher hears the last word');
  for (const one of [page, other]) world.check(one.errors.length === 0, 'no script error on the page');
});
