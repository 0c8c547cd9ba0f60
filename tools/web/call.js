// One call: both sides send and receive. The call outlives its connections: when a path is lost, who called calls
// again, and the call goes on over the new path.

import { localMedia } from './call_media.js';
import { CallPath } from './call_path.js';
import { Data, DATA_SECTION } from './data.js';
import { RtcError } from './errors.js';

const PATIENCE = 60000;        // with somebody who does not answer
const CONNECT_DEADLINE = 15000;
const GOODBYE_GRACE = 400;     // the goodbye over signaling explains a connection that closed
const INTERRUPTED_FOR = 5000;  // before another path is tried
const LOST_FOR = 30000;
const RETRY_AFTER = 1000;

/**
 * Made by `Room.call()`, or told to the handler of `Room.receiveCalls()`.
 *
 * `direction` is "out" or "in"; `name` of the other side. `state` is one of "calling", "ringing" (there, or here:
 * then `accept()` or `reject()`), "connecting", "connected", "interrupted" and "ended". Then `reason` is "hung-up",
 * "rejected", "busy", "not-found", "no-answer", "canceled", "media" (camera or microphone could not be had), "lost"
 * or "failed", and `error` an RtcError where something went wrong.
 *
 * Events: "state", and "ringing", "connected", "ended" (detail: {reason, error}) for these states; "track" (detail:
 * RTCTrackEvent); "stream" (`stream` is another MediaStream now); "hold" (`heldByOther` changed); "local" (what we
 * send changed).
 */
export class Call extends EventTarget {
  #line;
  #path = null;
  #next = null;  // the path that is to take its place
  #seat = null;  // of a session that has no path yet
  #opened = Promise.resolve();
  #timer = 0;
  #again = 0;
  #owned = false;
  #answered = false;
  #role;

  /** @hideconstructor */
  constructor(line, { direction, name, peerId = null }) {
    super();
    this.#line = line;
    this.#role = direction;
    this.direction = direction;
    this.name = name;
    this.peerId = peerId;
    this.state = direction === 'out' ? 'calling' : 'ringing';
    this.reason = null;
    /** @type {RtcError|null} */
    this.error = null;
    /** @type {MediaStream|null} what the other side sends */
    this.stream = null;
    /** @type {MediaStream} what we send */
    this.local = new MediaStream();
    /** @type {Data} messages and files */
    this.data = new Data();
    this.held = false;
    this.heldByOther = false;
  }

  get isOver() {
    return this.state === 'ended';
  }

  /** The RTCPeerConnection of the moment, for what this class does not offer. */
  get peerConnection() {
    return this.#path?.pc ?? null;
  }

  /** Called by Line: whether it calls, and nobody has answered yet. */
  get isAsking() {
    return this.#role === 'out' && !this.#answered && !this.isOver;
  }

  /** Called by Line: whether the other side was told of it. */
  get isAsked() {
    return this.#seat !== null;
  }

  /** Called by Line: whoever has called before comes again, over another path. */
  get awaitsCaller() {
    return this.#role === 'in' && this.#answered && !this.isOver;
  }

