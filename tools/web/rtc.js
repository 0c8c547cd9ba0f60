// A small WebRTC client for the rooms of gst-rtc: watch what is published, publish what you have, call and be called.
// See README.md for an example; every class it hands out is documented in its own file.

import { Calls } from './calls.js';
import { RtcError } from './errors.js';
import { Session } from './session.js';
import { Signaling, signalingUrl } from './signaling.js';

export { RtcError, mediaError, insecurePageError } from './errors.js';
export { Session } from './session.js';
export { signalingUrl } from './signaling.js';

/**
 * @typedef {object} Stream
 * @property {string} id    the publisher's id; another one each time it connects
 * @property {string} name
 * @property {object} meta  what the publisher says about itself: not to be trusted
 * @property {boolean} own  published by this Room
 * @property {boolean} call somebody who can be called, by that name; there is nothing to watch
 */

/**
 * A room on a signaling server.
 *
 * `state` is "connecting", "open", "waiting" (lost, tries again by itself), "refused" (asks for a token,
 * see `authenticate()`) or "closed".
 *
 * Events: "state"; "streams" (the list changed); "error" (detail: RtcError; the room goes on).
 */
export class Room extends EventTarget {
  #url;
  #token;
  #reconnect;
  #policy;
  #ownServers;
  #signaling;
  #calls;
  #listed = new Map();
  #isListed = false;  // the list came: who is not in it does not publish
  #sessions = new Set();
  #publications = new Set();
  #lines = new Set();

  /**
   * @param {object} [options]
   * @param {string} [options.url]    of the server; default: where the page came from
   * @param {string} [options.room]   default: the server's default room
   * @param {string} [options.token]  if the server asks for one
   * @param {RTCIceServer[]} [options.iceServers]  in addition to those the server names
   * @param {RTCIceTransportPolicy} [options.iceTransportPolicy]
   * @param {boolean} [options.reconnect]  default true
   * @param {{socket: WebSocket, received: string[], greeted?: boolean}} [options.early]  a socket that
   *   is already opening: see index.html
   */
  constructor({ url, room, token, iceServers = [], iceTransportPolicy = 'all', reconnect = true, early } = {}) {
    super();
    this.#url = signalingUrl({ url, room });
    this.#token = token;
    this.#reconnect = reconnect;
    this.#policy = iceTransportPolicy;
    this.#ownServers = iceServers;
    this.#signaling = new Signaling({ url: this.#url, token, reconnect, early });
    this.#calls = new Calls((message) => this.#signaling.send(message));
    this.#signaling.addEventListener('state', () => this.#signalingChanged());
    this.#signaling.addEventListener('message', ({ detail }) => this.#received(detail));
    this.#signaling.addEventListener('error', ({ detail }) => this.#report(detail));
  }

  get state() {
    return this.#signaling.state;
  }

