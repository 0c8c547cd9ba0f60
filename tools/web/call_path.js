// One connection of a call, and the signaling session that carries it. Either side may offer at any time: this is
// the perfect negotiation of the W3C's WebRTC (section 10.7). Who called is polite: it takes its own offer back
// when both cross.

import { Connection } from './connection.js';

export class CallPath extends EventTarget {
  #polite;
  #seat;
  #prepare;
  #makingOffer = false;
  #answerPending = false;
  #ignoresOffer = false;

  /**
   * Events: those of a Connection, and "negotiated" (what both sides send and take is settled again).
   * @param {RTCConfiguration} configuration
   * @param {object} options
   * @param {boolean} options.polite
   * @param {{send: function(object), end: function(string=)}} options.seat
   * @param {(pc: RTCPeerConnection, isFirst: boolean) => void} options.prepare  before an offer is answered
   */
  constructor(configuration, { polite, seat, prepare }) {
    super();
    this.#polite = polite;
    this.#seat = seat;
    this.#prepare = prepare;
    /** @type {MediaStream} what the other side sends */
    this.stream = new MediaStream();
    this.connection = new Connection(configuration);
    this.connection.attach((content) => this.#seat?.send(content));
    for (const type of ['state', 'error', 'track']) {
      this.connection.addEventListener(type, ({ detail }) => this.#tell(type, detail));
    }
    this.pc.addEventListener('negotiationneeded', () => this.#attempt(() => this.#offer()));
    this.pc.addEventListener('signalingstatechange', () => {
      if (this.pc.signalingState === 'stable') this.#tell('negotiated');
    });
  }

  get pc() {
    return this.connection.pc;
  }

  get state() {
    return this.connection.state;
  }

  /** Whether the other side can be reached by signaling. */
  get signaled() {
    return this.#seat !== null;
  }

  /** A description or candidate of the other side. */
  receive({ sdp, ice }) {
    if (sdp) this.#attempt(() => this.#describe(sdp));
    else if (ice) this.pc.addIceCandidate(ice).catch((error) => this.#ignoresOffer || console.debug('candidate not used:', error.message));
  }

  /** The signaling session is gone; the media may go on. */
  detach() {
    this.#seat = null;
  }

  end(error) {
    this.#seat?.end(error);
    this.#seat = null;
    this.connection.close();
  }

  async #attempt(step) {
    try {
      await step();
    } catch (error) {
      if (this.pc.signalingState !== 'closed') this.#tell('error', error);
    }
  }

  async #offer() {
    try {
      this.#makingOffer = true;
      await this.pc.setLocalDescription();
      this.#say();
    } finally {
      this.#makingOffer = false;
    }
  }

  async #describe(description) {
    const { pc } = this;
    const isOffer = description.type === 'offer';
    const isReady = !this.#makingOffer && (pc.signalingState === 'stable' || this.#answerPending);
    this.#ignoresOffer = isOffer && !isReady && !this.#polite;
    if (this.#ignoresOffer) return;
    const isFirst = pc.remoteDescription === null;
    try {
      this.#answerPending = !isOffer;
      await pc.setRemoteDescription(description);
    } finally {
      this.#answerPending = false;
    }
    this.connection.watchTransports();
    if (!isOffer) return;
    this.#prepare(pc, isFirst);
    await pc.setLocalDescription();
    this.#say();
  }

  #say() {
    const { type, sdp } = this.pc.localDescription;
    this.#seat?.send({ sdp: { type, sdp } });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
