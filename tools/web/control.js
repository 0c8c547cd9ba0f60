// What a viewer may ask of its publisher: to play, pause and seek a recording, and to take mouse, keys
// and touch. The messages are described in plugins/common/control/control_protocol.hpp.

import { RtcError } from './errors.js';

// What a publisher that does not answer, or a slow path, may leave behind.
const MOST_PENDING = 256;
const MOST_BUFFERED = 64 * 1024;

/**
 * Control of one watched stream: `session.control`.
 *
 * Every request returns a promise, which is rejected with an RtcError ("control-refused" where the
 * publisher says no, "control-closed" where there is no way to it). Requests about playback are for
 * recordings that the publisher lets its viewers steer (`playback?.seekable`).
 *
 * Events: "change" (`available`), "playback" (`playback`).
 */
export class Control extends EventTarget {
  #channels = new Set();
  #pending = new Map();
  #count = 0;
  #input = null;
  #toldAt = 0;

  constructor() {
    super();
    /** @type {{state: string, position: number, duration: number|null, rate: number, loop: boolean, seekable: boolean}|null} */
    this.playback = null;
  }

  /** Whether the publisher takes requests now. */
  get available() {
    return this.#open().length > 0;
  }

  /** Where the recording is now, in seconds; null where there is no timeline. */
  get position() {
    if (!this.playback?.seekable) return null;
    const { state, position, duration, rate } = this.playback;
    const passed = state === 'playing' ? rate * (performance.now() - this.#toldAt) / 1000 : 0;
    return Math.min(position + passed, duration ?? Infinity);
  }

  play() {
    return this.request({ type: 'play' });
  }

  pause() {
    return this.request({ type: 'pause' });
  }

  /** @param {number} position  seconds from the beginning */
  seek(position) {
    return this.request({ type: 'seek', position });
  }

  /** @param {number} rate  0.125 to 8; there is sound at 1 only */
  setRate(rate) {
    return this.request({ type: 'rate', rate });
  }

  setLoop(loop) {
    return this.request({ type: 'loop', loop });
  }

  next() {
    return this.request({ type: 'next' });
  }

  /** Sends a GstNavigation event, such as {event: 'MouseMove', x, y, modifier_state: ''}. */
  navigate(event, mid) {
    return this.request({ type: 'navigationEvent', event }, mid);
  }

  /** Sends a custom upstream event with a structure of that name and those fields. */
  sendEvent(structureName, structure = {}, mid = undefined) {
    return this.request({ type: 'customUpstreamEvent', structureName, structure }, mid);
  }

  /** Sends mouse, keys and touch over this element from now on; null: no more. */
  async attach(video) {
    const { RemoteInput } = await import('./remote_input.js');
    this.#input?.end();
    this.#input = video ? new RemoteInput(video, (event) => this.navigate(event).catch(() => {})) : null;
  }

  async request(request, mid) {
    const channel = this.#open().at(-1);
    if (!channel) throw new RtcError('control-closed', 'The publisher takes no requests now.');
    if (channel.bufferedAmount > MOST_BUFFERED) throw new RtcError('control-refused', 'The connection is too slow for more requests.');
    const [oldest, waiting] = this.#pending.entries().next().value ?? [];
    if (this.#pending.size >= MOST_PENDING) {
      this.#pending.delete(oldest);
      waiting.reject(new RtcError('control-refused', 'The publisher does not answer.'));
    }
    const id = this.#count;
    this.#count += 1;
    channel.send(JSON.stringify({ id, ...(mid && { mid }), request }));
    return new Promise((resolve, reject) => { this.#pending.set(id, { channel, resolve, reject }); });
  }

  /** Called by the session: a data channel of one of its connections. */
  add(channel) {
    if (channel.label !== 'control') return;
    const open = () => {
      this.#channels.add(channel);
      this.dispatchEvent(new Event('change'));
    };
    if (channel.readyState === 'open') open();
    channel.addEventListener('open', open);
    channel.addEventListener('message', ({ data }) => this.#received(data));
    channel.addEventListener('close', () => this.#gone(channel));
  }

  /** Called by the session: it has closed a connection, which channels need not tell by themselves. */
  prune() {
    for (const channel of [...this.#channels]) if (channel.readyState !== 'open') this.#gone(channel);
  }

  /** Called by the session: it is over. */
  close() {
    this.#input?.end();
    this.#input = null;
    for (const channel of [...this.#channels]) this.#gone(channel);
  }

  #open() {
    return [...this.#channels].filter(({ readyState }) => readyState === 'open');
  }

  #gone(channel) {
    if (!this.#channels.delete(channel)) return;
    for (const [id, waiting] of this.#pending) {
      if (waiting.channel !== channel) continue;
      this.#pending.delete(id);
      waiting.reject(new RtcError('control-closed', 'The connection ended before the publisher answered.'));
    }
    if (!this.available) this.#told(null);
    this.dispatchEvent(new Event('change'));
  }

  #received(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message?.type === 'ControlResponseMessage') this.#answered(message);
    else if (message?.type === 'playback') this.#told(message);
  }

  #answered({ id, error }) {
    const waiting = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) waiting?.reject(new RtcError('control-refused', String(error)));
    else waiting?.resolve();
  }

  #told(playback) {
    if (playback === this.playback) return;
    this.playback = playback && {
      state: playback.state === 'playing' ? 'playing' : 'paused',
      position: Number(playback.position) || 0,
      duration: Number.isFinite(playback.duration) ? playback.duration : null,
      rate: Number(playback.rate) || 1,
      loop: playback.loop === true,
      seekable: playback.seekable === true,
    };
    this.#toldAt = performance.now();
    this.dispatchEvent(new Event('playback'));
  }
}
