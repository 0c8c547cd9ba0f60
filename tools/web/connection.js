// One RTCPeerConnection with one remote peer: descriptions and candidates go in and out in order,
// and what became of the path is told in four words.

import { answerInStereo } from './sdp.js';

/**
 * States: "connecting", "connected", "interrupted" (no path for the moment), "lost" (for good).
 * Events: "state", "track" (detail: RTCTrackEvent), "error" (detail: Error; the connection is of no use any more).
 */
export class Connection extends EventTarget {
  #send = null;
  #early = [];
  #work = Promise.resolve();
  #transports = new WeakSet();
  #closed = false;

  /** @param {RTCConfiguration} configuration */
  constructor(configuration) {
    super();
    this.state = 'connecting';
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...configuration });
    this.pc.ontrack = (event) => this.dispatchEvent(new CustomEvent('track', { detail: event }));
    this.pc.onconnectionstatechange = () => this.#pathChanged();
    this.pc.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return;
      const { sdpMid, sdpMLineIndex } = candidate;
      this.#send?.({ ice: { candidate: candidate.candidate, sdpMid, sdpMLineIndex: sdpMLineIndex ?? 0 } });
    };
  }

  /** From now on descriptions and candidates go to `send`; null when the signaling session is gone. */
  attach(send) {
    this.#send = send;
  }

  /** Servers that became known after the connection was made, before it gathers. */
  useIceServers(iceServers) {
    try {
      this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers });
    } catch {
      // A server this browser does not understand is not worth the session.
    }
  }

  /** A description or candidate from the other side. */
  receive({ sdp, ice }) {
    if (sdp?.type === 'offer') this.#queue(() => this.#answer(sdp));
    else if (sdp?.type === 'answer') this.#queue(() => this.#accept(sdp));
    else if (ice) this.#queue(() => this.#addCandidate(ice));
  }

  /** Offers our tracks. */
  offer() {
    this.#queue(async () => {
      await this.pc.setLocalDescription();
      this.#describe(this.pc.localDescription);
    });
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.state = 'lost';
    this.#send = null;
    this.pc.ontrack = this.pc.onicecandidate = this.pc.onconnectionstatechange = null;
    this.pc.close();
  }

  #queue(step) {
    this.#work = this.#work.then(async () => {
      if (this.state !== 'lost') await step();
    }).catch((error) => {
      if (this.state !== 'lost') this.dispatchEvent(new CustomEvent('error', { detail: error }));
    });
  }

  async #answer(offer) {
    await this.#accept(offer);
    const answer = await this.pc.createAnswer();
    const sdp = answerInStereo(offer.sdp, answer.sdp);
    await this.pc.setLocalDescription({ type: 'answer', sdp });
    this.#describe({ type: 'answer', sdp });
  }

  async #accept(description) {
    await this.pc.setRemoteDescription(description);
    this.#watchTransports();
    await Promise.all(this.#early.splice(0).map((ice) => this.#addCandidate(ice)));
  }

  // A candidate that is of no use (a name that does not resolve, a protocol not supported) is no
  // reason to end: others follow.
  async #addCandidate(ice) {
    if (!this.pc.remoteDescription) this.#early.push(ice);
    else await this.pc.addIceCandidate(ice).catch((error) => console.debug('candidate not used:', error.message));
  }

  #describe({ type, sdp }) {
    this.#send?.({ sdp: { type, sdp } });
  }

  // connectionState says nothing of a DTLS goodbye; the transport does.
  #watchTransports() {
    for (const { sender, receiver } of this.pc.getTransceivers()) {
      const transport = receiver.transport ?? sender.transport;
      if (!transport || this.#transports.has(transport)) continue;
      this.#transports.add(transport);
      transport.addEventListener('statechange', () => {
        if (transport.state === 'closed' || transport.state === 'failed') this.#set('lost');
      });
    }
  }

  #pathChanged() {
    const state = { connected: 'connected', disconnected: 'interrupted', failed: 'lost', closed: 'lost' }[this.pc.connectionState];
    if (state) this.#set(state);
  }

  #set(state) {
    if (this.state === 'lost' || this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}
