// A page with an unmodified gstwebrtc-api (npm) on it, and what the tests do with it.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Skip } from './support.mjs';

function library() {
  try {
    const main = createRequire(import.meta.url).resolve('gstwebrtc-api');
    return readFileSync(join(dirname(main), 'gstwebrtc-api-3.0.0.min.js'));
  } catch {
    throw new Skip('the npm module gstwebrtc-api is missing: run tools/run-tests, or "npm ci" in tests/browser');
  }
}

// ?play plays the first stream there is, at once; without, the test drives the page.
const PAGE = `<!doctype html><meta charset="utf-8"><title>gstwebrtc-api</title><link rel="icon" href="data:,">
<video id="video" autoplay playsinline></video>
<script src="/library.js"></script>
<script>
  const query = new URLSearchParams(location.search);
  const api = new GstWebRTCAPI({
    signalingServerUrl: query.get('server'),
    meta: { name: query.get('name') },
    webrtcConfig: { iceServers: [], bundlePolicy: 'max-bundle' },
  });
  const video = document.getElementById('video');
  video.requestVideoFrameCallback?.(() => performance.mark('first-frame'));
  window.failures = [];
  window.connected = false;
  api.registerConnectionListener({ connected: () => { window.connected = true; }, disconnected: () => { window.connected = false; } });
  window.play = (id, offerOptions) => {
    const session = offerOptions ? api.createConsumerSessionWithOfferOptions(id, offerOptions) : api.createConsumerSession(id);
    window.session = session;
    session.addEventListener('error', (event) => window.failures.push(event.message + ': ' + event.error?.message));
    session.addEventListener('streamsChanged', () => { video.srcObject = session.streams[0] ?? null; });
    session.connect();
  };
  window.publish = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 }, audio: true });
    window.producer = api.createProducerSession(stream);
    window.producer.addEventListener('error', (event) => window.failures.push(event.message));
    window.producer.start();
  };
  if (query.has('play')) api.registerPeerListener({ producerAdded: (producer) => { if (!window.session) play(producer.id); } });
  window.api = api;
</script>`;

/** Serves the page; gives the function that makes its address. */
export async function serveLibrary(world) {
  const script = library();
  const http = createServer((request, response) => {
    const isScript = request.url.startsWith('/library.js');
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : PAGE);
  });
  await new Promise((resolve) => { http.listen(0, '127.0.0.1', resolve); });
  world.atEnd(() => { http.close(); http.closeAllConnections(); });
  return (server, { name = 'guest', play = false } = {}) => {
    const query = new URLSearchParams({ server: server.ws, name, ...(play && { play: '1' }) });
    return `http://127.0.0.1:${http.address().port}/?${query}`;
  };
}

/** Waits for a stream of that name and gives the id of its publisher. */
export async function producerNamed(page, name) {
  const handle = await page.waitForFunction((wanted) => (
    window.api.getAvailableProducers().find(({ meta }) => meta.name === wanted)?.id
  ), {}, name);
  return handle.jsonValue();
}

/** Waits until pictures advance and sound came in the library's session. */
export async function plays(page) {
  await page.waitForFunction(async () => {
    if (window.failures.length) throw new Error(window.failures.join('; '));
    const { totalVideoFrames } = document.getElementById('video').getVideoPlaybackQuality();
    const stats = [...((await window.session.rtcPeerConnection?.getStats()) ?? new Map()).values()];
    return totalVideoFrames > 30 && stats.some(({ type, totalAudioEnergy }) => type === 'inbound-rtp' && totalAudioEnergy > 1e-6);
  }, { polling: 200 });
}
