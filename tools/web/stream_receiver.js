// The receiving half of a stream: see stream.js.

import { abortedError, ACK_INTERVAL, isCount, LARGEST_WINDOW, lostError, ownAbort, protocolError, Wire } from './stream.js';

/** Receives a stream. Where it fails or is cut short, `readable` fails, with an RtcError. */
export class StreamReceiver {
  #resumable;
  #controller;
  #wire = null;
  #error = null;
  #queue = [];
  #hungry = false;
  #stream = null;
  #begun = false;     // on this channel
  #position = 0;      // of the next byte on this channel
  #received = 0;
  #taken = 0;
  #acknowledged = 0;  // as the sender on this channel knows it
  #complete = false;
  #finalDue = false;
  #closed = false;

  /**
   * @param {object} [options]
   * @param {boolean} [options.resumable]  a lost channel is not the end: another one is attached
   */
  constructor({ resumable = false } = {}) {
    this.#resumable = resumable;
    /** Bytes in all, as the sender announced it; null where it did not. */
    this.length = null;
    /** @type {ReadableStream<Uint8Array>} who reads slowly holds the sender back. */
    this.readable = new ReadableStream({
      start: (controller) => { this.#controller = controller; },
      pull: () => {
        this.#hungry = true;
        this.#feed();
      },
      cancel: (reason) => this.abort(reason?.message ?? reason),
    }, { highWaterMark: 0 });
  }

  get received() {
    return this.#received;
  }

  /** Receives over a channel, the first one or one in place of a lost one; `early` messages came over it before. */
  attach(channel, early = []) {
    this.#wire?.leave();
    this.#begun = false;
    this.#wire = new Wire(channel, {
      ready: () => {},
      control: (message) => this.#control(message),
      bytes: (bytes) => this.#bytes(bytes),
      broken: (what) => this.#fail(protocolError(what), true),
      lost: () => this.#lost(),
    });
    early.forEach((data) => this.#wire?.take(data));
  }

  /** Gives up; the other side is told why. */
  abort(reason = 'its receiver gave it up') {
    this.fail(ownAbort(reason));
  }

  /** The same, by an error of one's own. */
  fail(error) {
    this.#fail(error, true);
  }

  /** No channel comes in place of the lost one. */
  lose() {
    this.#fail(lostError());
  }

  get isComplete() {
    return this.#closed;
  }

  /** Which stream it is: drawn by its sender; null until it begins. */
  get id() {
    return this.#stream;
  }

  #control(message) {
    if (message.type === 'begin') this.#begin(message);
    else if (message.type === 'end') this.#end(message);
    else if (message.type === 'abort') this.#fail(abortedError(message.reason));
    else if (message.type === 'ack') this.#fail(protocolError('ack from a sender'), true);
  }

  #begin({ stream, offset, length }) {
    const isValid = /^[0-9a-f]{32}$/i.test(stream) && isCount(offset) && (length === undefined || isCount(length));
    if (!isValid || (this.#stream && stream !== this.#stream) || offset > this.#received) {
      this.#fail(protocolError(`begin of ${stream} at ${offset} where ${this.#received} bytes were received`), true);
      return;
    }
    this.#stream = stream;
    this.length = length ?? this.length;
    this.#position = offset;
    // Acks may have been lost with the channel before: it begins where the sender knows of them.
    if (!this.#begun) this.#acknowledged = offset;
    this.#begun = true;
    this.#finalDue = this.#complete;
    this.#answer();
  }

  #bytes(bytes) {
    const fresh = bytes.subarray(Math.min(this.#received - this.#position, bytes.length));
    let wrong = null;
    if (!this.#begun) wrong = 'bytes before begin';
    else if (this.#complete && fresh.length > 0) wrong = 'bytes after the end';
    else if (this.#received + fresh.length - this.#taken > LARGEST_WINDOW) wrong = 'more bytes than the largest window';
    if (wrong) {
      this.#fail(protocolError(wrong), true);
      return;
    }
    this.#position += bytes.length;
    this.#received += fresh.length;
    if (fresh.length > 0) this.#queue.push(fresh);
    this.#feed();
  }

  #end({ size }) {
    if (!this.#begun || size !== this.#received || size !== this.#position) {
      this.#fail(protocolError(`end at ${size} where ${this.#position} bytes were received`), true);
      return;
    }
    this.#complete = true;
    this.#finalDue = true;
    this.#feed();
  }

  #feed() {
    if (this.#hungry && this.#queue.length > 0) {
      const bytes = this.#queue.shift();
      this.#hungry = false;
      this.#taken += bytes.length;
      this.#controller.enqueue(bytes);
    }
    this.#answer();
    if (!this.#complete || this.#queue.length > 0 || this.#closed) return;
    this.#closed = true;
    this.#controller.close();
  }

  #answer() {
    if (!this.#begun || !this.#wire) return;
    const isFinal = this.#finalDue && this.#taken === this.#received;
    if (!isFinal && this.#taken < this.#acknowledged + ACK_INTERVAL) return;
    if (isFinal) this.#finalDue = false;
    this.#acknowledged = this.#taken;
    this.#wire.say({ type: 'ack', received: this.#taken, ...(isFinal && { complete: true }) });
  }

  #lost() {
    this.#wire = null;
    if (!this.#resumable && !this.#complete) this.#fail(lostError());
  }

  #fail(error, tell = false) {
    if (this.#error || this.#closed) return;
    this.#error = error;
    if (tell) this.#wire?.abort(error);
    this.#wire?.close();
    this.#wire = null;
    this.#queue = [];
    this.#controller.error(error);
  }
}
