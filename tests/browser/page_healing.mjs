// What plays is kept alive: connections are replaced before they are ended, whoever begins it, and a loss
// of signaling takes nothing down. The publisher is a script, so that it can do each of it on purpose.
// "firefox" as argument: the viewer is Firefox.

import { countFrames, framesAdvance } from './page.mjs';
import { test } from './support.mjs';

// In the page: publishes a canvas as "film". Connections are made, closed and forgotten as a test says.
function publishByScript(url) {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  let frame = 0;
  setInterval(() => {
    context.fillStyle = `hsl(${(frame += 7) % 360} 80% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 33);
  const stream = canvas.captureStream(30);
  const film = { sessions: new Map(), ended: [] };
  window.film = film;
  const newest = (id) => film.sessions.get(id)?.at(-1);
  film.offer = async (sessionId) => {
    const pc = new RTCPeerConnection();
    film.sessions.get(sessionId).push(pc);
    pc.onicecandidate = ({ candidate }) => candidate && film.send({ type: 'peer', sessionId,
      ice: { candidate: candidate.candidate, sdpMLineIndex: candidate.sdpMLineIndex } });
    stream.getTracks().forEach((track) => pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] }));
    await pc.setLocalDescription();
    film.send({ type: 'peer', sessionId, sdp: { type: 'offer', sdp: pc.localDescription.sdp } });
  };
  film.connect = () => new Promise((resolve) => {
    const socket = new WebSocket(url);
    film.send = (message) => socket.send(JSON.stringify(message));
    socket.onmessage = ({ data }) => {
      const { type, sessionId, sdp, ice } = JSON.parse(data);
      if (type === 'peerStatusChanged') resolve();
      if (type === 'startSession') {
        film.sessions.set(sessionId, []);
        film.offer(sessionId);
      } else if (type === 'peer' && sdp) newest(sessionId).setRemoteDescription(sdp);
      else if (type === 'peer') newest(sessionId).addIceCandidate(ice).catch(() => {});
      else if (type.startsWith('endSession')) film.ended.push(sessionId);
    };
    socket.onopen = () => film.send({ type: 'setPeerStatus', roles: ['producer'], meta: { name: 'film' }, instance: 'one' });
  });
  return film.connect();
}

// In the page: keeps what the session tells, and the longest time without a picture.
function watchTheSession() {
  const { session } = window.rtcPage;
  const seen = { states: [], healed: [], longest: 0, pc: session.peerConnection };
  window.seen = seen;
  session.addEventListener('state', () => seen.states.push(session.state));
  session.addEventListener('healed', ({ detail }) => seen.healed.push(detail));
  let last = performance.now();
  const next = () => document.getElementById('video').requestVideoFrameCallback((now) => {
    seen.longest = Math.max(seen.longest, now - last);
    last = now;
    next();
  });
  next();
}

const inFirefox = process.argv[2] === 'firefox';

await test(`page healing${inFirefox ? ' in Firefox' : ''}`, async (world) => {
  const server = await world.server();
  const browser = await world.chromium();
  const publisher = await world.page(browser, `${server.page}healthz`);
  await publisher.evaluate(publishByScript, server.ws);
  const viewer = await world.page(inFirefox ? await world.firefox() : browser, `${server.page}?stream=film`);
  await framesAdvance(viewer);
  await countFrames(viewer);
  await viewer.evaluate(watchTheSession);
  const sessions = () => publisher.evaluate(() => [...window.film.sessions.keys()]);
  const seen = () => viewer.evaluate(() => ({ ...window.seen, pc: undefined }));
  const sameConnection = () => viewer.evaluate(() => window.seen.pc === window.rtcPage.session.peerConnection);
  const healed = async (times, why) => {
    await viewer.waitForFunction((count) => window.seen.healed.length >= count, {}, times);
    const { healed: all, states } = await seen();
    world.check(all.length === times && all.at(-1).why === why && all.at(-1).by === 'replacement',
      `healed: ${JSON.stringify(all.at(-1))}, states: ${states.join(' ')}`);
    world.check(!(await sameConnection()), 'the connection is another one');
    await framesAdvance(viewer);
    await viewer.evaluate(() => Object.assign(window.seen, { states: [], longest: 0, pc: window.rtcPage.session.peerConnection }));
  };

  // The publisher replaces its connection within the session.
  const [first] = await sessions();
  await publisher.evaluate((id) => window.film.offer(id), first);
  await viewer.waitForFunction(() => window.seen.healed.length === 1);
  await framesAdvance(viewer, 30);
  const { states, longest } = await seen();
  world.check(states.length === 0 && longest < 1000, `it plays on meanwhile (${Math.round(longest)} ms at most without a picture)`);
  await healed(1, 'offered');
  world.check((await sessions()).length === 1, 'in the same session');

  // Nothing at all is received: Chromium closes a connection without a word.
  await publisher.evaluate((id) => window.film.sessions.get(id).forEach((pc) => pc.close()), first);
  await healed(2, 'silent');
  const second = (await sessions()).at(-1);
  world.check(second !== first, 'in a new session');
  await publisher.waitForFunction((id) => window.film.ended.includes(id), {}, first);
  world.check(true, 'the old session was ended');

  // ICE gives up, as far as the session can see.
  await viewer.evaluate(() => {
    const pc = window.rtcPage.session.peerConnection;
    Object.defineProperty(pc, 'connectionState', { get: () => 'failed' });
    pc.onconnectionstatechange();
  });
  await healed(3, 'failed');

  // The publisher loses its way to the server and is back: nothing happens while media flows.
  await publisher.evaluate(() => window.film.connect());
  await framesAdvance(viewer, 90);
  const calm = await seen();
  world.check((await sameConnection()) && calm.states.length === 0, 'a publisher that connects anew is not left');
  const third = (await sessions()).at(-1);
  await viewer.evaluate(() => { window.rtcPage.session.peerConnection.getStats = async () => new Map(); });
  await healed(4, 'returned');
  world.check((await sessions()).at(-1) !== third, 'and is asked again when its old connection is silent');

  // The server is killed, the media ends with nobody there to say so, and both come back.
  await server.stop('SIGKILL');
  await viewer.waitForFunction(() => window.rtcPage.room.state !== 'open');
  await publisher.evaluate(() => [...window.film.sessions.values()].flat().forEach((pc) => pc.close()));
  await world.server({ port: server.port });
  await publisher.evaluate(() => window.film.connect());
  await healed(5, 'returned');

  // A clean end is one.
  world.check(await viewer.$eval('#fact-heals', (fact) => fact.textContent) !== '', 'the page counts it');
  await publisher.close();
  await viewer.waitForFunction(() => window.rtcPage.session.state === 'waiting');
  world.check(await viewer.evaluate(() => window.rtcPage.session.reason) === 'ended', 'the end of the publisher is an end');
  world.check(viewer.errors.length === 0, 'no script error on the page');
});
