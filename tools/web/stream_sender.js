// The sending half of a stream: see stream.js.

import { abortedError, ACK_INTERVAL, isCount, LARGEST_WINDOW, lostError, ownAbort, protocolError, Wire } from './stream.js';

const PIECE = 16384;

function bytesOf(chunk) {
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError('A stream takes ArrayBuffers and views of them.');
}

/** Sends a stream. Where it fails, `writable` does, with an RtcError. */
export class StreamSender {
  #id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  #window;
  #length;
  #resumable;
  #controller;
  #wire = null;
  #error = null;
  #waiting = null;
  #kept = [];  // pieces that are not acknowledged: {at, bytes}
  #next = 0;   // of them, the one that holds what is sent next
  #total = 0;
  #acknowledged = 0;
  #sent = 0;      // on this channel
  #everSent = 0;  // on any
  #beginDue = true;
  #endDue = false;
  #endSent = false;
  #done = false;
  /** Called with `acknowledged` whenever it grows. */
  onprogress = null;

  /**
   * @param {object} [options]
   * @param {number} [options.length]      of the whole, where it is known: for the display of progress
   * @param {number} [options.window]      bytes that are kept until they are acknowledged
   * @param {boolean} [options.resumable]  a lost channel is not the end: another one is attached
   */
  constructor({ length, window = 1048576, resumable = false } = {}) {
    this.#length = length;
    this.#window = Math.min(Math.max(window, ACK_INTERVAL), LARGEST_WINDOW);
    this.#resumable = resumable;
    /** @type {WritableStream} of ArrayBuffers or views; closed when the receiver has taken all. */
    this.writable = new WritableStream({
      start: (controller) => { this.#controller = controller; },
      write: (chunk) => this.#write(bytesOf(chunk)),
      close: () => this.#finish(),
      abort: (reason) => this.abort(reason?.message ?? reason),
    });
  }

  /** How much the receiver's consumer has taken. */
  get acknowledged() {
    return this.#acknowledged;
  }

  /** Sends over a channel, the first one or one in place of a lost one. It is closed at the end. */
  attach(channel) {
    this.#wire?.leave();
    this.#sent = this.#acknowledged;
    this.#next = 0;
    this.#endDue ||= this.#endSent;
    this.#beginDue = true;
    this.#wire = new Wire(channel, {
      ready: () => this.#pump(),
      control: (message) => this.#control(message),
      bytes: () => this.#fail(protocolError('bytes from a receiver'), true),
      broken: (what) => this.#fail(protocolError(what), true),
      lost: () => this.#lost(),
    });
    this.#pump();
  }

  /** Gives up; the other side is told why. */
  abort(reason = 'its sender gave it up') {
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
    return this.#done;
  }

  async #write(bytes) {
    for (let at = 0; at < bytes.length;) {
      const room = this.#window - (this.#total - this.#acknowledged);
      if (room > 0) {
        // A copy: the writer may use its own again.
        const piece = bytes.slice(at, at + Math.min(PIECE, room));
        this.#kept.push({ at: this.#total, bytes: piece });
        this.#total += piece.length;
        at += piece.length;
        this.#pump();
      } else {
        await this.#change();
      }
    }
  }

  async #finish() {
    this.#length = this.#total;
    this.#endDue = true;
    this.#pump();
    while (!this.#done) await this.#change();
  }

  #change() {
    if (this.#error) throw this.#error;
    return new Promise((resolve, reject) => { this.#waiting = { resolve, reject }; });
  }

  #pump() {
    while (this.#wire?.takesMore && !this.#done) {
      if (this.#beginDue) {
        this.#beginDue = false;
        this.#wire.say({ type: 'begin', stream: this.#id, offset: this.#sent, length: this.#length });
      } else if (this.#sent < this.#total) {
        const { at, bytes } = this.#kept[this.#next];
        this.#wire.send(bytes.subarray(this.#sent - at));
        this.#sent = at + bytes.length;
        this.#everSent = Math.max(this.#everSent, this.#sent);
        this.#next += 1;
      } else if (this.#endDue) {
        this.#endDue = false;
        this.#endSent = true;
        this.#wire.say({ type: 'end', size: this.#total });
      } else {
        return;
      }
    }
  }

  #control(message) {
    if (message.type === 'ack') this.#acknowledge(message);
    else if (message.type === 'abort') this.#fail(abortedError(message.reason));
    else if (message.type === 'begin' || message.type === 'end') this.#fail(protocolError(`${message.type} from a receiver`), true);
  }

  #acknowledge({ received, complete }) {
    const isTrue = isCount(received) && received <= this.#everSent
      && (complete !== true || (this.#endSent && received === this.#total));
    if (!isTrue) {
      this.#fail(protocolError(`ack of ${received} of ${this.#everSent} bytes sent`), true);
      return;
    }
    this.#acknowledged = Math.max(this.#acknowledged, received);
    const waiting = this.#kept.findIndex(({ at, bytes }) => at + bytes.length > this.#acknowledged);
    const taken = waiting < 0 ? this.#kept.length : waiting;
    this.#kept.splice(0, taken);
    this.#next = Math.max(0, this.#next - taken);
    // Of bytes that the lost channel did deliver: they need not go again.
    if (this.#sent < this.#acknowledged) {
      this.#sent = this.#acknowledged;
      this.#beginDue = true;
    }
    if (complete === true) {
      this.#done = true;
      this.#wire.close();
    }
    this.#waiting?.resolve();
    this.onprogress?.(this.#acknowledged);
    this.#pump();
  }

  #lost() {
    this.#wire = null;
    if (!this.#resumable) this.#fail(lostError());
  }

  #fail(error, tell = false) {
    if (this.#error || this.#done) return;
    this.#error = error;
    if (tell) this.#wire?.abort(error);
    this.#wire?.close();
    this.#wire = null;
    this.#kept = [];
    this.#controller.error(error);
    this.#waiting?.reject(error);
  }
}
