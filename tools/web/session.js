// A stream being watched. The session outlives its connections: it waits for the stream, connects,
// and starts over when the path is lost or the publisher comes back.

import { Backoff } from './backoff.js';
import { Connection } from './connection.js';
import { RtcError } from './errors.js';

const CONNECT_DEADLINE = 15000;
const INTERRUPTED_FOR = 4000;  // a gap that ICE has not healed by then is not waited out
const GOODBYE_GRACE = 400;     // the goodbye over signaling explains a connection that closed
const STALLED_SECONDS = 3;
const STABLE_AFTER = 5000;

/**
 * One watched stream; made by `Room.watch()`.
 *
 * `state` is one of
 * - "waiting": not connected; `reason` says why: "absent" (nobody publishes it yet), "ended" (its
 *   publisher stopped), "signaling" (no server), "retry" (a connection failed, the next try is near)
 * - "connecting"
 * - "playing": media has a path
 * - "interrupted": the path is gone, maybe for a moment
 * - "closed": by `close()`
 *
 * Events: "state"; "stream" (`stream` is another MediaStream now); "muted" (the browser allows no sound
 * before a gesture, so `attach()` plays without); "error" (detail: RtcError, the session goes on).
 */
export class Session extends EventTarget {
  #room;
  #options;
  #connection = null;
  #spare;
  #call = null;
  #meter = null;
  #video = null;
  #peerId = null;
  #finished = null;
  #timer = 0;
  #pulse = 0;
  #connectedAt = 0;
  #played = false;
  #backoff = new Backoff();

  /** @hideconstructor */
  constructor(room, target, { videoElement = null, jitterBufferTarget = 0 } = {}) {
    super();
    this.#room = room;
    this.#options = { jitterBufferTarget };
    this.target = target;
    this.state = 'waiting';
    this.reason = 'absent';
    /** @type {MediaStream|null} */
    this.stream = null;
    // Making the first RTCPeerConnection of a page takes tens of milliseconds: not after the list came.
    this.#spare = new Connection(room.configuration());
    if (videoElement) this.attach(videoElement);
    this.refresh();
  }

  /** The name of the stream, or what was asked for. */
  get name() {
    return this.#room.find(this.target)?.name ?? this.target ?? '';
  }

  /**
   * Plays in a media element: with sound where the browser allows it, otherwise muted.
   * @param {HTMLMediaElement} element
   */
  attach(element) {
    this.#video = element;
    this.#show();
  }

  /** Statistics by their W3C names: see README.md; null while there is no connection. */
  async stats() {
    const connection = this.#connection;
    if (!connection) return null;
    const { StatsMeter } = await import('./stats.js');
    if (connection !== this.#connection) return null;
    this.#meter ??= new StatsMeter(connection.pc, 'inbound-rtp');
    return this.#meter.read();
  }

  /** The RTCPeerConnection of the moment, for what this class does not offer; null while waiting. */
  get peerConnection() {
    return this.#connection?.pc ?? null;
  }

  /** Connects anew now: after the publisher ended the session, or instead of waiting for the next try. */
  restart() {
    if (this.state === 'closed') return;
    this.#finished = null;
    this.#drop();
    this.refresh();
  }

  close() {
    if (this.state === 'closed') return;
    this.#drop();
    this.#spare?.close();
    if (this.#video?.srcObject === this.stream) this.#video.srcObject = null;
    this.#room.forget(this);
    this.#set('closed', null);
  }

  /** Called by the room when its streams or its signaling changed. */
  refresh() {
    if (this.state === 'closed' || this.#connection) return;
    const stream = this.#room.find(this.target);
    if (!stream) {
      this.#finished = null;
      clearTimeout(this.#timer);
      this.#set('waiting', !this.#room.isOpen() ? 'signaling' : this.#played ? 'ended' : 'absent');
    } else if (stream.id === this.#finished) {
      this.#set('waiting', 'ended');
    } else if (this.reason !== 'retry' || stream.id !== this.#peerId) {
      this.#start(stream.id);
    }
  }

  #start(peerId) {
    clearTimeout(this.#timer);
    this.#peerId = peerId;
    const connection = this.#spare ?? new Connection(this.#room.configuration());
    this.#spare = null;
    this.#connection = connection;
    this.#set('connecting', null);
    connection.addEventListener('track', ({ detail }) => this.#track(connection, detail));
    connection.addEventListener('state', () => this.#pathChanged(connection));
    connection.addEventListener('error', ({ detail }) => this.#over(new RtcError('negotiation-failed',
      `The description from the publisher was not understood: ${detail.message}`,
      'The publisher may use a codec or feature that this browser does not have.', detail)));
    this.#call = this.#room.call(peerId, {
      started: () => {
        connection.useIceServers(this.#room.configuration().iceServers);
        connection.attach((content) => this.#call?.send(content));
      },
      received: (content) => connection.receive(content),
      ended: (error) => this.#ended(error),
      detached: () => this.#detached(),
    });
    this.#timer = setTimeout(() => this.#over(new RtcError('connection-failed',
      'No media came: no path to the publisher was found.',
      'A firewall may be in between: give the server a TURN server, or allow UDP.')), CONNECT_DEADLINE);
  }

  #track(connection, { track, receiver }) {
    const { jitterBufferTarget } = this.#options;
    if (jitterBufferTarget !== null) {
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = jitterBufferTarget;
      else if ('playoutDelayHint' in receiver) receiver.playoutDelayHint = jitterBufferTarget / 1000;
    }
    if (this.stream && connection.stream === this.stream) {
      this.stream.addTrack(track);
      return;
    }
    this.stream = new MediaStream([track]);
    connection.stream = this.stream;
    this.#show();
    this.dispatchEvent(new Event('stream'));
  }

