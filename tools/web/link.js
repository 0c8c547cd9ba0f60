// One way to a publisher: a connection, and the signaling session that carries it. A session that is
// being healed has two for a moment.

import { Connection } from './connection.js';

const LOOK_EVERY = 100;
const PICTURE_WITHIN = 2000;  // of the first packet; a picture that cannot be decoded is shown as it is

// What stays the same over the life of one peer connection: RFC 8829 section 5.2.1.
const originOf = (sdp) => /^o=(\S+ \S+)/m.exec(sdp)?.[1] ?? '';

/**
 * Events: "state" (of the connection), "track", "channel", "error", "media" (pictures, or sound where there is no
 * picture, come; only after `lookForMedia()`), "ended" (detail: {error, lost}; the other side ended it),
 * "detached" (signaling is gone), "connection" (it is another one now), "replaced" (detail: an offer from a new connection of the publisher).
 */
export class Link extends EventTarget {
  #seat = null;
  #origin = '';
  #timer = 0;
  #configuration;

  /**
   * @param {() => RTCConfiguration} configuration
   * @param {Connection} [connection]  one that is made already
   */
  constructor(configuration, connection = new Connection(configuration())) {
    super();
    this.#configuration = configuration;
    /** @type {MediaStream|null} */
    this.stream = null;
    this.played = false;
    this.#use(connection);
  }

  get state() {
    return this.connection.state;
  }

  /** Whether the publisher can be reached by signaling. */
  get signaled() {
    return this.#seat !== null;
  }

  /** Asks a publisher for a session; `call` is Calls.start(). */
  ask(call, peerId) {
    const seat = { link: this, peerId };
    this.#seat = seat;
    seat.call = call(peerId, {
      started: () => seat.link?.#started(),
      received: (content) => seat.link?.#received(content),
      ended: (error, lost) => seat.link?.#gone('ended', { error, lost }),
      detached: () => seat.link?.#gone('detached'),
    });
  }

  /** Takes over the signaling session of another link, to answer `offer`. */
  succeed(other, offer) {
    this.#seat = other.#seat;
    other.#seat = null;
    other.connection.attach(null);
    this.#seat.link = this;
    this.#started();
    this.#received(offer);
  }

  /** Tells by "media" when there is something to show. */
  lookForMedia() {
    let since = 0;
    const look = async () => {
      const flow = await this.connection.flow().catch(() => null);
      if (this.#timer === 0) return;
      if (flow?.packets && since === 0) since = performance.now();
      const late = since !== 0 && performance.now() - since > PICTURE_WITHIN;
      const { pc } = this.connection;
      const isDataAlone = pc.connectionState === 'connected' && pc.getTransceivers().length === 0;
      if (flow?.frames || late || (flow?.packets && !flow.video) || isDataAlone) {
        this.#timer = 0;
        this.dispatchEvent(new Event('media'));
      } else {
        this.#timer = setTimeout(look, LOOK_EVERY);
      }
    };
    this.#timer = setTimeout(look, LOOK_EVERY);
  }

  /** Ends it; an `error` tells the publisher why. */
  end(error) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const seat = this.#seat;
    this.#seat = null;
    if (seat) {
      seat.link = null;
      seat.call.end(error);
    }
    this.connection.close();
  }

  #use(connection) {
    this.connection = connection;
    connection.addEventListener('track', ({ detail }) => this.#track(detail));
    connection.addEventListener('channel', ({ detail }) => this.#tell('channel', detail));
    connection.addEventListener('state', () => {
      this.played ||= connection.state === 'connected';
      this.#tell('state');
    });
    connection.addEventListener('error', ({ detail }) => this.#tell('error', detail));
  }

  #started() {
    const configuration = this.#configuration();
    if (!this.connection.useIceServers(configuration.iceServers)) {
      this.connection.close();
      this.#use(new Connection(configuration));
      this.#tell('connection');
    }
    const seat = this.#seat;
    this.connection.attach((content) => seat.call.send(content));
  }

  #received(content) {
    if (content.sdp?.type === 'offer') {
      const origin = originOf(content.sdp.sdp);
      if (this.#origin && origin !== this.#origin) {
        this.#tell('replaced', content);
        return;
      }
      this.#origin = origin;
    }
    this.connection.receive(content);
  }

  #gone(how, detail) {
    this.#seat = null;
    this.connection.attach(null);
    this.#tell(how, detail);
  }

  #track({ track, receiver }) {
    if (this.stream) this.stream.addTrack(track);
    else this.stream = new MediaStream([track]);
    this.#tell('track', { track, receiver });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
