// A stream being published: its own place in the room (a socket of its own, because the protocol gives
// every peer one name), and one connection for each viewer.

import { Connection } from './connection.js';
import { Data, DATA_SECTION } from './data.js';
import { RtcError } from './errors.js';
import { Signaling } from './signaling.js';
import { StatsMeter } from './stats.js';

const CONNECT_DEADLINE = 15000;
const COMES_BACK_WITHIN = 30000;

/** Someone who watches a publication. `state` is "connecting", "connected", "interrupted" or "lost". */
export class Viewer {
  #meter;

  /** @hideconstructor */
  constructor(id, connection, data, close) {
    this.id = id;
    this.connection = connection;
    /** @type {Data} messages and files, to and from this viewer */
    this.data = data;
    this.close = close;
    data.use(connection.pc);
    this.#meter = new StatsMeter(connection.pc, 'outbound-rtp');
  }

  get state() {
    return this.connection.state;
  }

  /** Statistics by their W3C names: see README.md. */
  stats() {
    return this.#meter.read();
  }
}

/**
 * One published MediaStream; made by `Room.publish()`.
 *
 * `state` is "connecting", "published", "waiting" (signaling is lost and tried again; viewers go on) or "closed".
 * Events: "state", "viewer" (detail: a Viewer that comes), "viewers" (somebody came, left or connected), "error"
 * (detail: RtcError; where the server refuses the publication, `state` is "closed" by then).
 */
export class Publication extends EventTarget {
  #configuration;
  #maxBitrate;
  #signaling;
  #viewers = new Map();
  #orphans = new Map();  // what was going on with viewers that were lost, by their ids
  #lastError = null;
  // Whoever knows it may take this publication's place: only we do, when we come back.
  #instance = crypto.getRandomValues(new Uint32Array(4)).join('-');

