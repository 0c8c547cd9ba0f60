// A channel for messages with one other side. It has a label, and outlives the connections: RTCDataChannels of
// that label come and go under it.

import { RtcError } from './errors.js';

// What the browser may hold: the next message waits until less is left.
const HIGH_WATER = 1048576;
const MOST_EARLY = 256;

export const refusedError = () => new RtcError('data-refused', 'The other side takes no messages and no files.',
  'A publisher takes them if it has a data channel: give its rtcsink a data pad.');

export const closedError = () => new RtcError('data-closed', 'There is nobody to send to any more.', 'Connect again.');

/**
 * `state` is "waiting" (for a connection, or for somebody to use it), "open" or "closed".
 * Events: "message" (detail: string or ArrayBuffer; the last 256 that came before anybody listened are kept); "state".
 */
export class Channel extends EventTarget {
  #open;
  #wires = [];  // {wire, pc}: RTCDataChannels; the last one of the connection in use is spoken over
  #pc = null;
  #work = Promise.resolve();
  #stopped = null;
  #changed = null;
  #early = [];  // messages, as long as nobody listens; then null

  /**
   * @hideconstructor
   * @param {string} label
   * @param {string} protocol
   * @param {() => void} open  makes another RTCDataChannel of the same kind, and binds it, if it can now
   */
  constructor(label, protocol, open) {
    super();
    this.label = label;
    this.protocol = protocol;
    this.state = 'waiting';
    this.#open = open;
  }

  addEventListener(type, ...rest) {
    super.addEventListener(type, ...rest);
    if (type !== 'message' || !this.#early) return;
    const early = this.#early;
    this.#early = null;
    for (const data of early) this.#received(data);
  }

  /**
   * Sends a message. It waits for a connection, and until the browser has little left to send.
   * @param {string|ArrayBuffer|ArrayBufferView|Blob} message
   * @returns {Promise<void>} the browser has taken it
   */
  send(message) {
    const sent = this.#work.then(() => this.#send(message));
    this.#work = sent.catch(() => {});
    return sent;
  }

  close() {
    this.stop(closedError());
  }

  /** Ends it for the reason given: who waits to send is told. */
  stop(error) {
    if (this.#stopped) return;
    this.#stopped = error;
    for (const { wire } of this.#wires.splice(0)) wire.close();
    this.#set('closed');
    this.#changed?.();
  }

  /** Takes an RTCDataChannel of this label, over a connection that may come into use later. */
  bind(wire, pc) {
    if (this.#stopped) {
      wire.close();
      return;
    }
    wire.binaryType = 'arraybuffer';
    this.#wires.push({ wire, pc });
    wire.bufferedAmountLowThreshold = HIGH_WATER / 2;
    for (const type of ['open', 'close', 'bufferedamountlow']) wire.addEventListener(type, () => this.#look());
    wire.addEventListener('message', ({ data }) => this.#received(data));
    this.#look();
  }

  /** This connection is the one in use now; null: none is. */
  use(pc) {
    this.#pc = pc;
    this.#look();
  }

  #received(data) {
    if (!this.#early) this.dispatchEvent(new CustomEvent('message', { detail: data }));
    else if (this.#early.push(data) > MOST_EARLY) this.#early.shift();
  }

  // The channels of a connection that was closed here say nothing of it.
  #look() {
    this.#wires = this.#wires.filter(({ wire }) => wire.readyState === 'connecting' || wire.readyState === 'open');
    this.#changed?.();
    if (!this.#stopped) this.#set(this.#wire('open') ? 'open' : 'waiting');
  }

  #wire(...states) {
    return this.#wires.findLast(({ wire, pc }) => pc === this.#pc && states.includes(wire.readyState))?.wire;
  }

  async #send(message) {
    for (;;) {
      if (this.#stopped) throw this.#stopped;
      const wire = this.#wire('open', 'connecting');
      if (wire?.readyState === 'open' && wire.bufferedAmount < HIGH_WATER) {
        this.#give(wire, message);
        return;
      }
      const change = new Promise((resolve) => { this.#changed = resolve; });
      if (!wire) this.#open();
      await change;
    }
  }

  #give(wire, message) {
    try {
      wire.send(message);
    } catch (cause) {
      if (cause.name !== 'TypeError') throw cause;
      throw new RtcError('message-too-large', `The other side does not take a message that large (${message.length ?? message.byteLength ?? message.size}).`,
        'Send it as a file, which may have any size.', cause);
    }
  }

  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}
