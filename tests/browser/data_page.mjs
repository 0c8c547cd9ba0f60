// What the tests of data channels do on the page: what it runs there uses the modules that are
// served with it.

/** Watches a stream; every channel it brings goes to `receive`, a function of the page by name. */
export function watchChannels(page, name, receive) {
  return page.evaluate((stream, handler) => {
    // Whatever connection the session takes, from its beginning on.
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...settings) {
        super(...settings);
        this.addEventListener('datachannel', ({ channel }) => window[handler](channel));
      }
    };
    window.session = window.rtcPage.room.watch(stream);
  }, name, receive);
}

/** Watches a stream; the first file it brings becomes `window.received`. */
export function watchFile(page, name) {
  return page.evaluate((stream) => {
    const session = window.rtcPage.room.watch(stream);
    session.data.addEventListener('transfer', ({ detail }) => window.receiveFile(detail), { once: true });
  }, name);
}

/** Publishes a stream without media; the channels of each viewer are made by `open`, a function of the page by name. */
export async function publishChannels(page, name, open) {
  await page.evaluate(async (stream, handler) => {
    const publication = await window.rtcPage.room.publish(new MediaStream(), { name: stream });
    const known = new Set();
    // Told of a viewer before the description is made.
    publication.addEventListener('viewers', () => {
      for (const viewer of publication.viewers) {
        if (!known.has(viewer)) window[handler](viewer.connection.pc);
        known.add(viewer);
      }
    });
    window.publication = publication;
  }, name, open);
  await page.waitForFunction(() => window.publication.state === 'published');
}

/** Installs the functions that `watchChannels` and `publishChannels` name. */
export async function installData(page) {
  await page.evaluate(installMessages);
  await page.evaluate(installPair);
  await page.evaluate(installStreams);
}

function installMessages() {
  window.channels = {};
  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  // Keeps what comes, in a form that passes to the test.
  window.keepMessages = (channel) => {
    const { label, protocol, ordered, maxRetransmits, maxPacketLifeTime } = channel;
    channel.binaryType = 'arraybuffer';
    const kept = { label, protocol, ordered, maxRetransmits, maxPacketLifeTime, messages: [], closed: false };
    window.channels[label] = kept;
    channel.onmessage = ({ data }) => {
      const isBinary = data instanceof ArrayBuffer;
      kept.messages.push({ isText: typeof data === 'string', isBinary, data: isBinary ? base64(data) : data });
    };
    channel.onclose = () => { kept.closed = true; };
  };
  window.openMixed = (pc) => {
    window.mixed = pc.createDataChannel('mixed');
  };
  window.sendMixed = (messages) => {
    for (const { text, bytes } of messages)
      window.mixed.send(text ?? Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)));
  };
}

function installPair() {
  window.connectedPair = async () => {
    const pair = [new RTCPeerConnection(), new RTCPeerConnection()];
    const [near, far] = pair;
    near.onicecandidate = ({ candidate }) => far.addIceCandidate(candidate);
    far.onicecandidate = ({ candidate }) => near.addIceCandidate(candidate);
    near.createDataChannel('for the section', { negotiated: true, id: 1000 });
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription);
    await Promise.all(pair.map((pc) => new Promise((resolve) => {
      const look = () => { if (pc.connectionState === 'connected') resolve(); };
      pc.onconnectionstatechange = look;
      look();
    })));
    return pair;
  };
}

async function installStreams() {
  const [{ STREAM_PROTOCOL }, { StreamReceiver }, { StreamSender }] = await Promise.all(
    ['/stream.js', '/stream_receiver.js', '/stream_sender.js'].map((path) => import(path)));
  const sha256 = async (data) => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', data)),
    (byte) => byte.toString(16).padStart(2, '0')).join('');
  const outcome = (work) => work.catch((error) => ({ error: `${error.code ?? error.name}: ${error.message}` }));
  const take = async (receiver, start) => {
    const pieces = [];
    await receiver.readable.pipeTo(new WritableStream({ write: (piece) => { pieces.push(piece); } }));
    const seconds = (performance.now() - start) / 1000;
    const data = await new Blob(pieces).arrayBuffer();
    return { size: data.byteLength, sha256: await sha256(data), seconds };
  };
  const random = (size) => {
    const data = new Uint8Array(size);
    for (let at = 0; at < size; at += 65536) crypto.getRandomValues(data.subarray(at, at + 65536));
    return data;
  };

  window.receiveFile = async (transfer) => {
    const start = performance.now();
    const work = async () => {
      const data = await (await transfer.receive()).arrayBuffer();
      return { size: data.byteLength, seconds: (performance.now() - start) / 1000, sha256: await sha256(data) };
    };
    window.received = await outcome(work());
  };
  window.prepareStream = async (size) => {
    window.file = new Blob([random(size)]);
    return sha256(await window.file.arrayBuffer());
  };
  window.sendStream = (pc) => {
    const sender = new StreamSender({ length: window.file.size });
    const channel = pc.createDataChannel('file', { protocol: STREAM_PROTOCOL });
    sender.attach(channel);
    const work = async () => {
      await new Promise((resolve) => { channel.addEventListener('open', resolve); });
      const start = performance.now();
      await window.file.stream().pipeTo(sender.writable);
      return { acknowledged: sender.acknowledged, seconds: (performance.now() - start) / 1000 };
    };
    outcome(work()).then((result) => { window.sent = result; });
  };
  // From one connection of this page to another; the first channel is closed on the way.
  window.cutStream = async (resumable) => {
    const [near, far] = await window.connectedPair();
    const [sender, receiver] = [new StreamSender({ resumable }), new StreamReceiver({ resumable })];
    const found = { channels: 0 };
    const open = () => sender.attach(near.createDataChannel('file', { protocol: STREAM_PROTOCOL }));
    far.ondatachannel = ({ channel }) => {
      found.channels += 1;
      receiver.attach(channel);
      channel.addEventListener('message', ({ data }) => {
        if (found.channels === 2 && typeof data === 'string') found.offset ??= JSON.parse(data).offset;
        if (found.channels === 2 || receiver.received < 2_000_000) return;
        found.cutAt ??= receiver.received;
        channel.close();
      });
      channel.addEventListener('close', () => { if (resumable && found.channels === 1) open(); });
    };
    open();
    const [sent, received] = await Promise.all([
      outcome(window.file.stream().pipeTo(sender.writable)), outcome(take(receiver, performance.now()))]);
    near.close();
    far.close();
    return { ...found, sha256: received.sha256, sent: sent?.error, received: received.error };
  };
}
