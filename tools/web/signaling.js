// One WebSocket to the rooms server that is opened again whenever it is lost. It speaks JSON frames
// and knows about connecting, and keeps the ICE servers that the server names; what other messages
// mean is the business of rtc.js and publication.js.

import { Backoff } from './backoff.js';
import { RtcError } from './errors.js';

// A browser cannot ping. A request that every server answers shows that the line is still there.
const PROBE_AFTER = 20000;
const PROBE_DEADLINE = 4000;
// An attempt whose first packet is lost would hang for long. A slow line gets more time now and then.
const CONNECT_DEADLINES = [4000, 8000, 15000];
const LONGEST_RENEWAL = 7 * 24 * 3600;

/** The WebSocket URL of a room, e.g. ws://host:8080/ws/lobby. */
export function signalingUrl({ url, room } = {}) {
  const here = globalThis.location?.href;
  const target = new URL(url ?? '/', here);
  target.protocol = target.protocol.replace(/^http/, 'ws');
  if (room && target.pathname === '/') target.pathname = `/ws/${encodeURIComponent(room)}`;
  target.hash = '';
  return target;
}

/**
 * States: "connecting", "open", "waiting" (lost, tries again), "refused" (asks for a token), "closed".
 * Events: "state", "message" (detail: the parsed frame), "error" (detail: RtcError).
 */
export class Signaling extends EventTarget {
  #url;
  #token;
  #socket = null;
  #timer = 0;
  #probe = 0;
  #renewal = 0;
  #tries = 0;
  #backoff = new Backoff({ most: 2000 });
  #asked = false;
  #reconnect;
  #wake = ({ type }) => {
    if (type === 'visibilitychange' && document.visibilityState === 'hidden') return;
    this.#retryNow();
    this.probe();
  };

  /**
   * @param {object} options
   * @param {URL} options.url
   * @param {string} [options.token]
   * @param {boolean} [options.reconnect]
   * @param {{socket: WebSocket, received: string[], greeted?: boolean}} [options.early] a socket to the
   *   same URL that is already opening, and the frames that came before anybody listened
   */
  constructor({ url, token, reconnect = true, early }) {
    super();
    this.#url = url;
    this.#token = token;
    this.#reconnect = reconnect;
    this.state = 'connecting';
    /** @type {RTCIceServer[]} of the server; renewed before their credentials expire */
    this.iceServers = [];
    globalThis.addEventListener?.('online', this.#wake);
    globalThis.document?.addEventListener('visibilitychange', this.#wake);
    // The owner gets to add its listeners before the first event.
    queueMicrotask(() => this.#open(early));
  }

  /** Sends a message if the line is open; says whether it was. */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Finds out soon whether the line is still there, because there is reason to doubt it. */
  probe() {
    if (this.state !== 'open' || this.#asked) return;
    clearTimeout(this.#probe);
    this.#ask();
  }

  /** Connects again with another token. */
  authenticate(token) {
    this.#token = token;
    this.#drop();
    this.#open();
  }

  close() {
    this.#drop();
    globalThis.removeEventListener?.('online', this.#wake);
    globalThis.document?.removeEventListener('visibilitychange', this.#wake);
    this.#set('closed');
  }

  #open(early) {
    if (this.state === 'closed') return;
    this.#set('connecting');
    const url = this.#address();
    const usable = early && early.socket.readyState <= WebSocket.OPEN;
    const socket = usable ? early.socket : new WebSocket(url);
    this.#socket = socket;
    /** What is said first on every connection was said already. */
    this.greeted = usable && Boolean(early.greeted);
    this.#probe = setTimeout(() => this.#lost({}), CONNECT_DEADLINES[this.#tries % CONNECT_DEADLINES.length]);
    this.#tries += 1;
    const isOpen = () => {
      this.#tries = 0;
      this.#backoff.reset();
      this.#set('open');
    };
    socket.onopen = isOpen;
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = (event) => this.#lost(event);
    if (usable && socket.readyState === WebSocket.OPEN) {
      isOpen();
      early.received.splice(0).forEach((data) => this.#received(data));
    }
  }

  #received(data) {
    clearTimeout(this.#probe);
    this.#asked = false;
    this.#probe = setTimeout(() => this.#ask(), PROBE_AFTER);
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message && typeof message.type === 'string') {
      if (message.type === 'welcome' || message.type === 'iceServers') this.#takeIceServers(message);
      this.dispatchEvent(new CustomEvent('message', { detail: message }));
    }
  }

  #takeIceServers({ iceServers, lifetime }) {
    this.iceServers = Array.isArray(iceServers) ? iceServers : [];
    clearTimeout(this.#renewal);
    if (!(lifetime > 0)) return;
    const seconds = Math.min(Math.max(lifetime, 2), LONGEST_RENEWAL) * 0.75;
    this.#renewal = setTimeout(() => this.send({ type: 'iceServers' }), seconds * 1000);
  }

  #ask() {
    this.#asked = true;
    this.send({ type: 'list' });
    this.#probe = setTimeout(() => this.#lost({}), PROBE_DEADLINE);
  }

  async #lost({ reason }) {
    const wasOpen = this.state === 'open';
    this.#drop();
    if (this.state === 'closed') return;
    this.#set(this.#reconnect ? 'waiting' : 'closed');
    const refused = !wasOpen && (await this.#asksForToken());
    if (this.state !== 'waiting' || this.#socket) return;
    if (refused) {
      this.#set('refused');
      this.#fail('token-refused', this.#token ? 'The server does not accept this token.' : 'The server asks for a token.',
        'Enter the token that the server was started with.');
      return;
    }
    this.#timer = setTimeout(() => this.#open(), this.#backoff.next());
    if (!wasOpen) {
      this.#fail('server-unreachable', `The signaling server at ${this.#url.host} cannot be reached${reason ? `: ${reason}` : ''}.`,
        'See that it runs and that the address is right; this page keeps trying.');
    }
  }

  // Not by searchParams: it would write a space as "+", which means a space in forms only.
  #address() {
    const url = new URL(this.#url);
    if (this.#token) url.search += `${url.search ? '&' : '?'}token=${encodeURIComponent(this.#token)}`;
    return url;
  }

  // A refused upgrade looks like any other failure to a WebSocket; the status of a plain request tells.
  async #asksForToken() {
    const url = this.#address();
    url.protocol = url.protocol.replace(/^ws/, 'http');
    if (url.pathname === '/') url.pathname = '/ws/default';  // the same room; a plain request to / gets the page
    try {
      const { status } = await fetch(url, { cache: 'no-store', redirect: 'manual', signal: AbortSignal.timeout(3000) });
      return status === 401 || status === 403;
    } catch {
      return false;
    }
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#probe);
    clearTimeout(this.#renewal);
    this.#asked = false;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #retryNow() {
    if (this.state !== 'waiting' || this.#socket) return;
    clearTimeout(this.#timer);
    this.#open();
  }

  #fail(code, message, remedy) {
    this.dispatchEvent(new CustomEvent('error', { detail: new RtcError(code, message, remedy) }));
  }

  #set(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}
