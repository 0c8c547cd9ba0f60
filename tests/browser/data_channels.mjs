// Data channels of rtcsink and rtcsrc with a browser: messages and streams of bytes, both ways. "firefox" as
// argument: in Firefox.

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { installData, publishChannels, watchChannels, watchFile } from './data_page.mjs';
import { needElements, needPython, test } from './support.mjs';

const inFirefox = process.argv[2] === 'firefox';
const SIZE = 50_000_000;
// Chromium answers with the size that is offered, that of what rtcsink itself takes.
const LARGEST = (inFirefox ? 256 : 64) * 1024;

const speed = ({ seconds }) => `${(SIZE / 1e6 / seconds).toFixed(1)} MB/s`;

// Sizes around those at which messages are cut into packets, letters of one to four bytes.
const texts = () => Array.from({ length: 50 }, (_, index) => `${index} ${'aé€𝄞'.repeat(1 + index * 37)}`);
const binaries = () => Array.from({ length: 50 }, (_, index) => randomBytes([1, 1199, 1200, 16384, 60000][index % 5] + index));

async function sha256(path) {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

// Sends the files of a folder to the page, and is done when the page has them all.
async function sendFolder(world, server, page, folder) {
  const script = fileURLToPath(new URL('data_channels_publisher.py', import.meta.url));
  const publisher = world.process(needPython(), [script, server.ws, folder]);
  await publisher.line(/ready/);
  await watchChannels(page, 'messages', 'keepMessages');
  await page.waitForFunction((count) => {
    const channels = Object.values(window.channels);
    return channels.length === count && channels.every(({ messages }) => messages.length > 0);
  }, {}, 5);
  publisher.kill('SIGUSR1');
  world.check(await publisher.exit() === 0, 'the publisher sends everything and ends');
  await page.waitForFunction(() => Object.values(window.channels).every(({ closed }) => closed));
  const channels = await page.evaluate(() => window.channels);
  const after = (label) => channels[label].messages.filter(({ data }) => data !== 'hello' && data !== btoa('hello'));
  return { publisher, channels, after };
}

async function rtcsinkSendsMessages(world, server, page) {
  const folder = world.folder();
  const [words, bytes] = [texts(), binaries()];
  const name = (index) => join(folder, String(index).padStart(2, '0'));
  words.forEach((text, index) => writeFileSync(`${name(index)}.txt`, text));
  bytes.forEach((data, index) => writeFileSync(`${name(index)}.bin`, data));
  const { channels, after } = await sendFolder(world, server, page, folder);
  world.check(after('words').every(({ isText }) => isText), 'text comes as strings');
  world.check(JSON.stringify(after('words').map(({ data }) => data)) === JSON.stringify(words), `the ${words.length} that were sent, in order`);
  world.check(after('bytes').every(({ isBinary }) => isBinary), 'bytes come as ArrayBuffers');
  const expected = bytes.map((data) => data.toString('base64'));
  world.check(JSON.stringify(after('bytes').map(({ data }) => data)) === JSON.stringify(expected), `the ${expected.length} that were sent, in order`);
  world.check(JSON.stringify(after('loose').map(({ data }) => data).sort()) === JSON.stringify([...expected].sort()), 'all of them come in any order, too');
  const is = (label, properties) => Object.entries(properties).every(([key, value]) => channels[label][key] === value);
  const reliable = { maxRetransmits: null, maxPacketLifeTime: null };
  world.check(is('words', { protocol: 'chat', ordered: true, ...reliable }), 'label and protocol are as set');
  world.check(is('bytes', { protocol: '', ordered: true, ...reliable }), 'no protocol, ordered, reliable by default');
  world.check(is('loose', { ordered: false, ...reliable }), 'unordered');
  world.check(is('lossy', { ordered: false, maxRetransmits: 0, maxPacketLifeTime: null }), 'not sent again');
  world.check(is('brief', { ordered: true, maxRetransmits: null, maxPacketLifeTime: 500 }), 'not sent again for long');
}

async function rtcsinkSendsTheLargest(world, server, page) {
  const folder = world.folder();
  const messages = [LARGEST, LARGEST + 1, 100].map((size) => randomBytes(size));
  messages.forEach((data, index) => writeFileSync(join(folder, `${index}.bin`), data));
  const { publisher, after } = await sendFolder(world, server, page, folder);
  const digest = (data) => createHash('sha256').update(data).digest('hex');
  const came = after('bytes').map(({ data }) => digest(Buffer.from(data, 'base64')));
  world.check(came[0] === digest(messages[0]), `a message of ${LARGEST} bytes comes whole`);
  world.check(publisher.output.includes(`A message of ${LARGEST + 1} bytes is larger than the ${LARGEST} that the data channel "bytes" takes`),
    'one byte more is a warning that tells the sizes');
  world.check(came.length === 2 && came[1] === digest(messages[2]), 'and what follows it comes');
}

async function rtcsrcTakesMessages(world, server, page) {
  const folder = world.folder();
  const messages = [...texts().map((text) => ({ text })), ...binaries().map((data) => ({ bytes: data.toString('base64') })), { text: 'the last' }];
  await publishChannels(page, 'mixed', 'openMixed');
  const receiver = world.pipeline(`-v rtcsrc uri=${server.ws} stream=mixed name=s s.data_0 ! multifilesink name=files location=${folder}/%05d`);
  await page.waitForFunction(() => window.mixed?.readyState === 'open');
  await page.evaluate((all) => window.sendMixed(all), messages);
  await receiver.line(/files\.GstPad:sink: caps = text\/x-raw[^]*files\.GstPad:sink: caps = application\/octet-stream[^]*files\.GstPad:sink: caps = text\/x-raw/);
  world.check(true, 'caps tell text from bytes');
  await page.waitForFunction(() => window.mixed.bufferedAmount === 0);
  world.check(receiver.code === undefined, 'the receiver goes on while the channel is open');
  await page.evaluate(() => window.mixed.close());
  world.check(await receiver.exit() === 0, 'and ends when it is closed');
  const got = readdirSync(folder).sort().map((file) => readFileSync(join(folder, file)));
  const sent = messages.map(({ text, bytes }) => (bytes ? Buffer.from(bytes, 'base64') : Buffer.from(text)));
  world.check(got.length === sent.length && got.every((data, index) => data.equals(sent[index])), `each of the ${sent.length} messages became a buffer`);
  await page.evaluate(() => window.publication.close());
}

async function rtcsinkSendsStream(world, server, page) {
  const path = join(world.folder(), 'file');
  writeFileSync(path, randomBytes(SIZE));
  const publisher = world.pipeline(`filesrc location=${path} ! s.data_0 rtcsink name=s uri=${server.ws} stream=file data_0::data-framing=stream`);
  await watchFile(page, 'file');
  const received = await (await page.waitForFunction(() => window.received, { timeout: 60000 })).jsonValue();
  world.check(!received.error && received.size === SIZE, `the page receives a stream of ${received.size} bytes${received.error ? `: ${received.error}` : ''}`);
  world.check(received.sha256 === await sha256(path), `it is the same, at ${speed(received)}`);
  world.check(await publisher.exit() === 0, 'rtcsink knows it, and ends');
  world.check(!/WARNING|ERROR/.test(publisher.output), 'it has nothing to complain of');
}

async function rtcsrcTakesStream(world, server, page) {
  const path = join(world.folder(), 'file');
  const expected = await page.evaluate((size) => window.prepareStream(size), SIZE);
  await publishChannels(page, 'upload', 'sendStream');
  const receiver = world.pipeline(`rtcsrc uri=${server.ws} stream=upload name=s s.data_0 ! filesink location=${path}`);
  const sent = await (await page.waitForFunction(() => window.sent, { timeout: 60000 })).jsonValue();
  world.check(!sent.error && sent.acknowledged === SIZE, `the page sends ${sent.acknowledged} bytes${sent.error ? `: ${sent.error}` : ''}`);
  world.check(await receiver.exit() === 0, 'rtcsrc ends with the stream');
  world.check(await sha256(path) === expected, `it is the same, at ${speed(sent)}`);
  await page.evaluate(() => window.publication.close());
}

async function streamOutlivesChannel(world, server, page) {
  const expected = await page.evaluate((size) => window.prepareStream(size), 5_000_000);
  const healed = await page.evaluate(() => window.cutStream(true));
  world.check(healed.channels === 2 && healed.sha256 === expected, `a stream goes on over another channel, from byte ${healed.offset} on`);
  world.check(healed.offset > 0 && healed.offset <= healed.cutAt, `which is within the ${healed.cutAt} that had come`);
  const { sent, received } = await page.evaluate(() => window.cutStream(false));
  world.check(sent?.startsWith('stream-lost') && received?.startsWith('stream-lost'), `or both sides know that it was cut short: ${sent} / ${received}`);
}

await test(`data channels${inFirefox ? ' in Firefox' : ''}`, async (world) => {
  needElements('rtcsink', 'rtcsrc', 'sctpenc', 'nicesrc', 'multifilesink');
  const server = await world.server();
  const browser = await (inFirefox ? world.firefox() : world.chromium());
  for (const part of [rtcsinkSendsMessages, rtcsinkSendsTheLargest, rtcsrcTakesMessages, rtcsinkSendsStream, rtcsrcTakesStream, streamOutlivesChannel]) {
    const page = await world.page(browser, server.page);
    await page.waitForFunction(() => window.rtcPage?.room.state === 'open');
    await installData(page);
    await part(world, server, page);
    world.check(page.errors.length === 0, 'no script error on the page');
    await page.close();
  }
});
