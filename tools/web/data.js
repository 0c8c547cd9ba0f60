// Messages and files with one other side: what goes over the data channels of the connections to it, which come
// and go. What is sent waits for a connection, and a file goes on where a lost one stopped.

import { Channel, closedError, refusedError } from './channel.js';

/** The subprotocol of a channel that carries a stream: see stream.js. */
const STREAM_PROTOCOL = 'gst-rtc-stream';

// What another side may open: more is closed at once.
const MOST_CHANNELS = 256;
const MOST_STREAMS = 64;
// What a stream may send unanswered: the largest window (see stream.js), and what begins and ends it.
const MOST_EARLY = 16777216 + 8192;
const MOST_EARLY_MESSAGES = 65536;
// Received streams that are known after their end: their last acknowledgment may be lost with a connection.
const MOST_FINISHED = 64;

// Kept once it is there: what is imported comes in a turn of its own even then, after messages that are waiting.
let transferModule = null;

/** Asks for a data section in the first offer, which a channel can only be opened in; nobody sees this one. */
export const DATA_SECTION = { negotiated: true, id: 1000 };

/**
 * Of a Session, a Viewer or a Call: its `data`.
 *
 * Events: "channel" (detail: a Channel that the other side opened); "transfer" (detail: a Transfer, of a file that the
 * other side offers); "state". The first two that came before anybody listened are kept.
 */
export class Data extends EventTarget {
  #pc = null;
  #channels = new Map();
  #transfers = new Set();
  #finished = [];
  #error = null;
  #followed = new WeakSet();
  #unheard = new Map([['channel', []], ['transfer', []]]);
  #elsewhere;
  #reserved;

  /**
   * @hideconstructor
   * @param {(id: string) => Transfer|undefined} [elsewhere]  takes a stream from whoever began to receive it
   * @param {string[]} [reserved]  labels of channels that are somebody else's
   */
  constructor(elsewhere = () => undefined, reserved = []) {
    super();
    this.#elsewhere = elsewhere;
    this.#reserved = reserved;
  }

  addEventListener(type, ...rest) {
    super.addEventListener(type, ...rest);
    const unheard = this.#unheard.get(type);
    this.#unheard.delete(type);
    for (const detail of unheard ?? []) this.#announce(type, detail);
  }

