// Keeps what plays alive: notices that nothing comes any more, gets another connection to the same
// publisher, shows it as soon as it has pictures, and ends the old one then. Loaded after the picture.

import { RtcError } from './errors.js';
import { Link } from './link.js';

const SILENCE = 7;        // seconds in which nothing at all is received
const DOUBT = 2;          // the same, when the server cannot be asked or may be gone, too
const GONE_AFTER = 3;     // the same, when nobody publishes the stream any more
const LOST_AFTER = 30;    // the same, when its publisher lost its way to the server
const DEADLINE = 15000;

/**
 * Works for one Session as long as it has a connection.
 *
 * `why` a connection is replaced: "failed" (ICE or DTLS gave up), "silent" (nothing was received),
 * "returned" (signaling or the publisher is back, and the old connection is silent), "offered" (the
 * publisher replaces its own connection).
 */
export class Healing {
  #room;
  #session;
  #next = null;
  #measured = null;
  #heard = -1;
  #quiet = 0;
  #steady = 0;
  #pulse;
  #deadline = 0;
  /** The publisher is not listed because its way to the server broke. */
  lost = false;

  /**
   * @param {object} room     what Session gets of its room
   * @param {object} session  what it may do to the session: see Session
   */
  constructor(room, session) {
    this.#room = room;
    this.#session = session;
    this.#pulse = setInterval(() => this.#measure(), 1000);
  }

  /** A replacement is on its way. */
  get busy() {
    return this.#next !== null;
  }

  stop() {
    clearInterval(this.#pulse);
    this.#pulse = 0;
    this.#forget();
  }

  /** The streams of the room, or its signaling, changed. */
  refresh() {
    const live = this.#session.live();
    if (!live.signaled && (this.#quiet > 0 || live.state === 'lost')) this.heal('returned');
  }

  /** Asks the publisher for another session. */
  heal(why) {
    if (this.#next || !this.#room.isOpen()) return;  // refresh() comes when it is open
    const stream = this.#session.stream();
    if (!stream) {
      if (this.#session.live().state === 'lost' && !this.lost) this.#session.gone();
      return;
    }
    this.#begin(this.#session.follow(new Link(this.#room.configuration)), stream.id, why);
    this.#next.link.ask(this.#room.call, stream.id);
    this.#session.interrupted();
  }

  /** The publisher offers from a new connection of its own. */
  answer(link, peerId, offer) {
    const next = this.#session.follow(new Link(this.#room.configuration));
    next.succeed(link, offer);
    this.#forget();
    this.#begin(next, peerId, 'offered');
  }

  #begin(link, peerId, why) {
    this.#next = { link, peerId, why, since: performance.now() };
    const on = (type, handle) => link.addEventListener(type, ({ detail }) => {
      if (link === this.#next?.link) handle(detail);
    });
    on('media', () => this.#replace());
    on('state', () => link.state === 'lost' && this.#failed());
    on('error', (error) => this.#failed(error.message));
    on('ended', ({ error }) => this.#failed(error));
    on('detached', () => this.#forget());
    on('replaced', (offer) => this.answer(link, peerId, offer));
    link.lookForMedia();
    this.#deadline = setTimeout(() => this.#failed('no media came'), DEADLINE);
    this.#session.healing(why);
  }

  #replace() {
    const { link, peerId } = this.#next;
    const detail = this.#detail('replacement');
    clearTimeout(this.#deadline);
    this.#next = null;
    this.lost = false;
    this.#session.healed(link, peerId, detail);
  }

  // The old connection was faster: nothing is to be replaced any more.
  #recovered() {
    const detail = this.#detail('itself');
    this.#forget();
    this.#session.healed(this.#session.live(), null, detail);
  }

  #failed(why) {
    this.#forget();
    const { state } = this.#session.live();
    if (state !== 'lost' && this.#quiet < SILENCE) return;
    this.#session.over(new RtcError('path-lost',
      `The connection to the publisher was lost${why ? `, and a new one failed: ${why}` : ''}.`, 'It is tried again.'));
  }

  #forget() {
    clearTimeout(this.#deadline);
    this.#next?.link.end();
    this.#next = null;
  }

  #detail(by) {
    const { why, since } = this.#next;
    return { why, by, milliseconds: Math.round(performance.now() - since) };
  }

  async #measure() {
    const live = this.#session.live();
    const { heard } = await live.connection.flow().catch(() => ({ heard: this.#heard }));
    if (!this.#pulse || live !== this.#session.live()) return;
    const flows = live !== this.#measured || heard !== this.#heard;
    this.#measured = live;
    this.#heard = heard;
    this.#quiet = flows ? 0 : this.#quiet + 1;
    this.#steady = flows ? this.#steady + 1 : 0;
    if (flows) this.#listen(live);
    else this.#doubt(live);
  }

  #listen(live) {
    const ours = this.#next && this.#next.why !== 'offered';
    if (ours && this.#steady >= 2 && live.state === 'connected') this.#recovered();
  }

  #doubt(live) {
    if (this.#quiet === DOUBT) this.#room.probe();
    if (live.signaled) {
      if (this.#quiet >= SILENCE) this.heal('silent');
    } else if (this.#room.isOpen() && !this.#session.stream()) {
      if (this.#quiet >= (this.lost ? LOST_AFTER : GONE_AFTER)) this.#session.gone();
      else this.#session.interrupted();
    } else if (this.#quiet >= DOUBT) {
      this.heal('returned');
    }
  }
}