  /** @hideconstructor */
  constructor({ url, token, reconnect, configuration, onclose }, stream, { name, meta = {}, maxBitrate } = {}) {
    super();
    this.#configuration = configuration;
    this.#maxBitrate = maxBitrate;
    this.onclose = onclose;
    this.name = name;
    this.meta = { ...meta, name };
    /** @type {MediaStream} */
    this.stream = stream;
    this.state = 'connecting';
    this.peerId = null;
    for (const track of stream.getTracks()) track.addEventListener('ended', () => this.#trackEnded());
    this.#signaling = new Signaling({ url, token, reconnect });
    this.#signaling.addEventListener('state', () => this.#signalingChanged());
    this.#signaling.addEventListener('message', ({ detail }) => this.#received(detail));
    this.#signaling.addEventListener('error', ({ detail }) => this.#report(detail));
  }

  /** @type {Viewer[]} */
  get viewers() {
    return [...this.#viewers.values()];
  }

  authenticate(token) {
    this.#signaling.authenticate(token);
  }

  /** Ends the publication. The tracks of the MediaStream go on unless `stop` is set. */
  close({ stop = false } = {}) {
    if (this.state === 'closed') return;
    for (const [id] of this.#viewers) this.#leave(id);
    this.#signaling.close();
    if (stop) this.stream.getTracks().forEach((track) => track.stop());
    this.onclose?.(this);
    this.#set('closed');
  }

  #signalingChanged() {
    const { state } = this.#signaling;
    if (state === 'open') {
      this.#signaling.send({ type: 'setProtocolVersion', version: 'v1_1' });
      this.#signaling.send({ type: 'setPeerStatus', roles: ['producer'], meta: this.meta, instance: this.#instance });
      // No reply says that the status was taken; the list that follows does.
      this.#signaling.send({ type: 'list' });
      return;
    }
    for (const id of this.#viewers.keys()) this.#left(id, true);
    if (this.state === 'published') this.#set('waiting');
    if (state === 'closed') this.close();
  }

  #received(message) {
    const { type, sessionId } = message;
    if (type === 'welcome') this.peerId = message.peerId;
    else if (type === 'startSession') this.#join(message);
    else if (type === 'peer') this.#viewers.get(sessionId)?.connection.receive(message);
    else if (type === 'endSession' || type === 'endSessionV1_1') this.#left(sessionId, message.lost === true);
    else if (type === 'list') this.#listed(message.producers ?? []);
    else if (type === 'error') this.#refused(message);
  }

  #listed(producers) {
    if (producers.some(({ id }) => id === this.peerId)) this.#set('published');
    else if (this.state !== 'published') {
      this.#giveUp(new RtcError('publish-refused',
        `The server does not list “${this.name}”${this.#lastError ? `: ${this.#lastError}` : ''}.`, 'Try another name.'));
    }
  }

  #refused({ details, code }) {
    this.#lastError = String(details ?? '');
    if (code === 'name-taken') {
      this.#giveUp(new RtcError('name-taken', `Somebody else publishes “${this.name}” in this room.`, 'Choose another name.'));
    } else if (this.state === 'published') {
      this.#report(new RtcError('server', `The server says: ${this.#lastError}`));
    }
  }

  #join({ sessionId, peerId, offer }) {
    const connection = new Connection(this.#configuration(this.#signaling.iceServers));
    const deadline = setTimeout(() => this.#leave(sessionId, 'no media path was found'), CONNECT_DEADLINE);
    const viewer = new Viewer(peerId, connection, this.#dataOf(peerId), (error) => this.#leave(sessionId, error));
    viewer.deadline = deadline;
    this.#viewers.set(sessionId, viewer);
    connection.attach((content) => this.#signaling.send({ type: 'peer', sessionId, ...content }));
    connection.addEventListener('state', () => {
      clearTimeout(deadline);
      if (connection.state === 'lost') this.#leave(sessionId, 'the connection was lost');
      else this.dispatchEvent(new Event('viewers'));
    });
    connection.addEventListener('error', ({ detail }) => this.#leave(sessionId, detail.message));
    this.#addContent(connection.pc, Boolean(offer));
    this.dispatchEvent(new CustomEvent('viewer', { detail: viewer }));
    if (offer) connection.receive({ sdp: { type: 'offer', sdp: offer } });
    else connection.offer();
    this.dispatchEvent(new Event('viewers'));
  }

  #addContent(pc, answering) {
    if (!answering) pc.createDataChannel('', DATA_SECTION);
    for (const track of this.stream.getTracks()) {
      const sendEncodings = track.kind === 'video' && this.#maxBitrate ? [{ maxBitrate: this.#maxBitrate }] : undefined;
      if (answering) pc.addTrack(track, this.stream);
      else pc.addTransceiver(track, { direction: 'sendonly', streams: [this.stream], ...(sendEncodings && { sendEncodings }) });
    }
  }

  // A viewer that heals its connection comes again before or after the old one ends: what it sends goes on.
  #dataOf(peerId) {
    const data = new Data((id) => {
      for (const other of [...this.viewers.map((viewer) => viewer.data), ...this.#orphans.values()]) {
        const transfer = other.release(id);
        if (transfer) return transfer;
      }
      return undefined;
    });
    const orphan = this.#orphans.get(peerId);
    this.#orphans.delete(peerId);
    if (orphan) data.adopt(orphan);
    return data;
  }

  // And what it is sent does.
  #bequeath({ id, data }, isLost) {
    const heir = this.viewers.findLast((viewer) => viewer.id === id);
    if (heir) heir.data.adopt(data);
    else if (!isLost || this.state === 'closed') data.close();
    else {
      data.use(null);
      this.#orphans.set(id, data);
      setTimeout(() => {
        if (this.#orphans.get(id) === data) this.#orphans.delete(id);
        data.close();
      }, COMES_BACK_WITHIN);
    }
  }

  // A viewer that is lost to the server may well be watching: it stays as long as its connection does.
  #left(sessionId, lost) {
    const viewer = this.#viewers.get(sessionId);
    if (!viewer) return;
    viewer.detached = true;
    viewer.connection.attach(null);
    if (!lost) this.#leave(sessionId);
  }

  #leave(sessionId, error) {
    const viewer = this.#viewers.get(sessionId);
    if (!viewer) return;
    this.#viewers.delete(sessionId);
    clearTimeout(viewer.deadline);
    this.#bequeath(viewer, Boolean(error));
    viewer.connection.close();
    if (!viewer.detached) this.#signaling.send(error ? { type: 'endSessionV1_1', sessionId, error } : { type: 'endSession', sessionId });
    this.dispatchEvent(new Event('viewers'));
  }

  #trackEnded() {
    if (this.stream.getTracks().every((track) => track.readyState === 'ended')) this.close();
  }

  #giveUp(error) {
    this.close();
    this.#report(error);
  }

  #report(error) {
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }

  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}
