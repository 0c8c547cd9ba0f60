// One stream of bytes over data channels that arrives whole, or is known to be cut short: what both halves
// of it share. The protocol is described in plugins/common/data/stream_protocol.hpp (data-framing=stream of
// rtcsink).
//
//   import { STREAM_PROTOCOL } from './stream.js';
//   import { StreamSender } from './stream_sender.js';
//   import { StreamReceiver } from './stream_receiver.js';
//
//   const sender = new StreamSender({ length: file.size });
//   sender.attach(pc.createDataChannel('file', { protocol: STREAM_PROTOCOL }));
//   await file.stream().pipeTo(sender.writable);      // the other side has taken all of it
//
//   pc.ondatachannel = ({ channel }) => {             // attach at once: messages do not wait
//     const receiver = new StreamReceiver();
//     receiver.attach(channel);
//     receiver.readable.pipeTo(writable);
//   };

import { RtcError } from './errors.js';

/** The subprotocol of a channel that carries a stream. */
export const STREAM_PROTOCOL = 'gst-rtc-stream';

export const ACK_INTERVAL = 65536;
export const LARGEST_WINDOW = 16777216;
const LONGEST_CONTROL = 4096;
const LONGEST_REASON = 500;
// What the browser may hold: enough that it never runs dry before the page gets its turn.
const HIGH_WATER = 1048576;
const LOW_WATER = 262144;

export const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

export const protocolError = (what) => new RtcError('stream-protocol',
  `The data stream broke off: the other side does not keep to its protocol (${what}).`, 'Use versions that fit each other.');

export const lostError = () => new RtcError('stream-lost',
  'The data stream was cut short: its channel was closed.', 'Transfer it again.');

export const abortedError = (reason) => new RtcError('stream-aborted',
  `The other side gave the data stream up: ${String(reason || 'it gave no reason').slice(0, LONGEST_REASON)}`);

export const ownAbort = (reason) => Object.assign(
  new RtcError('stream-aborted', `The data stream was given up: ${reason}`), { reason: String(reason) });

/** One channel of a stream, as long as no other has taken its place. */
export class Wire {
  #channel;
  #on;
  #listening = new AbortController();

  /** @param {{ready: function(), control: function(object), bytes: function(Uint8Array), broken: function(string), lost: function()}} on */
  constructor(channel, on) {
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = LOW_WATER;
    const listen = (type, handle) => channel.addEventListener(type, handle, { signal: this.#listening.signal });
    listen('open', on.ready);
    listen('bufferedamountlow', on.ready);
    listen('close', on.lost);
    this.#on = on;
    listen('message', ({ data }) => this.take(data));
  }

  /** A message that came over the channel. */
  take(data) {
    if (typeof data === 'string') this.#read(data, this.#on);
    else this.#on.bytes(new Uint8Array(data));
  }

  get takesMore() {
    return this.#channel.readyState === 'open' && this.#channel.bufferedAmount < HIGH_WATER;
  }

  /** A control message, unless the channel is gone. */
  say(message) {
    if (this.#channel.readyState === 'open') this.#channel.send(JSON.stringify(message));
  }

  send(bytes) {
    this.#channel.send(bytes);
  }

  leave() {
    this.#listening.abort();
  }

  /** Tells the other side why there is no more. */
  abort({ message, reason = message }) {
    this.say({ type: 'abort', reason: reason.slice(0, LONGEST_REASON) });
  }

  /** What was said before is still sent. */
  close() {
    this.leave();
    this.#channel.close();
  }

  #read(text, on) {
    let message = null;
    try {
      if (text.length <= LONGEST_CONTROL) message = JSON.parse(text);
    } catch { /* told below */ }
    if (typeof message?.type === 'string') on.control(message);
    else on.broken('no control message');
  }
}
