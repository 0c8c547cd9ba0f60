// One RTCPeerConnection with one remote peer: descriptions and candidates go in and out in order,
// and what became of the path is told in four words.

import { answerInStereo } from './sdp.js';

// A server that this browser does not understand is not worth the connection.
function peerConnection(configuration) {
  try {
    return new RTCPeerConnection(configuration);
  } catch (error) {
    const { iceServers = [] } = configuration;
    const usable = iceServers.filter((server) => {
      try {
        new RTCPeerConnection({ iceServers: [server] }).close();
        return true;
      } catch (cause) {
        console.warn(`ICE server not used: ${[server?.urls].flat().join(' ')}: ${cause.message}`);
        return false;
      }
    });
    if (usable.length === iceServers.length) throw error;
    return new RTCPeerConnection({ ...configuration, iceServers: usable });
  }
}

/**
 * States: "connecting", "connected", "interrupted" (no path for the moment), "lost" (for good).
 * Events: "state", "track" (detail: RTCTrackEvent), "channel" (detail: RTCDataChannel of the other side), "error" (detail: Error; the connection is of no use any more).
 */
export class Connection extends EventTarget {
  #send = null;
  #early = [];
  #work = Promise.resolve();
  #transports = new WeakSet();
  #closed = false;
  #iceServers;

  /** @param {RTCConfiguration} configuration */
  constructor(configuration) {
    super();
    this.state = 'connecting';
    this.#iceServers = JSON.stringify(configuration.iceServers ?? []);
    this.pc = peerConnection({ bundlePolicy: 'max-bundle', ...configuration });
    this.pc.ontrack = (event) => this.dispatchEvent(new CustomEvent('track', { detail: event }));
    this.pc.addEventListener('datachannel', ({ channel }) => this.dispatchEvent(new CustomEvent('channel', { detail: channel })));
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

  /** Takes servers that became known after it was made, before it gathers; says whether it could. */
  useIceServers(iceServers) {
    const text = JSON.stringify(iceServers);
    if (text === this.#iceServers) return true;
    try {
      this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers });
      this.#iceServers = text;
      return true;
    } catch {
      return false;
    }
  }

  /**
   * What came so far: `heard` grows with anything at all, ICE checks included; `packets` and `frames`
   * (decoded) with media; `video` where there is a picture among it.
   */
  async flow() {
    const flow = { heard: 0, packets: 0, frames: 0, video: false };
    for (const stats of (await this.pc.getStats()).values()) {
      if (stats.type === 'transport') flow.heard += stats.bytesReceived ?? 0;
      if (stats.type === 'candidate-pair') flow.heard += (stats.responsesReceived ?? 0) + (stats.requestsReceived ?? 0);
      if (stats.type !== 'inbound-rtp') continue;
      flow.heard += stats.bytesReceived ?? 0;
      flow.packets += stats.packetsReceived ?? 0;
      flow.frames += stats.framesDecoded ?? 0;
      flow.video ||= stats.kind === 'video';
    }
    return flow;
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
    this.watchTransports();
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

  /**
   * To be called after each description: connectionState says nothing of a DTLS goodbye; the transport does.
   */
  watchTransports() {
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