  /**
   * Takes a call.
   * @param {{audio?: boolean|MediaTrackConstraints, video?: boolean|MediaTrackConstraints, stream?: MediaStream}} [media]
   *   what to send; default: the microphone
   */
  async accept(media = {}) {
    if (this.#role !== 'in' || this.state !== 'ringing' || this.#answered) return;
    this.#answered = true;
    this.#set('connecting');
    this.#opened = this.#open(media);
    await this.#opened;
    if (!this.isOver) this.#offer(this.#seat);
  }

  /** Does not take it; `reason` "busy" says that there is another one. */
  reject(reason = 'rejected') {
    if (this.#role === 'in' && this.state === 'ringing') this.#end(reason, reason);
  }

  hangUp() {
    this.#end(this.#answered ? 'hung-up' : 'canceled');
  }

  /** Neither sends nor receives, until it is called with `false`. */
  hold(held = true) {
    this.held = held;
    for (const path of [this.#path, this.#next]) if (path) this.#applyHold(path.pc);
  }

  /** Sends silence, or black pictures; nobody is asked. */
  mute(kind, muted = true) {
    for (const track of this.local.getTracks()) if (track.kind === kind) track.enabled = !muted;
  }

  /** Sends another track, for example a camera in a call that had sound only. */
  addTrack(track) {
    this.local.addTrack(track);
    for (const path of [this.#path, this.#next]) {
      // Before the first description the tracks that there are then are taken.
      if (!path || (!path.pc.remoteDescription && !path.pc.localDescription)) continue;
      path.pc.addTrack(track, this.local);
      this.#applyHold(path.pc);
    }
    this.dispatchEvent(new Event('local'));
  }

  removeTrack(track) {
    this.local.removeTrack(track);
    for (const path of [this.#path, this.#next]) {
      const sender = path?.pc.getSenders().find((one) => one.track === track);
      if (sender) path.pc.removeTrack(sender);
    }
    this.dispatchEvent(new Event('local'));
  }

  /** Called by Line: calls. */
  async start(media) {
    this.#opened = this.#open(media);
    await this.#opened;
    await this.#line.listed;
    if (this.isOver || this.#answered) return;
    const peer = this.#line.find(this.name);
    if (peer) this.#ask(peer.id, PATIENCE, () => this.#fail('no-answer', new RtcError('no-answer', `${this.name} does not answer.`, 'Call again later.')));
    else this.#fail('not-found', new RtcError('not-found', `Nobody named “${this.name}” takes calls in this room.`, 'See that the name is right and that they are reachable.'));
  }

  /** Called by Line: the other side's call, which crossed ours, is the one that counts, or calls again. */
  async take(seat, peerId) {
    this.peerId = peerId;
    const first = !this.#answered;
    this.#answered = true;
    this.#role = 'in';
    if (first) this.#seat?.end();
    this.#seat = null;
    if (first) this.#set('connecting');
    await this.#opened;
    if (this.isOver) seat.end();
    else this.#offer(seat);
  }

  /** Called by Line: a call that rings here. */
  ring(seat) {
    this.#seat = seat;
    this.#wait(PATIENCE, () => this.#fail('no-answer'));
  }

  /** Called by Line: what comes over the signaling session of `seat`. Who called gets an offer first. */
  received(seat, content) {
    if (seat !== this.#seat) {
      this.#pathOf(seat)?.receive(content);
    } else if (content.sdp?.type === 'offer') {
      this.#seat = null;
      this.#answered = true;
      if (!this.#path) this.#set('connecting');
      this.#make(seat, true).receive(content);
    }
  }

  /** Called by Line: the other side ended the session, or it was refused. */
  sessionEnded(seat, error) {
    const path = this.#pathOf(seat);
    if (seat === this.#seat) this.#refused(error);
    else if (path && path === this.#next) this.#nextEnded();
    else if (path && this.#next) {
      path.isEnded = true;  // for the other one, as it seems
      path.detach();
    } else if (path && error) this.#fail('failed', new RtcError('ended-by-peer', `${this.name} ended the call: ${error}`, 'Call again.'));
    else if (path) this.#end('hung-up');
  }

  /** Called by Line: signaling is lost, here or there; what is connected goes on. */
  sessionLost(seat) {
    const path = this.#pathOf(seat);
    if (seat === this.#seat && !this.#path) this.#fail('lost', this.#lostError());
    else if (seat === this.#seat || (path && path === this.#next)) this.#dropNext();
    else if (path) {
      path.detach();
      if (path.state !== 'connected') this.#lost();
    }
  }

  /** Called by Line: who is there, or signaling, changed. */
  refresh() {
    const path = this.#path;
    if (this.#role !== 'out' || !path || this.#next || this.#seat || this.isOver) return;
    if (path.signaled && path.state === 'connected') return;
    const peer = this.#line.isOpen && this.#line.find(this.name);
    if (peer) this.#ask(peer.id, CONNECT_DEADLINE, () => this.#dropNext());
  }

  async #open(media) {
    try {
      this.local = await localMedia(media);
      this.#owned = !media.stream;
      if (this.isOver) this.#stopOwn();
      else this.dispatchEvent(new Event('local'));
    } catch (error) {
      this.#fail('media', error);
    }
  }

  #ask(peerId, patience, over) {
    this.peerId = peerId;
    this.#seat = this.#line.ask(this, peerId);
    if (this.#path) this.#again = setTimeout(over, patience);
    else this.#wait(patience, over);
  }

  /** Called by Line: the server has asked the other side. */
  sessionStarted() {
    if (this.state === 'calling') this.#set('ringing');
  }

  // Who was called: the first offer, with all there is.
  #offer(seat) {
    this.#seat = null;
    const path = this.#make(seat, false);
    for (const track of this.local.getTracks()) path.pc.addTrack(track, this.local);
    path.pc.createDataChannel('', DATA_SECTION);
    this.#applyHold(path.pc);
  }

  #make(seat, polite) {
    const path = new CallPath(this.#line.configuration(), {
      polite,
      seat,
      prepare: (pc, isFirst) => {
        if (isFirst) for (const track of this.local.getTracks()) pc.addTrack(track, this.local);
        if (this.held) this.#applyHold(pc);
      },
    });
    path.seat = seat;
    this.data.follow(path.pc);
    path.addEventListener('state', () => this.#pathChanged(path));
    path.addEventListener('negotiated', () => path === this.#path && this.#lookForHold(path.pc));
    path.addEventListener('track', ({ detail }) => {
      path.stream.addTrack(detail.track);
      if (path === this.#path) this.dispatchEvent(new CustomEvent('track', { detail }));
    });
    path.addEventListener('error', ({ detail }) => (path === this.#next ? this.#dropNext() : this.#fail('failed',
      new RtcError('negotiation-failed', `The description from ${this.name} was not understood: ${detail.message}`, '', detail))));
    if (this.#path) {
      this.#dropNext();
      this.#next = path;
      this.#again = setTimeout(() => this.#dropNext(), CONNECT_DEADLINE);
    } else {
      this.#use(path);
      this.#wait(CONNECT_DEADLINE, () => this.#fail('failed', new RtcError('connection-failed',
        `No path to ${this.name} was found.`, 'A firewall may be in between: give the server a TURN server, or allow UDP.')));
    }
    return path;
  }

  #use(path) {
    const old = this.#path;
    this.#path = path;
    if (path === this.#next) this.#next = null;
    clearTimeout(this.#again);
    this.stream = path.stream;
    this.data.use(path.pc);
    this.dispatchEvent(new Event('stream'));
    old?.end();
  }

  #pathChanged(path) {
    if (path === this.#next) {
      if (path.state === 'connected') this.#use(path);
      else if (path.state === 'lost') this.#dropNext();
    }
    if (path !== this.#path || this.isOver) return;
    if (path.state === 'connected') {
      clearTimeout(this.#timer);
      this.#set('connected');
    } else {
      this.#lost();
    }
  }

  // Who called calls again; who was called waits for that.
  #lost() {
    if (this.state !== 'interrupted') this.#wait(LOST_FOR, () => this.#fail('lost', this.#lostError()));
    this.#set('interrupted');
    const pause = this.#path.state === 'lost' ? GOODBYE_GRACE : INTERRUPTED_FOR;
    const path = this.#path;
    setTimeout(() => path === this.#path && path.state !== 'connected' && this.refresh(), pause);
  }

  // Another path did not come about: it is tried again as long as there is none.
  #dropNext() {
    clearTimeout(this.#again);
    const [next, seat] = [this.#next, this.#seat];
    this.#next = this.#seat = null;
    next?.end();
    seat?.end();
    if (this.state === 'interrupted') this.#again = setTimeout(() => this.refresh(), RETRY_AFTER);
  }

  #nextEnded() {
    this.#dropNext();
    if (this.#path.isEnded) this.#end('hung-up');
  }

  #pathOf(seat) {
    return [this.#path, this.#next].find((path) => path?.seat === seat);
  }

  #refused(error) {
    if (this.#path) this.#dropNext();
    else if (this.#role === 'in') this.#fail('canceled');
    else if (error === 'busy') this.#fail('busy', new RtcError('busy', `${this.name} is in another call.`, 'Call again later.'));
    else this.#fail('rejected', new RtcError('rejected', `${this.name} does not take the call${error && error !== 'rejected' ? `: ${error}` : ''}.`, 'Call again later.'));
  }

  #lostError() {
    return new RtcError('path-lost', `The connection to ${this.name} was lost.`, 'Call again.');
  }

  #applyHold(pc) {
    if (!pc) return;
    for (const transceiver of pc.getTransceivers()) {
      if (transceiver.currentDirection === 'stopped' || transceiver.direction === 'stopped') continue;
      const direction = this.held ? 'inactive' : transceiver.sender.track ? 'sendrecv' : 'recvonly';
      if (transceiver.direction !== direction) transceiver.direction = direction;
    }
  }

  #lookForHold(pc) {
    const live = pc.getTransceivers().filter(({ currentDirection }) => currentDirection && currentDirection !== 'stopped');
    const sends = live.some(({ direction }) => direction.startsWith('send'));
    const heldByOther = this.held ? this.heldByOther
      : sends && live.every(({ currentDirection }) => !currentDirection.startsWith('send'));
    if (heldByOther === this.heldByOther) return;
    this.heldByOther = heldByOther;
    this.dispatchEvent(new Event('hold'));
  }

  #wait(milliseconds, over) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(over, milliseconds);
  }

  #fail(reason, error = null) {
    this.error = error;
    this.#end(reason, reason === 'no-answer' ? 'no answer' : error?.message);
  }

  #end(reason, words) {
    if (this.isOver) return;
    this.reason = reason;
    for (const timer of [this.#timer, this.#again]) clearTimeout(timer);
    for (const way of [this.#seat, this.#next, this.#path]) way?.end(words);
    this.#seat = this.#next = null;
    this.data.close();
    this.#stopOwn();
    this.#line.forget(this);
    this.#set('ended');
  }

  #stopOwn() {
    if (this.#owned) this.local.getTracks().forEach((track) => track.stop());
  }

  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
    const { reason, error } = this;
    if (['ringing', 'connected', 'ended'].includes(state)) this.dispatchEvent(new CustomEvent(state, { detail: { reason, error } }));
  }
}