  /** @type {Stream[]} what is published now, by name */
  get streams() {
    const own = new Set([...this.#publications, ...this.#lines].map(({ peerId }) => peerId));
    return [...this.#listed.values()]
      .map((stream) => ({ ...stream, own: own.has(stream.id) }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /**
   * Watches a stream, now or as soon as it is there, and again when it comes back.
   * @param {string} [target]  a name, or the id of one publisher; default: the first stream there is
   * @param {object} [options]
   * @param {HTMLMediaElement} [options.videoElement]  plays there
   * @param {number|null} [options.jitterBufferTarget]  milliseconds of delay to aim at; 0 (default): as
   *   little as the network allows; null: what the browser finds best
   * @returns {Session}
   */
  watch(target, options) {
    const session = new Session({
      configuration: () => this.#configuration(this.#signaling.iceServers),
      isOpen: () => this.state === 'open' && this.#isListed,
      probe: () => this.#signaling.probe(),
      find: (wanted) => this.#find(wanted),
      call: (peerId, listener) => this.#calls.start(peerId, listener),
      forget: (gone) => this.#sessions.delete(gone),
    }, target, options);
    this.#sessions.add(session);
    return session;
  }

  /**
   * Publishes a MediaStream.
   * @param {MediaStream} stream
   * @param {object} options
   * @param {string} options.name
   * @param {object} [options.meta]        more to tell everybody in the room
   * @param {number} [options.maxBitrate]  bit/s of video to each viewer
   * @returns {Promise<Publication>}
   */
  async publish(stream, options) {
    // Most pages only watch: they come to their picture sooner without this.
    const { Publication } = await import('./publication.js');
    const publication = new Publication({
      ...this.#place(),
      onclose: (gone) => this.#publications.delete(gone),
    }, stream, options);
    this.#publications.add(publication);
    return publication;
  }

  /**
   * Calls somebody who is listed with `call`; over the name that `receiveCalls()` has given, or without one.
   * @param {string} name
   * @param {{audio?: boolean|MediaTrackConstraints, video?: boolean|MediaTrackConstraints, stream?: MediaStream}} [media]
   *   what to send; default: the microphone
   * @returns {Promise<Call>} it has begun; its events tell the rest
   */
  async call(name, media = {}) {
    const line = [...this.#lines].find((one) => one.state !== 'closed') ?? await this.#line({});
    return line.call(name, media);
  }

  /**
   * Lists a name that can be called.
   * @param {(call: Call) => void} handler  told of each call that rings: `accept()` or `reject()` it
   * @param {object} options
   * @param {string} options.name
   * @param {object} [options.meta]  more to tell everybody in the room
   * @returns {Promise<Line>}
   */
  async receiveCalls(handler, { name, meta }) {
    for (const line of this.#lines) if (!line.name) line.close();
    return this.#line({ name, meta, handler });
  }

  async #line(options) {
    const { Line } = await import('./line.js');
    const line = new Line({ ...this.#place(), onclose: (gone) => this.#lines.delete(gone) }, options);
    this.#lines.add(line);
    return line;
  }

  // What has a place of its own in the room needs to take it.
  #place() {
    return {
      url: this.#url,
      token: this.#token,
      reconnect: this.#reconnect,
      configuration: (servers) => this.#configuration(servers),
    };
  }

  /** Gives the token that the server asks for (`state` "refused"). */
  authenticate(token) {
    this.#token = token;
    this.#signaling.authenticate(token);
    for (const place of [...this.#publications, ...this.#lines]) place.authenticate(token);
  }

  /** Leaves; ends what is watched and published, and hangs up. */
  close() {
    for (const session of [...this.#sessions]) session.close();
    for (const place of [...this.#publications, ...this.#lines]) place.close();
    this.#signaling.close();
  }

  #configuration(servers) {
    return { iceServers: [...this.#ownServers, ...servers], iceTransportPolicy: this.#policy };
  }

  #find(wanted) {
    return this.streams.find(({ id, name, own, call }) => !call && (wanted === undefined ? !own : id === wanted || name === wanted));
  }

  #signalingChanged() {
    if (this.state === 'open') {
      if (!this.#signaling.greeted) this.#greet();
    } else {
      this.#isListed = false;
      this.#calls.detach();
      this.#listed.clear();
      this.#streamsChanged();
    }
    this.dispatchEvent(new Event('state'));
  }

  // All three at once: none needs the answer to the one before.
  #greet() {
    this.#signaling.send({ type: 'setProtocolVersion', version: 'v1_1' });
    this.#signaling.send({ type: 'setPeerStatus', roles: ['listener'], meta: {} });
    this.#signaling.send({ type: 'list' });
  }

  #received(message) {
    if (this.#calls.receive(message)) return;
    if (message.type === 'list') {
      this.#isListed = true;
      this.#listed.clear();
      for (const peer of message.producers ?? []) this.#list(peer.id, peer.meta);
      this.#calls.settle();
      this.#streamsChanged();
    } else if (message.type === 'peerStatusChanged') {
      if (message.roles?.includes('producer')) this.#list(message.peerId, message.meta);
      else this.#listed.delete(message.peerId);
      this.#streamsChanged();
    } else if (message.type === 'error' && !this.#calls.doubt(String(message.details ?? ''))) {
      this.#report(new RtcError('server', `The server says: ${message.details}`));
    }
  }

  #list(id, meta) {
    if (typeof id !== 'string') return;
    const names = [meta?.name, meta?.['display-name'], id];
    this.#listed.set(id, { id, name: names.find((name) => typeof name === 'string' && name), meta: meta ?? {}, call: meta?.call === true });
  }

  #streamsChanged() {
    for (const session of [...this.#sessions]) session.refresh();
    this.dispatchEvent(new Event('streams'));
  }

  #report(error) {
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }
}
