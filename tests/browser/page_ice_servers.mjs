// The ICE servers of the server are those of every connection, and are renewed before they expire.

import { framesAdvance, publishFromForm } from './page.mjs';
import { test } from './support.mjs';

await test('page ICE servers', async (world) => {
  const server = await world.server({ args: ['--ice-server', 'stun:127.0.0.1:9', '--ice-server',
    'turn:127.0.0.1:9?transport=tcp', '--turn-secret', 'north'] });
  const browser = await world.chromium();
  const publisher = await world.page(browser, server.page);
  await publishFromForm(publisher, 'desk');
  const viewer = await world.page(browser, `${server.page}?stream=desk`);
  await framesAdvance(viewer);
  const used = {
    viewer: await viewer.evaluate(() => window.rtcPage.session.peerConnection.getConfiguration().iceServers),
    publisher: await publisher.evaluate(() => window.rtcPage.publication.viewers[0].connection.pc.getConfiguration().iceServers),
  };
  for (const [who, servers] of Object.entries(used)) {
    const [stun, turn] = servers;
    const good = servers.length === 2 && stun.urls.includes('stun:127.0.0.1:9') && turn.urls.includes('turn:127.0.0.1:9?transport=tcp');
    world.check(good && /^\d+:[0-9a-f]{32}$/.test(turn.username) && turn.credential.length === 28, `the ${who} has them, with credentials of its own`);
  }
  world.check(used.viewer[1].username !== used.publisher[1].username, 'and each its own');

  const renewal = await viewer.evaluate(async () => {
    const { Signaling } = await import('/signaling.js');
    const message = (type, username) => JSON.stringify({ type, peerId: 'x', lifetime: 2, iceServers: [{ urls: 'turn:t', username, credential: 'c' }] });
    const socket = { readyState: WebSocket.OPEN, close() {} };
    const began = performance.now();
    const asked = new Promise((resolve) => {
      socket.send = (text) => resolve({ text, after: performance.now() - began });
    });
    const signaling = new Signaling({ url: new URL('ws://127.0.0.1:9/'), reconnect: false, early: { socket, received: [message('welcome', 'first')] } });
    const { text, after } = await asked;
    const before = signaling.iceServers[0]?.username;
    socket.onmessage?.({ data: message('iceServers', 'second') });
    const result = { before, text, after, second: signaling.iceServers[0]?.username };
    signaling.close();
    return result;
  });
  world.check(renewal.after > 900 && renewal.before === 'first', `new credentials are asked for when it is time, after ${Math.round(renewal.after)} of 2000 ms`);
  world.check(renewal.text === '{"type":"iceServers"}' && renewal.second === 'second', 'and used');

  const odd = await viewer.evaluate(async () => {
    const { Connection } = await import('/connection.js');
    const connection = new Connection({ iceServers: [{ urls: 'turn:no-credentials' }, { urls: 'stun:127.0.0.1:9' }] });
    const { iceServers } = connection.pc.getConfiguration();
    connection.close();
    return iceServers.map(({ urls }) => [urls].flat()[0]);
  });
  world.check(odd.join() === 'stun:127.0.0.1:9', 'a server that the browser refuses is left out');
  world.check(viewer.errors.length === 0, 'no script error on the page');
});
