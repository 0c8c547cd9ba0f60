// Where calls go out and come in: a place of its own in the room, as a publication has one. With a name it is listed
// there, and can be called.

import { Call } from './call.js';
import { Calls } from './calls.js';
import { RtcError } from './errors.js';
import { Signaling } from './signaling.js';

/**
 * Made by `Room.receiveCalls()`.
 *
 * `state` is "connecting", "ready" (calls come), "waiting" (signaling is lost and tried again; calls go on) or
 * "closed". Events: "state", "error" (detail: RtcError; where the server refuses the name, `state` is "closed").
 */
export class Line extends EventTarget {
  #signaling;
  #sessions;
  #handler;
  #iceConfiguration;
  #onclose;
  #calls = new Set();
  #incoming = new Map();  // by session: {call, seat}
  #peers = new Map();     // who can be called, by id: their names
  #meta;
  #refusal = null;
  #listed;
  // Whoever knows it may take this line's place: only we do, when we come back.
  #instance = crypto.getRandomValues(new Uint32Array(4)).join('-');

  /** @hideconstructor */
  constructor({ url, token, reconnect, configuration, onclose }, { name = null, meta = {}, handler = null } = {}) {
    super();
    this.name = name;
    this.state = 'connecting';
    this.peerId = null;
    this.#meta = name ? { ...meta, name, call: true } : {};
    this.#handler = handler;
    this.#iceConfiguration = configuration;
    this.#onclose = onclose;
    /** Fulfilled when it is known who can be called. */
    this.listed = new Promise((resolve) => { this.#listed = resolve; });
    this.#signaling = new Signaling({ url, token, reconnect });
    this.#sessions = new Calls((message) => this.#signaling.send(message));
    this.#signaling.addEventListener('state', () => this.#signalingChanged());
    this.#signaling.addEventListener('message', ({ detail }) => this.#received(detail));
    this.#signaling.addEventListener('error', ({ detail }) => this.#report(detail));
  }

  /** @type {Call[]} that are not over */
  get calls() {
    return [...this.#calls];
  }

  get isOpen() {
    return this.#signaling.state === 'open';
  }

  authenticate(token) {
    this.#signaling.authenticate(token);
  }

  /** Calls somebody; told by the events of the call. Who rings here meanwhile is answered instead. */
  call(name, media) {
    const ringing = this.calls.find((call) => call.direction === 'in' && call.state === 'ringing' && [call.name, call.peerId].includes(name));
    if (ringing) {
      ringing.accept(media);
      return ringing;
    }
    const call = new Call(this, { direction: 'out', name });
    this.#calls.add(call);
    call.start(media);
    return call;
  }

  /** Nobody can call any more; hangs up. */
  close() {
    if (this.state === 'closed') return;
    for (const call of this.calls) call.hangUp();
    this.#signaling.close();
    this.#listed();
    this.#onclose?.(this);
    this.#set('closed');
  }

  // The rest is for Call.

  configuration() {
    return this.#iceConfiguration(this.#signaling.iceServers);
  }

  find(nameOrId) {
    const id = this.#peers.has(nameOrId) ? nameOrId : [...this.#peers].find(([, name]) => name === nameOrId)?.[0];
    return id === undefined || id === this.peerId ? null : { id };
  }

  ask(call, peerId) {
    const seat = {};
    Object.assign(seat, this.#sessions.start(peerId, {
      started: () => call.sessionStarted(),
      received: (content) => call.received(seat, content),
      ended: (error, lost) => (lost ? call.sessionLost(seat) : call.sessionEnded(seat, error)),
      detached: () => call.sessionLost(seat),
    }));
    return seat;
  }

  forget(call) {
    this.#calls.delete(call);
  }

  #signalingChanged() {
    const { state } = this.#signaling;
    if (state === 'open') {
      this.#signaling.send({ type: 'setProtocolVersion', version: 'v1_1' });
      this.#signaling.send({ type: 'setPeerStatus', roles: this.name ? ['producer', 'listener'] : ['listener'], meta: this.#meta,
        ...(this.name && { instance: this.#instance }) });
      this.#signaling.send({ type: 'list' });
      return;
    }
    this.#peers.clear();
    this.#sessions.detach();
    for (const { call, seat } of this.#incoming.values()) call.sessionLost(seat);
    this.#incoming.clear();
    if (this.state === 'ready') this.#set('waiting');
    if (state === 'closed') this.close();
  }

  #received(message) {
    const { type, sessionId } = message;
    const incoming = this.#incoming.get(sessionId);
    if (type === 'welcome') this.peerId = message.peerId;
    else if (type === 'startSession') this.#called(message);
    else if (incoming && type === 'peer') incoming.call.received(incoming.seat, message);
    else if (incoming && type.startsWith('endSession')) {
      this.#incoming.delete(sessionId);
      if (message.lost === true) incoming.call.sessionLost(incoming.seat);
      else incoming.call.sessionEnded(incoming.seat, message.error);
    } else if (type === 'list') this.#take(message.producers ?? []);
    else if (type === 'peerStatusChanged') this.#peerChanged(message);
    else if (type === 'error') this.#refused(message);
    else this.#sessions.receive(message);
  }

  #take(producers) {
    this.#peers.clear();
    for (const { id, meta } of producers) this.#know(id, meta);
    this.#sessions.settle();
    if (!this.name || producers.some(({ id }) => id === this.peerId)) this.#set('ready');
    else if (this.state !== 'ready') this.#giveUp(new RtcError('call-refused', `The server does not list “${this.name}”${this.#refusal ? `: ${this.#refusal}` : ''}.`, 'Try another name.'));
    this.#listed();
    for (const call of this.calls) call.refresh();
  }

  #peerChanged({ peerId, roles, meta }) {
    if (roles?.includes('producer')) this.#know(peerId, meta);
    else this.#peers.delete(peerId);
    for (const call of this.calls) call.refresh();
  }

