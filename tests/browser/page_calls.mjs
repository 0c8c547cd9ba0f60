// Two pages call one another: pictures and tones both ways, hold, another track, both at once, and all the ways in
// which a call ends or does not come about. "firefox" as argument: one of the two is Firefox.

import { install } from './call_page.mjs';
import { listed } from './page.mjs';
import { test } from './support.mjs';

const CROSSINGS = 100;
const inFirefox = process.argv[2] === 'firefox';
// In Firefox it is that of the fake microphone: an AudioContext does not run without a sound card.
const TONES = { ann: 440, bob: inFirefox ? 1000 : 880 };

// Of the lines that listen now: a list may have the ones before them still.
const ids = {};
const listen = async (page, name, answer = 'accept') => {
  await page.evaluate((who, how) => window.listen(who, how), name, answer);
  await page.waitForFunction(() => window.line.state === 'ready');
  ids[name] = await page.evaluate(() => window.line.peerId);
};
const dial = async (page, name, video = true) => {
  if (name !== 'nobody') await page.waitForFunction((who, id) => window.line.find(who)?.id === id, {}, name, ids[name]);
  await page.evaluate(async (who, withVideo) => {
    window.follow(await window.rtcPage.room.call(who, { stream: await window.synthetic(withVideo) }));
  }, name, video);
};
const stateIs = (page, state) => page.waitForFunction((wanted) => window.call?.state === wanted, {}, state);
const record = (page) => page.evaluate(() => window.record);
const ended = async (page) => {
  await stateIs(page, 'ended');
  return record(page);
};
const hangUp = (page) => page.evaluate(() => window.call.hangUp());

async function picturesCome(page, count = 10) {
  const before = await page.evaluate(() => window.decoded(window.call));
  await page.waitForFunction(async (goal) => await window.decoded(window.call) >= goal, { polling: 100 }, before + count);
}

async function mediaFlows(world, ann, bob, what) {
  await Promise.all([picturesCome(ann), picturesCome(bob)]);
  const [byAnn, byBob] = await Promise.all([ann, bob].map((page) => page.evaluate(() => window.heard(window.call))));
  world.check(Math.abs(byAnn - TONES.bob) < 20 && (byBob === null || Math.abs(byBob - TONES.ann) < 20),
    `${what}: pictures both ways, and the tones of the other side (${[byAnn, byBob].map((tone) => (tone ? `${Math.round(tone)} Hz` : 'sound')).join(', ')})`);
}

async function bothSpeak(world, ann, bob) {
  await dial(ann, 'bob');
  await Promise.all([ann, bob].map((page) => stateIs(page, 'connected')));
  world.check(JSON.stringify((await record(ann)).states) === '["calling","ringing","connecting","connected"]', 'it rings before it connects');
  world.check((await record(bob)).name === 'ann', 'who is called sees who calls');
  await mediaFlows(world, ann, bob, 'a call');
  const text = await Promise.all([ann, bob].map((page) => page.evaluate(() => new Promise((resolve) => {
    window.call.data.open('chat').addEventListener('message', ({ detail }) => resolve(detail));
    window.call.data.open('chat').send(`from ${window.line.name}`);
  }))));
  world.check(text.join() === 'from bob,from ann', 'text goes both ways');
}

async function holdIsKnown(world, ann, bob) {
  await ann.evaluate(() => window.call.hold());
  await bob.waitForFunction(() => window.call.heldByOther);
  const before = await bob.evaluate(() => window.decoded(window.call));
  await bob.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 1000); }));
  world.check(await bob.evaluate(() => window.decoded(window.call)) - before < 10, 'a call on hold rests, and the other side knows');
  await ann.evaluate(() => window.call.hold(false));
  await bob.waitForFunction(() => !window.call.heldByOther);
  await mediaFlows(world, ann, bob, 'after the hold');
}

