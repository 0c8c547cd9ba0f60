// Messages that belong to frames of a video: `sync-to` of rtcsink's data pads. The protocol is described in
// plugins/common/data/timed_protocol.hpp.
//
//   import { InStep } from './timed.js';
//
//   const step = new InStep(video, session.data, (message) => {    // with every frame that is shown
//     draw(message ? JSON.parse(message.payload) : null);
//   }, { label: 'boxes' });

/** The subprotocol of a channel whose messages belong to frames. */
export const TIMED_PROTOCOL = 'gst-rtc-timed';

const VERSION = 1;
const HEADER = 8;
const LONGEST_MID = 32;
const KINDS = [null, 'text', 'json', 'klv'];
const VIDEO_CLOCK = 90;  // ticks of RTP in a millisecond
// A millisecond, for times that were rounded.
const TOLERANCE = VIDEO_CLOCK;
const MOST_KEPT = 512;
const FORGET_AFTER = 10000;

/**
 * @typedef {object} TimedMessage
 * @property {'text'|'json'|'klv'} kind
 * @property {number|null} rtpTimestamp  of its frame, as in the metadata of requestVideoFrameCallback(); null: of none
 * @property {string|null} mid           of the frame's track (RTCRtpTransceiver.mid)
 * @property {string|Uint8Array} payload text, also of JSON; bytes of KLV
 */

/**
 * @param {string|ArrayBuffer} data  a message of a channel with that subprotocol
 * @returns {TimedMessage|null} null: what cannot be read is to be ignored
 */
export function readTimed(data) {
  if (!(data instanceof ArrayBuffer) || data.byteLength < HEADER) return null;
  const view = new DataView(data);
  const kind = KINDS[view.getUint8(1)];
  const length = view.getUint8(2);
  if (view.getUint8(0) !== VERSION || !kind || length > LONGEST_MID || data.byteLength < HEADER + length) return null;
  const mid = String.fromCharCode(...new Uint8Array(data, HEADER, length));
  if (!/^[!-~]*$/.test(mid)) return null;
  const bytes = new Uint8Array(data, HEADER + length);
  try {
    const payload = kind === 'klv' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { kind, rtpTimestamp: mid ? view.getUint32(4) : null, mid: mid || null, payload };
  } catch {
    return null;
  }
}

/** Tells with every frame that a video shows which message belongs to it. */
export class InStep {
  #video;
  #data;
  #show;
  #options;
  #kept = [];
  #channels = new Set();
  #request = 0;
  #shown = null;  // metadata of the frame
  #closed = false;

  /**
   * @param {HTMLVideoElement} video
   * @param {Data} data  of the Session whose video it is
   * @param {(message: TimedMessage|null, metadata: object) => void} show  with every frame, from the first message
   *   on, and again where that comes after its frame: the message that belongs to the frame, else the last one before it. Where the browser does not tell the
   *   frame's RTP timestamp it is the last one that came.
   * @param {{label?: string, mid?: string, hold?: number}} [options]  only of channels of that label, of the track of
   *   that mid; how long in ms a message is shown when no other one follows (default 500)
   */
  constructor(video, data, show, options = {}) {
    this.#video = video;
    this.#data = data;
    this.#show = show;
    this.#options = { hold: 500, ...options };
    data.addEventListener('channel', this.#opened);
    for (const channel of data.channels) this.#listen(channel);
  }

  close() {
    this.#closed = true;
    this.#data.removeEventListener('channel', this.#opened);
    for (const channel of this.#channels) channel.removeEventListener('message', this.#heard);
    if (this.#request) this.#video.cancelVideoFrameCallback(this.#request);
  }

  #opened = ({ detail }) => this.#listen(detail);

  #listen(channel) {
    const { label } = this.#options;
    if (channel.protocol !== TIMED_PROTOCOL || (label !== undefined && channel.label !== label)) return;
    if (this.#closed || this.#channels.has(channel)) return;
    this.#channels.add(channel);
    channel.addEventListener('message', this.#heard);
  }

  #heard = ({ detail }) => {
    const message = readTimed(detail);
    const { mid } = this.#options;
    if (!message || (mid !== undefined && message.mid !== null && message.mid !== mid)) return;
    if (!this.#video.requestVideoFrameCallback) {
      this.#show(message, {});
      return;
    }
    // What belongs to no frame belongs to the one that is shown when it comes.
    this.#kept.push({ message, timestamp: message.rtpTimestamp ?? this.#shown?.rtpTimestamp ?? null });
    if (this.#kept.length > MOST_KEPT) this.#kept.shift();
    if (!this.#request) this.#next();
    if (this.#isShown(message)) this.#show(message, this.#shown);
  };

  // It comes after its frame.
  #isShown({ rtpTimestamp }) {
    const frame = this.#shown?.rtpTimestamp;
    return frame !== undefined && rtpTimestamp !== null && Math.abs((frame - rtpTimestamp) | 0) <= TOLERANCE;
  }

  #next() {
    this.#request = this.#video.requestVideoFrameCallback?.((_now, metadata) => {
      this.#next();
      this.#shown = metadata;
      this.#show(this.#find(metadata.rtpTimestamp), metadata);
    }) ?? 0;
  }

  // Modulo 2^32.
  #find(frame) {
    if (frame === undefined) return this.#kept.at(-1)?.message ?? null;
    const age = ({ timestamp }) => (frame - timestamp) | 0;
    // Who has begun anew has other timestamps.
    this.#kept = this.#kept.filter((one) => one.timestamp !== null && Math.abs(age(one)) < FORGET_AFTER * VIDEO_CLOCK);
    const past = this.#kept.filter((one) => age(one) >= -TOLERANCE && age(one) < this.#options.hold * VIDEO_CLOCK);
    return past.reduce((best, one) => (best && age(best) < age(one) ? best : one), null)?.message ?? null;
  }
}
