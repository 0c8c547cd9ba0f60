// The sessions of one signaling connection, from asking for one to its end. The protocol names no
// request in its replies, so they are matched by their order.

/**
 * @typedef {object} CallListener
 * @property {() => void} started           the server made the session
 * @property {(content: object) => void} received  a description or candidate
 * @property {(error?: string, lost?: boolean) => void} ended  the other side ended it, or it was
 *   refused; `lost`: the other side's way to the server broke, and media may go on
 * @property {() => void} detached          signaling is lost; media may go on
 */

/** Whether this browser makes lost packets from parity. Offers have it only for who says so: others take it for a track. */
function takesParity() {
  const codecs = globalThis.RTCRtpReceiver?.getCapabilities?.('video')?.codecs ?? [];
  return codecs.some(({ mimeType }) => mimeType.toLowerCase() === 'video/flexfec-03');
}

export class Calls {
  #send;
  #asked = [];
  #active = new Map();

  /** @param {(message: object) => boolean} send */
  constructor(send) {
    this.#send = send;
  }

  /**
   * Asks for a session with a publisher.
   * @param {string} peerId
   * @param {CallListener} listener
   * @returns {{send: (content: object) => void, end: (error?: string) => void}}
   */
  start(peerId, listener) {
    const call = { peerId, listener, sessionId: null, over: false, doubt: null };
    this.#asked.push(call);
    this.#send({ type: 'startSession', peerId, ...(takesParity() && { accepts: ['flexfec-03'] }) });
    return {
      send: (content) => {
        if (call.sessionId && !call.over) this.#send({ type: 'peer', sessionId: call.sessionId, ...content });
      },
      end: (error) => {
        if (call.over) return;
        call.over = true;
        if (call.sessionId) this.#end(call.sessionId, error);
      },
    };
  }

  /** Takes the messages that belong to sessions; says whether this was one. */
  receive(message) {
    const { type, sessionId } = message;
    if (type === 'sessionStarted') this.#started(message);
    else if (type === 'peer') this.#active.get(sessionId)?.listener.received(message);
    else if (type === 'endSession' || type === 'endSessionV1_1') this.#ended(sessionId, message.error, message.lost === true);
    else return false;
    return true;
  }

  /** An error came: what was asked for before and is not there when the list comes was refused. */
  doubt(details) {
    if (this.#asked.length === 0) return false;
    for (const call of this.#asked) call.doubt ??= details;
    this.#send({ type: 'list' });
    return true;
  }

  /** A list came. */
  settle() {
    const refused = this.#asked.filter((call) => call.doubt !== null);
    this.#asked = this.#asked.filter((call) => call.doubt === null);
    for (const call of refused) {
      if (!call.over) call.listener.ended(call.doubt);
      call.over = true;
    }
  }

  /** Signaling is lost, and with it every session the server knew. */
  detach() {
    const calls = [...this.#asked.splice(0), ...this.#active.values()];
    this.#active.clear();
    for (const call of calls) {
      if (!call.over) call.listener.detached();
      call.over = true;
    }
  }

  #started({ peerId, sessionId }) {
    const index = this.#asked.findIndex((call) => call.peerId === peerId);
    const [call] = index < 0 ? [] : this.#asked.splice(index, 1);
    if (!call || call.over) {
      this.#end(sessionId);
      return;
    }
    call.sessionId = sessionId;
    this.#active.set(sessionId, call);
    call.listener.started();
  }

  #ended(sessionId, error, lost) {
    const call = this.#active.get(sessionId);
    this.#active.delete(sessionId);
    if (!call || call.over) return;
    call.over = true;
    call.listener.ended(error, lost);
  }

  #end(sessionId, error) {
    this.#active.delete(sessionId);
    this.#send(error ? { type: 'endSessionV1_1', sessionId, error } : { type: 'endSession', sessionId });
  }
}