// Keeps what the pages send from the first message on that `pattern` is found in, until both have such a message.
const keepSent = (pages, pattern) => Promise.all(pages.map((page) => page.evaluate((found) => {
  window.kept = [];
  window.sends = WebSocket.prototype.send;
  WebSocket.prototype.send = function keep(text) {
    if (window.kept.length > 0 || text.includes(found)) window.kept.push(() => window.sends.call(this, text));
    else window.sends.call(this, text);
  };
}, pattern)));
async function sendKept(pages, delay = 0) {
  await Promise.all(pages.map((page) => page.waitForFunction(() => window.kept.length > 0)));
  const instant = Date.now() + delay;
  await Promise.all(pages.map((page) => page.evaluate((at) => {
    while (Date.now() < at);  // nothing is received meanwhile
    WebSocket.prototype.send = window.sends;
    window.kept.forEach((send) => send());
  }, instant)));
}

// Both change what they send, and neither is told before both have made an offer, again and again.
async function offersCross(world, ann, bob) {
  const pages = [ann, bob];
  await Promise.all(pages.map((page) => page.evaluate(() => {
    const { peerConnection: pc } = window.call;
    const receive = pc.setRemoteDescription;
    window.extra = window.picture();
    window.collisions = 0;
    pc.setRemoteDescription = function describe(description) {
      if (description.type === 'offer' && pc.signalingState === 'have-local-offer') window.collisions += 1;
      return receive.call(pc, description);
    };
  })));
  // Each needs an offer of either side. The end of a hold alone does not: who answered the last one asks for nothing.
  const change = (page, turn) => page.evaluate((kind) => {
    const { call, extra } = window;
    if (kind === 1) return call.removeTrack(extra);
    call.hold(kind === 2);
    if (kind === 0) call.addTrack(extra);
  }, turn % 3);
  const isStable = (page) => page.evaluate(() => window.call.peerConnection.signalingState === 'stable' && window.call.state === 'connected');
  for (let turn = 0; turn < CROSSINGS; turn += 1) {
    await keepSent(pages, '"type":"offer"');
    await Promise.all(pages.map((page) => change(page, turn)));
    await sendKept(pages);
    while (!(await Promise.all(pages.map(isStable))).every(Boolean));
  }
  const collisions = await ann.evaluate(() => window.collisions);
  world.check(collisions === CROSSINGS, `offers crossed: the polite side gave way ${collisions} times in ${CROSSINGS} changes at once`);
  await mediaFlows(world, ann, bob, 'after that');
  const current = await Promise.all([ann, bob].map((page) => page.evaluate(() => window.call.peerConnection.getTransceivers().slice(0, 2).map((one) => one.currentDirection).join())));
  world.check(current.every((text) => text === 'sendrecv,sendrecv'), 'and both agree on it');
}

async function pathHeals(world, ann, bob) {
  await bob.evaluate(() => { window.first = window.call.peerConnection; });
  await ann.evaluate(() => { window.first = window.call.peerConnection; window.first.close(); window.call.peerConnection.dispatchEvent(new Event('connectionstatechange')); window.first.onconnectionstatechange?.(); });
  await ann.waitForFunction(() => window.call.state === 'connected' && window.call.peerConnection !== window.first, { timeout: 20000 });
  await bob.waitForFunction(() => window.call.state === 'connected' && window.call.peerConnection !== window.first);
  await mediaFlows(world, ann, bob, 'a path that was lost is replaced');
  world.check(await bob.evaluate(() => window.rung.length) === 1, 'without ringing again');
}

async function endsAreTold(world, ann, bob) {
  await hangUp(ann);
  world.check((await ended(ann)).reason === 'hung-up' && (await ended(bob)).reason === 'hung-up', 'hanging up ends it on both sides');
  await dial(ann, 'nobody');
  const { reason, error } = await ended(ann);
  world.check(reason === 'not-found' && /Nobody named “nobody”/.test(error), `a call to nobody is one clear error: ${error}`);
  for (const answer of ['rejected', 'busy']) {
    await bob.evaluate(() => window.line.close());
    await listen(bob, 'bob', answer);
    await dial(ann, 'bob');
    const refused = await ended(ann);
    world.check(refused.reason === answer, `${answer}: ${refused.error}`);
  }
  await bob.evaluate(() => window.line.close());
  await listen(bob, 'bob', 'ring');
  await dial(ann, 'bob');
  await stateIs(bob, 'ringing');
  await stateIs(ann, 'ringing');
  await hangUp(ann);
  world.check((await ended(bob)).reason === 'canceled', 'who gives up calling stops the ringing');
}