  #know(id, meta) {
    if (typeof id === 'string' && meta?.call === true) this.#peers.set(id, typeof meta.name === 'string' && meta.name ? meta.name : id);
  }

  #called({ sessionId, peerId }) {
    const name = this.#peers.get(peerId);
    const seat = {
      send: (content) => this.#incoming.has(sessionId) && this.#signaling.send({ type: 'peer', sessionId, ...content }),
      end: (error) => {
        if (this.#incoming.delete(sessionId)) this.#signaling.send(error ? { type: 'endSessionV1_1', sessionId, error } : { type: 'endSession', sessionId });
      },
    };
    const isSame = (call) => call.peerId === peerId || (name !== undefined && call.name === name);
    const again = this.calls.find((call) => call.awaitsCaller && isSame(call));
    const crossing = this.calls.find((call) => call.isAsking && isSame(call));
    const call = again ?? crossing ?? new Call(this, { direction: 'in', name: name ?? peerId, peerId });
    this.#incoming.set(sessionId, { call, seat });
    if (again) again.take(seat, peerId);
    // Of two that call one another, the call of the lesser id counts.
    else if (crossing && crossing.isAsked && this.peerId < peerId) seat.end();
    else if (crossing) crossing.take(seat, peerId);
    else this.#ring(call, seat);
  }

  #ring(call, seat) {
    this.#calls.add(call);
    call.ring(seat);
    this.#handler(call);
  }

  #refused({ details, code }) {
    this.#refusal = String(details ?? '');
    if (code === 'name-taken') {
      this.#giveUp(new RtcError('name-taken', `Somebody else is called “${this.name}” in this room.`, 'Choose another name.'));
    } else if (!this.#sessions.doubt(this.#refusal) && this.state === 'ready') {
      this.#report(new RtcError('server', `The server says: ${this.#refusal}`));
    }
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