  #pathChanged(connection) {
    if (connection !== this.#connection) return;
    clearTimeout(this.#timer);
    if (connection.state === 'connected') {
      this.#played = true;
      this.#connectedAt = performance.now();
      this.#set('playing', null);
      // Needed by stats(): not before the picture, but while the server is there.
      import('./stats.js').catch(() => {});
      return;
    }
    this.#set('interrupted', null);
    const lost = connection.state === 'lost';
    this.#timer = setTimeout(() => {
      if (this.#call || lost) this.#over(lost ? undefined : new RtcError('path-lost', 'The connection to the publisher was lost.', 'It is made anew.'));
    }, lost ? GOODBYE_GRACE : INTERRUPTED_FOR);
  }

  #ended(error) {
    const by = this.#peerId;
    this.#call = null;
    if (error) {
      this.#over(new RtcError('ended-by-publisher', `The publisher ended the session: ${error}`, 'It is tried again.'));
      return;
    }
    this.#drop();
    this.#finished = by;
    this.refresh();
  }

  // The server is gone, the publisher perhaps not: what plays goes on as long as media comes.
  #detached() {
    this.#call = null;
    this.#connection?.attach(null);
    if (this.state !== 'playing' && this.state !== 'interrupted') {
      this.#drop();
      this.refresh();
      return;
    }
    let bytes = -1;
    let quiet = 0;
    this.#pulse = setInterval(async () => {
      const before = bytes;
      bytes = await receivedBytes(this.#connection?.pc);
      quiet = bytes === before ? quiet + 1 : 0;
      if (this.#pulse && quiet >= STALLED_SECONDS && this.#room.isOpen()) this.#over();
    }, 1000);
  }

  /** Starts over, after a pause that grows from failure to failure. */
  #over(error) {
    // A connection that did not last counts as a failure.
    const lasted = this.state !== 'connecting' && performance.now() - this.#connectedAt > STABLE_AFTER;
    if (lasted) this.#backoff.reset();
    this.#drop(error?.message);
    if (error) this.dispatchEvent(new CustomEvent('error', { detail: error }));
    this.#set('waiting', 'retry');
    this.#timer = setTimeout(() => {
      this.reason = null;
      this.refresh();
    }, this.#backoff.next());
  }

  #drop(error) {
    clearTimeout(this.#timer);
    clearInterval(this.#pulse);
    this.#pulse = 0;
    this.#call?.end(error);
    this.#call = null;
    this.#connection?.close();
    this.#connection = null;
    this.#meter = null;
    this.reason = null;
  }

  async #show() {
    const element = this.#video;
    if (!element || !this.stream) return;
    element.srcObject = this.stream;
    try {
      await element.play();
    } catch (error) {
      if (error.name !== 'NotAllowedError') return;
      element.muted = true;
      this.dispatchEvent(new Event('muted'));
      element.play().catch(() => {});
    }
  }

  #set(state, reason) {
    if (this.state === state && this.reason === reason) return;
    this.state = state;
    this.reason = reason;
    this.dispatchEvent(new Event('state'));
  }
}

async function receivedBytes(pc) {
  let bytes = 0;
  if (!pc) return bytes;
  for (const stats of (await pc.getStats()).values()) {
    if (stats.type === 'inbound-rtp') bytes += stats.bytesReceived ?? 0;
  }
  return bytes;
}