async function callsCross(world, ann, bob) {
  await bob.evaluate(() => window.line.close());
  await listen(bob, 'bob');
  await ann.evaluate(() => { window.rung = []; });
  await bob.evaluate(() => { window.rung = []; });
  // Neither is told of the other's call before both have called.
  await keepSent([ann, bob], '"startSession"');
  await Promise.all([dial(ann, 'bob'), dial(bob, 'ann')]);
  await sendKept([ann, bob], 1000);
  await Promise.all([ann, bob].map((page) => stateIs(page, 'connected')));
  await mediaFlows(world, ann, bob, 'two who call one another');
  const counts = await Promise.all([ann, bob].map((page) => page.evaluate(() => [window.line.calls.length, window.rung.length].join())));
  world.check(counts.every((text) => text === '1,0'), `have one call, which did not ring (${counts.join(' ')})`);
  await hangUp(bob);
  await ended(ann);
}

async function videoIsAdded(world, ann, bob) {
  await dial(ann, 'bob', false);
  await Promise.all([ann, bob].map((page) => stateIs(page, 'connected')));
  await ann.evaluate(() => window.call.addTrack(window.picture()));
  await mediaFlows(world, ann, bob, 'video added to a call with sound only');
  await bob.close();
  world.check((await ended(ann)).reason === 'hung-up', 'a page that is closed has hung up');
}

async function byHand(world, server, browser) {
  const [carl, dora] = [await world.page(browser, server.page), await world.page(browser, server.page)];
  for (const [page, name] of [[carl, 'carl'], [dora, 'dora']]) {
    await page.locator('#call-name').fill(name);
    await page.locator('#call-open').click();
  }
  await listed(carl, 'dora');
  world.check(await carl.$eval('#streams button[data-stream="dora"] small', (badge) => badge.textContent) === 'call', 'who can be called is listed as such');
  await carl.locator('#streams button[data-stream="dora"]').click();
  await dora.waitForSelector('#call-accept', { visible: true });
  world.check(await dora.$eval('#call-title', (title) => title.textContent) === 'carl calls', 'the page says who calls');
  await dora.waitForFunction(() => document.activeElement?.id === 'call-accept');
  await dora.keyboard.press('Enter');
  for (const page of [carl, dora]) {
    await page.waitForFunction(() => document.getElementById('call-video').videoWidth > 0 && window.rtcPage.call?.state === 'connected');
  }
  await world.screenshot(dora, 'page_calls');
  const third = await world.page(browser, server.page);
  await third.locator('#call-name').fill('third');
  await third.locator('#call-open').click();
  await third.locator('#streams button[data-stream="carl"]').click();
  const alert = await third.waitForSelector('.alert[data-code="busy"]');
  world.check(/carl is in another call/.test(await alert.evaluate((box) => box.textContent)), 'a second call is told that the line is busy');
  await carl.waitForSelector('#message-text:not(:disabled)');
  await carl.type('#message-text', 'hello');
  await carl.keyboard.press('Enter');
  await dora.waitForFunction(() => /carl hello/.test(document.getElementById('message-log').textContent));
  await carl.click('#call-end');
  await dora.waitForFunction(() => document.getElementById('call').hidden);
  world.check(/The call has ended/.test(await dora.$eval('#call-line-state', (line) => line.textContent)), 'the other page says that it is over');
  for (const page of [carl, dora, third]) world.check(page.errors.length === 0, 'no script error on the page');
}

await test(`page calls${inFirefox ? ' in Firefox' : ''}`, async (world) => {
  const server = await world.server();
  const chromium = await world.chromium();
  const browser = inFirefox ? await world.firefox() : chromium;
  const pages = [];
  for (const name of ['ann', 'bob']) {
    const page = await world.page(name === 'bob' ? browser : chromium, server.page);
    await page.waitForFunction(() => window.rtcPage?.room.state === 'open');
    await page.evaluate(install, TONES[name], !inFirefox || name === 'ann');
    await listen(page, name);
    pages.push(page);
  }
  const [ann, bob] = pages;
  for (const part of [bothSpeak, holdIsKnown, offersCross, pathHeals, endsAreTold, callsCross, videoIsAdded]) await part(world, ann, bob);
  world.check(ann.errors.length === 0, 'no script error on the page');
  await byHand(world, server, chromium);
});
