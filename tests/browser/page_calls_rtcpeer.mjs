// The page and rtcpeer call one another: pictures, tones and text both ways, whoever calls, and either side hangs up.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { install } from './call_page.mjs';
import { listed } from './page.mjs';
import { needElements, test } from './support.mjs';

const TONES = { page: 880, peer: 500 };
const RATE = 48000;

/** A call of rtcpeer, which keeps the sound that comes. With `text` it says "from <name>" all the time, and keeps the text. */
function rtcpeer(world, server, name, { options = '', text = false } = {}) {
  const folder = world.folder();
  const files = { greeting: join(folder, 'greeting'), sound: join(folder, 'sound'), text: join(folder, 'text') };
  writeFileSync(files.greeting, `from ${name}`);
  const peer = world.pipeline(`-v rtcpeer name=p uri=${server.ws} stream=${name} ${text ? 'data_0::label=chat' : ''} ${options}
    videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! p.video_0
    audiotestsrc is-live=true freq=${TONES.peer} ! p.audio_0
    p.video_src_0 ! fakesink name=picture silent=false
    p.audio_src_0 ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,channels=1,rate=${RATE} ! filesink location=${files.sound}
    ${text ? `multifilesrc location=${files.greeting} loop=true caps=text/x-raw,format=utf8 ! identity sleep-time=100000 ! p.data_0
    p.data_src_0 ! filesink async=false buffer-mode=unbuffered location=${files.text}` : ''}`);
  return Object.assign(peer, { files });
}

/** The frequency of the last half second of a file of samples of 16 bits; 0 when there is less. */
function tone(path) {
  if (!existsSync(path)) return 0;
  const data = readFileSync(path);
  const [count, end] = [RATE / 2, Math.floor(data.length / 2)];
  if (end < count) return 0;
  const samples = Array.from({ length: count }, (_, index) => data.readInt16LE(2 * (end - count + index)));
  return 2 * samples.filter((sample, index) => index > 0 && samples[index - 1] < 0 && sample >= 0).length;
}

async function eventually(holds, what, milliseconds = 20000) {
  for (const end = Date.now() + milliseconds; !holds();) {
    if (Date.now() > end) throw new Error(`not in time: ${what()}`);
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

/** Waits until each side has the pictures and the tone of the other one. */
async function mediaFlows(world, page, peer, what) {
  await page.waitForFunction(async () => {
    const { call } = window.rtcPage;
    if (call?.state !== 'connected') return false;
    const inbound = [...(await call.peerConnection.getStats()).values()].filter(({ type }) => type === 'inbound-rtp');
    return inbound.some(({ framesDecoded }) => framesDecoded > 10) && inbound.some(({ totalAudioEnergy }) => totalAudioEnergy > 1e-6);
  }, { polling: 200 });
  await peer.line(/picture.*last-message = chain[^]*picture.*last-message = chain/);
  world.check(true, `${what}: pictures both ways, and sound`);
  const heard = await page.evaluate(() => window.heard(window.rtcPage.call));
  world.check(Math.abs(heard - TONES.peer) < 20, `the page hears the tone of rtcpeer (${Math.round(heard)} Hz)`);
  const coming = () => tone(peer.files.sound);
  await eventually(() => Math.abs(coming() - TONES.page) < 30, () => `a tone of ${TONES.page} Hz at rtcpeer, it is ${coming()} Hz`);
  world.check(true, `and rtcpeer that of the page (${coming()} Hz)`);
}

async function textFlows(world, page, peer, name) {
  const text = await page.evaluate(() => new Promise((resolve) => {
    const chat = window.rtcPage.call.data.open('chat');
    chat.addEventListener('message', ({ detail }) => resolve(detail), { once: true });
    chat.send('from the page');
  }));
  world.check(text === `from ${name}`, 'the page has the text of rtcpeer');
  const came = () => (existsSync(peer.files.text) ? readFileSync(peer.files.text, 'utf8') : '');
  await eventually(() => came() === 'from the page', () => `the text of the page at rtcpeer, it is "${came()}"`);
  world.check(true, 'and rtcpeer that of the page');
}

await test('the page and rtcpeer', async (world) => {
  needElements('rtcpeer', 'nicesrc', 'vp8enc', 'opusenc');
  const server = await world.server();
  const page = await world.page(await world.chromium(), server.page);
  await page.evaluate(install, TONES.page, true);
  await page.evaluate(() => { navigator.mediaDevices.getUserMedia = () => window.synthetic(); });
  await page.locator('#call-name').fill('ann');
  await page.locator('#call-open').click();
  await page.waitForFunction(() => window.rtcPage.line?.state === 'ready');

  const waiting = rtcpeer(world, server, 'door');
  await listed(page, 'door');
  await page.locator('#streams button[data-stream="door"]').click();
  await mediaFlows(world, page, waiting, 'the page calls rtcpeer');
  await page.locator('#call-end').click();
  world.check(await waiting.exit() === 0, 'the page hangs up, and rtcpeer ends');

  const calling = rtcpeer(world, server, 'desk', { options: 'peer=ann', text: true });
  await page.locator('#call-accept').click();
  await mediaFlows(world, page, calling, 'rtcpeer calls the page');
  await textFlows(world, page, calling, 'desk');
  await page.locator('#call-hold').click();
  await page.waitForFunction(() => window.rtcPage.call.peerConnection.getTransceivers().every(({ currentDirection }) => currentDirection === 'inactive'));
  await page.locator('#call-hold').click();
  await page.waitForFunction(() => window.rtcPage.call.peerConnection.getTransceivers().every(({ currentDirection }) => currentDirection === 'sendrecv'));
  world.check(true, 'hold and resume');
  await calling.stop('SIGINT');
  await page.waitForFunction(() => !window.rtcPage.call);
  world.check(page.errors.length === 0, 'rtcpeer is gone, and the page knows; no script error');
});