  /** Whether channels can be opened now: null where there is no connection that would tell. */
  get available() {
    if (this.#pc?.connectionState !== 'connected') return null;
    return this.#pc.sctp?.state === 'connected' || this.#pc.sctp?.state === 'connecting';
  }

  get isClosed() {
    return this.#error !== null;
  }

  /** @type {Channel[]} */
  get channels() {
    return [...this.#channels.values()];
  }

  /** @type {Transfer[]} that are not over */
  get transfers() {
    return [...this.#transfers];
  }

  /**
   * The channel of that label, whoever opened it; otherwise it is opened by the first message sent.
   * @param {string} label
   * @param {RTCDataChannelInit} [options]  protocol, ordered, maxRetransmits, maxPacketLifeTime
   * @returns {Channel}
   */
  open(label, options = {}) {
    let channel = this.#channels.get(label);
    if (channel && channel.state !== 'closed') return channel;
    channel = new Channel(label, options.protocol ?? '', () => this.#makeWire(channel, options));
    if (this.#error) channel.stop(this.#error);
    else this.#channels.set(label, channel);
    channel.use(this.#pc);
    return channel;
  }

  /**
   * Sends a file, or any stream of bytes.
   * @param {File|Blob|ReadableStream<Uint8Array>} source
   * @param {{name?: string, size?: number}} [options]  default: those of the file
   * @returns {Promise<Transfer>} it has begun, or waits for a connection
   */
  async send(source, options) {
    transferModule ??= await import('./transfer.js');
    const { Outgoing } = transferModule;
    const transfer = new Outgoing(source, options);
    this.#adopt(transfer);
    if (this.#error) transfer.fail(this.#error);
    else if (this.available === false) transfer.fail(refusedError());
    else this.#reconnect(transfer);
    return transfer;
  }

  /** Takes the channels that the other side opens over a connection, which is not in use yet. */
  follow(pc) {
    if (this.#followed.has(pc)) return;
    this.#followed.add(pc);
    const count = { streams: 0 };
    pc.addEventListener('datachannel', ({ channel }) => this.#opened(channel, pc, count));
    pc.addEventListener('connectionstatechange', () => pc === this.#pc && this.#changed());
  }

  /** From now on this connection is the one to open channels over; null: there is none for the moment. */
  use(pc) {
    if (pc === this.#pc || this.#error) return;
    this.#pc = pc;
    if (pc) this.follow(pc);
    for (const transfer of this.#transfers) transfer.moved();
    this.#changed();
  }

  /** Gives up a stream that is being received, or was, for another one to go on with it. */
  release(id) {
    const transfer = [...this.#transfers, ...this.#finished].find((one) => one.direction === 'receive' && one.id === id);
    if (!transfer) return undefined;
    this.#transfers.delete(transfer);
    this.#finished = this.#finished.filter((one) => one !== transfer);
    return transfer;
  }

  /** Goes on with what another one has begun, over its own connection. */
  adopt(other) {
    for (const transfer of other.#transfers) {
      this.#adopt(transfer);
      transfer.moved();
      this.#reconnect(transfer);
    }
    other.#transfers.clear();
    other.#finished.forEach((transfer) => this.#finish(transfer));
    other.#finished = [];
    other.close();
  }

  /** Ends it all: what is not over fails. */
  close(error = closedError()) {
    if (this.#error) return;
    this.#error = error;
    this.#pc = null;
    for (const channel of this.#channels.values()) channel.stop(error);
    for (const transfer of [...this.#transfers]) transfer.fail(error);
    this.dispatchEvent(new Event('state'));
  }

  #announce(type, detail) {
    const unheard = this.#unheard.get(type);
    if (unheard?.push(detail) > MOST_CHANNELS) unheard.shift();
    if (!unheard) this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #changed() {
    for (const channel of this.#channels.values()) {
      if (this.available === false) channel.stop(refusedError());
      else channel.use(this.#pc);
    }
    for (const transfer of [...this.#transfers]) this.#reconnect(transfer);
    this.dispatchEvent(new Event('state'));
  }

  // While a connection is being made it cannot be told whether it will take channels: not before.
  #makeWire(channel, options) {
    if (this.available) channel.bind(this.#pc.createDataChannel(channel.label, options), this.#pc);
  }

  #opened(wire, pc, count) {
    if (this.#reserved.includes(wire.label)) return;
    if (wire.protocol === STREAM_PROTOCOL) {
      this.#offered(wire, count);
    } else if (this.#error || this.#channels.size >= MOST_CHANNELS) {
      wire.close();
    } else {
      const known = this.#channels.has(wire.label);
      const { label, protocol, ordered, maxRetransmits, maxPacketLifeTime } = wire;
      const channel = this.open(label, { protocol, ordered,
        ...(maxRetransmits !== null && { maxRetransmits }), ...(maxPacketLifeTime !== null && { maxPacketLifeTime }) });
      if (!known) this.#announce('channel', channel);
      channel.bind(wire, pc);
    }
  }

  // The first message says which stream it is: one that is new, or one that lost its channel. Messages are
  // kept while the module that reads them is on its way.
  async #offered(wire, count) {
    if (this.#error || count.streams >= MOST_STREAMS) {
      wire.close();
      return;
    }
    count.streams += 1;
    wire.addEventListener('close', () => { count.streams -= 1; }, { once: true });
    wire.binaryType = 'arraybuffer';
    const early = [];
    let size = 0;
    const refuse = () => {
      wire.onmessage = null;
      early.length = 0;
      wire.close();
    };
    const first = new Promise((resolve) => {
      wire.onmessage = ({ data }) => {
        early.push(data);
        resolve();
        size += data.byteLength ?? data.length;
        if (size > MOST_EARLY || early.length > MOST_EARLY_MESSAGES) refuse();
      };
      wire.addEventListener('close', resolve, { once: true });
    });
    transferModule ??= await import('./transfer.js').catch(refuse);
    await first;
    if (early.length === 0 || this.#error) return;
    wire.onmessage = null;
    const { Incoming, streamOf } = transferModule;
    const id = streamOf(early[0]);
    const known = id === null ? undefined : this.release(id) ?? this.#elsewhere(id);
    const transfer = known ?? new Incoming(wire.label);
    this.#adopt(transfer);
    transfer.attach(wire, early);
    if (!known && transfer.state !== 'failed') this.#announce('transfer', transfer);
  }

  #adopt(transfer) {
    if (transfer.isOver) {
      this.#finish(transfer);
      return;
    }
    this.#transfers.add(transfer);
    transfer.onlost = () => this.#reconnect(transfer);
    transfer.onover = () => {
      this.#transfers.delete(transfer);
      this.#finish(transfer);
    };
  }

  #finish(transfer) {
    if (transfer.direction !== 'receive' || transfer.state !== 'done') return;
    this.#finished.push(transfer);
    if (this.#finished.length > MOST_FINISHED) this.#finished.shift();
  }

  // Only a sender opens channels. One that was closed over a connection that goes on was closed on purpose.
  #reconnect(transfer) {
    if (!transfer.lost) return;
    if (this.available === false) transfer.fail(refusedError());
    if (transfer.direction !== 'send' || !this.available || transfer.triedOver === this.#pc) return;
    transfer.triedOver = this.#pc;
    transfer.attach(this.#pc.createDataChannel(transfer.name, { protocol: STREAM_PROTOCOL }));
  }
}
