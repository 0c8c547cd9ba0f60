// A file, or any stream of bytes, on its way to the other side or from it.

import { RtcError } from './errors.js';
import { StreamReceiver } from './stream_receiver.js';
import { StreamSender } from './stream_sender.js';

const LOST_FOR = 30000;   // how long another channel is waited for in place of a lost one
const CLOSED_FOR = 3000;  // the same where the connection seems to go on: it may not know better yet
const LONGEST_NAME = 200;
const TELL_EVERY = 262144;
const BLOB_PIECE = 8388608;
const WINDOW = 4194304;

/** A name that a file may have: no folders, nothing that cannot be seen. */
export function fileName(label) {
  const name = String(label).replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/[/\\:*?"<>|]+/g, '_').replace(/^[.\s]+/, '').trim();
  return [...name].slice(0, LONGEST_NAME).join('') || 'file';
}

/** The stream that a channel goes on with, as its first message says. */
export function streamOf(message) {
  try {
    const { type, stream } = JSON.parse(message);
    return type === 'begin' && typeof stream === 'string' ? stream : null;
  } catch {
    return null;
  }
}

/**
 * `direction` is "send" or "receive"; `name`; `size` in bytes or null; `transferred` bytes, which the receiver has
 * taken. `state` is "offered" (received once `receive()` is called), "running", "interrupted" (goes on over the
 * next connection), "done" or "failed"; then `error` says why. Events: "progress", "state".
 */
export class Transfer extends EventTarget {
  #timer = 0;
  #wire = null;
  #told = 0;

  /** @hideconstructor */
  constructor(direction, name, size, stream) {
    super();
    this.direction = direction;
    this.name = name;
    this.size = size;
    this.stream = stream;
    this.transferred = 0;
    this.state = direction === 'send' ? 'interrupted' : 'offered';
    /** @type {RtcError|null} */
    this.error = null;
    this.onlost = this.onover = () => {};
    this.#wait(LOST_FOR);
  }

  get isOver() {
    return this.state === 'done' || this.state === 'failed';
  }

  /** It has no channel for the moment. */
  get lost() {
    return !this.#wire && !this.isOver;
  }

  /** Ends it on both sides; the other one is told the reason. */
  cancel(reason = 'it was canceled') {
    this.stream.abort(reason);
  }

  attach(wire, early) {
    clearTimeout(this.#timer);
    this.#wire = wire;
    const closed = () => {
      if (this.#wire !== wire) return;
      this.#wire = null;
      if (this.isOver || this.stream.isComplete) return;
      if (this.state === 'running') this.set('interrupted');
      this.#wait(this.direction === 'send' ? CLOSED_FOR : LOST_FOR);
      this.onlost();
    };
    wire.addEventListener('close', closed);
    this.stream.attach(wire, early);
    if (this.state === 'interrupted') this.set('running');
    if (wire.readyState === 'closed') closed();  // before its messages could be read
  }

  /** Another connection is in use now: a sender goes on over it, a receiver is told by its sender. */
  moved() {
    if (!this.#wire || this.isOver) return;
    if (this.direction === 'send') this.#wire = null;
    this.#wait(LOST_FOR);
  }

  fail(error) {
    if (this.isOver) return;
    this.finish(error);
    this.stream.fail(error);
  }

  advance(transferred) {
    this.transferred = transferred;
    if (transferred - this.#told < TELL_EVERY && transferred !== this.size) return;
    this.#told = transferred;
    this.dispatchEvent(new Event('progress'));
  }

  finish(error = null) {
    if (this.isOver) return;
    clearTimeout(this.#timer);
    this.error = error;
    this.set(error ? 'failed' : 'done');
    this.onover();
  }

  set(state) {
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }

  // A connection that heals takes longer than a channel takes to be refused: see Data.
  #wait(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.stream.lose(), milliseconds);
  }
}

/** What is sent; made by `Data.send()`. */
export class Outgoing extends Transfer {
  /** @hideconstructor */
  constructor(source, { name = source.name, size = source.size } = {}) {
    const sender = new StreamSender({ length: size, window: WINDOW, resumable: true });
    super('send', fileName(name ?? 'file'), size ?? null, sender);
    sender.onprogress = (acknowledged) => this.advance(acknowledged);
    const bytes = source instanceof ReadableStream ? source : source.stream();
    bytes.pipeTo(sender.writable).then(() => this.finish(), (cause) => this.finish(cause instanceof RtcError ? cause
      : new RtcError('file-unreadable', `“${this.name}” cannot be read: ${cause?.message ?? cause}`, 'Choose it again.', cause)));
  }
}

// Pieces become a blob now and then, which the browser may put on its disk.
class BlobSink {
  #blob = new Blob();
  #pieces = [];
  #size = 0;
  #most;
  #full;

  constructor(most, full) {
    this.#most = most;
    this.#full = full;
  }

  async write(piece) {
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#blob.size + this.#size > this.#most) {
      if (!this.#full) throw new RtcError('file-too-large', `The file is larger than ${Math.floor(this.#most / 1e6)} MB.`, 'Save it to the disk while it comes.');
      this.#most = Infinity;
      await this.#full();
    }
    if (this.#size >= BLOB_PIECE) this.close();
  }

  close() {
    this.#blob = new Blob([this.#blob, ...this.#pieces.splice(0)]);
    this.#size = 0;
    return this.#blob;
  }

  abort() {}
}

/** What the other side offers; told by the event "transfer" of a Data. */
export class Incoming extends Transfer {
  #reader;

  /** @hideconstructor */
  constructor(label) {
    const receiver = new StreamReceiver({ resumable: true });
    super('receive', fileName(label), null, receiver);
    this.#reader = receiver.readable.getReader();
    this.#reader.closed.catch((error) => this.finish(error));
  }

  get id() {
    return this.stream.id;
  }

  attach(wire, early) {
    super.attach(wire, early);
    this.size = this.stream.length;
  }

  /**
   * Takes it. Until then, and whenever the writable is slow, the sender waits.
   * @param {object} [options]
   * @param {WritableStream} [options.writable]  goes there; default: a Blob
   * @param {number} [options.most]              bytes that the Blob may have
   * @param {() => Promise} [options.full]       asked once it has them: goes on when that is fulfilled
   * @returns {Promise<Blob|undefined>} rejected where it is cut short: with an RtcError
   */
  async receive({ writable, most = Infinity, full } = {}) {
    if (this.state !== 'offered') throw this.error ?? new TypeError('It is received already.');
    this.set(this.lost && !this.stream.isComplete ? 'interrupted' : 'running');
    const sink = writable ? writable.getWriter() : new BlobSink(most, full);
    try {
      for (let got; !(got = await this.#reader.read()).done;) {
        await sink.write(got.value);
        this.advance(this.transferred + got.value.length);
      }
      const blob = await sink.close();
      this.finish();
      return blob;
    } catch (cause) {
      const error = cause instanceof RtcError ? cause
        : new RtcError('file-unwritable', `“${this.name}” cannot be kept: ${cause?.message ?? cause}`, 'Save it elsewhere.', cause);
      this.fail(error);
      Promise.resolve(sink.abort(error)).catch(() => {});
      throw error;
    }
  }
}
