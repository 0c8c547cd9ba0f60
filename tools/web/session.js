// A stream being watched. The session outlives its connections: it waits for the stream, connects,
// and starts over when the publisher comes back. A connection that fails while it plays is replaced
// first and ended then, so that the picture is not taken down for it (see healing.js).

import { Backoff } from './backoff.js';
import { Connection } from './connection.js';
import { Control } from './control.js';
import { Data } from './data.js';
import { RtcError } from './errors.js';
import { Link } from './link.js';

const CONNECT_DEADLINE = 15000;
const GOODBYE_GRACE = 400;  // the goodbye over signaling explains a connection that closed
const STABLE_AFTER = 5000;

/**
 * One watched stream; made by `Room.watch()`.
 *
 * `state` is one of
 * - "waiting": not connected; `reason` says why: "absent" (nobody publishes it yet), "ended" (its
 *   publisher stopped), "signaling" (no server), "retry" (a connection failed, the next try is near)
 * - "connecting"
 * - "playing": media has a path
 * - "interrupted": the path is gone, maybe for a moment
 * - "closed": by `close()`
 *
 * Events: "state"; "stream" (`stream` is another MediaStream now); "muted" (the browser allows no sound
 * before a gesture, so `attach()` plays without); "error" (detail: RtcError, the session goes on);
 * "healing" (detail: {why}) and "healed" (detail: {why, by, milliseconds}): see README.md.
 */
export class Session extends EventTarget {
  #room;
  #options;
  #spare;
  #meter = null;
  #video = null;
  #peerId = null;
  #finished = null;
  #timer = 0;
  #connectedAt = 0;
  #played = false;
  #backoff = new Backoff();
  #healing = null;
  /** @type {Link|null} what is shown, or is to be */
  #live = null;

  /** @hideconstructor */
  constructor(room, target, { videoElement = null, jitterBufferTarget = 0 } = {}) {
    super();
    this.#room = room;
    this.#options = { jitterBufferTarget };
    this.target = target;
    this.state = 'waiting';
    this.reason = 'absent';
    /** How often a connection was replaced, or came back, while it was shown. */
    this.heals = 0;
    /** @type {MediaStream|null} */
    this.stream = null;
    /** @type {Data} messages and files, to and from the publisher */
    this.data = new Data(undefined, ['control']);
    /** Playback and remote control, where the publisher allows it. */
    this.control = new Control();
    // Making the first RTCPeerConnection of a page takes tens of milliseconds: not after the list came.
    this.#spare = new Connection(room.configuration());
    if (videoElement) this.attach(videoElement);
    this.refresh();
  }

  /** The name of the stream, or what was asked for. */
  get name() {
    return this.#room.find(this.target)?.name ?? this.target ?? '';
  }

  /**
   * Plays in a media element: with sound where the browser allows it, otherwise muted.
   * @param {HTMLMediaElement} element
   */
  attach(element) {
    this.#video = element;
    this.#show();
  }

  /** Statistics by their W3C names: see README.md; null while there is no connection. */
  async stats() {
    const link = this.#live;
    if (!link) return null;
    const { StatsMeter } = await import('./stats.js');
    if (link !== this.#live) return null;
    this.#meter ??= new StatsMeter(link.connection.pc, 'inbound-rtp');
    return { ...(await this.#meter.read()), heals: this.heals };
  }

  /** The RTCPeerConnection of the moment, for what this class does not offer; null while waiting. */
  get peerConnection() {
    return this.#live?.connection.pc ?? null;
  }

  /** Connects anew now: after the publisher ended the session, or instead of waiting for the next try. */
  restart() {
    if (this.state === 'closed') return;
    this.#finished = null;
    this.#drop();
    this.refresh();
  }

  close() {
    if (this.state === 'closed') return;
    this.data.close();
    this.control.close();
    this.#drop();
    this.#spare?.close();
    if (this.#video?.srcObject === this.stream) this.#video.srcObject = null;
    this.#room.forget(this);
    this.#set('closed', null);
  }

  /** Called by the room when its streams or its signaling changed. */
  refresh() {
    if (this.state === 'closed') return;
    if (this.#live) {
      this.#healing?.refresh();
      return;
    }
    const stream = this.#room.find(this.target);
    if (!stream) {
      this.#finished = null;
      clearTimeout(this.#timer);
      this.#set('waiting', !this.#room.isOpen() ? 'signaling' : this.#played ? 'ended' : 'absent');
    } else if (stream.id === this.#finished) {
      this.#set('waiting', 'ended');
    } else if (this.reason !== 'retry' || stream.id !== this.#peerId) {
      this.#start(stream.id);
    }
  }

  #start(peerId) {
    clearTimeout(this.#timer);
    this.#peerId = peerId;
    this.#live = this.#follow(new Link(this.#room.configuration, this.#spare ?? undefined));
    this.#spare = null;
    this.#set('connecting', null);
    this.#live.ask(this.#room.call, peerId);
    this.#timer = setTimeout(() => this.#over(new RtcError('connection-failed',
      'No media came: no path to the publisher was found.',
      'A firewall may be in between: give the server a TURN server, or allow UDP.')), CONNECT_DEADLINE);
  }

  // What happens to a link that is not shown is the business of the healing.
  #follow(link) {
    const on = (type, handle) => link.addEventListener(type, ({ detail }) => {
      if (link === this.#live) handle(detail);
    });
    const followData = () => this.data.follow(link.connection.pc);
    followData();
    link.addEventListener('connection', followData);
    link.addEventListener('track', ({ detail }) => this.#track(link, detail));
    link.addEventListener('channel', ({ detail }) => this.control.add(detail));
    on('state', () => this.#pathChanged(link));
    on('ended', ({ error, lost }) => this.#ended(error, lost));
    on('detached', () => this.#detached());
    on('replaced', (offer) => this.#replaced(link, offer));
    on('error', (cause) => this.#over(new RtcError('negotiation-failed',
      `The description from the publisher was not understood: ${cause.message}`,
      'The publisher may use a codec or feature that this browser does not have.', cause)));
    return link;
  }

  #track(link, { receiver }) {
    const { jitterBufferTarget } = this.#options;
    if (jitterBufferTarget !== null) {
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = jitterBufferTarget;
      else if ('playoutDelayHint' in receiver) receiver.playoutDelayHint = jitterBufferTarget / 1000;
    }
    if (link === this.#live && link.stream !== this.stream) this.#take(link.stream);
  }

  #take(stream) {
    this.stream = stream;
    this.#show();
    this.dispatchEvent(new Event('stream'));
  }

  async #pathChanged(link) {
    clearTimeout(this.#timer);
    if (link.state === 'connected') {
      this.#played = true;
      this.#connectedAt = performance.now();
      this.#set('playing', null);
      this.data.use(link.connection.pc);
      // Needed later: not before the picture, but while the server is there.
      import('./stats.js').catch(() => {});
      const { Healing } = await import('./healing.js').catch(() => ({}));
      if (Healing && link === this.#live) this.#healing ??= new Healing(this.#room, this.#healer());
      return;
    }
    this.#set('interrupted', null);
    if (link.state !== 'lost') return;
    this.#timer = setTimeout(() => {
      if (this.#healing) this.#healing.heal('failed');
      else this.#over();
    }, GOODBYE_GRACE);
  }

  #healer() {
    return {
      live: () => this.#live,
      stream: () => {
        const stream = this.#room.find(this.target);
        return stream?.id === this.#finished ? undefined : stream;
      },
      follow: (link) => this.#follow(link),
      interrupted: () => this.#set('interrupted', null),
      // The replacement is shown from now on, or what was shown came back by itself.
      healed: (link, peerId, detail) => {
        if (link !== this.#live) {
          const old = this.#live;
          this.#live = link;
          this.#peerId = peerId;
          this.#meter = null;
          if (link.stream) this.#take(link.stream);
          this.data.use(link.connection.pc);
          old.end();
          this.control.prune();
        }
        clearTimeout(this.#timer);
        this.#connectedAt = performance.now();
        this.heals += 1;
        this.#set('playing', null);
        this.#tell('healed', detail);
      },
      healing: (why) => this.#tell('healing', { why }),
      over: (error) => this.#over(error),
      gone: () => {
        this.#drop();
        this.refresh();
      },
    };
  }

  // Before there was media a new connection of the publisher just takes the place of the old one.
  #replaced(link, offer) {
    if (link.played && this.#healing) {
      this.#healing.answer(link, this.#peerId, offer);
      return;
    }
    this.#live = this.#follow(new Link(this.#room.configuration));
    this.#live.succeed(link, offer);
    link.end();
  }

  #ended(error, lost) {
    if (lost) {
      if (this.#healing) this.#healing.lost = true;
      this.#detached();
    } else if (this.#healing?.busy) {
      // The old session of a connection that is being replaced.
    } else if (error) {
      this.#over(new RtcError('ended-by-publisher', `The publisher ended the session: ${error}`, 'It is tried again.'));
    } else {
      this.#finished = this.#peerId;
      this.#drop();
      this.refresh();
    }
  }

  // The server is gone, or the publisher's way to it: what plays goes on as long as media comes.
  #detached() {
    if (this.#healing) return;
    this.#drop();
    this.refresh();
  }

  /** Starts over, after a pause that grows from failure to failure. */
  #over(error) {
    if (this.state === 'closed') return;
    // A connection that did not last counts as a failure.
    const lasted = this.state !== 'connecting' && performance.now() - this.#connectedAt > STABLE_AFTER;
    if (lasted) this.#backoff.reset();
    this.#drop(error?.message);
    if (error) this.#tell('error', error);
    this.#set('waiting', 'retry');
    this.#timer = setTimeout(() => {
      this.reason = null;
      this.refresh();
    }, this.#backoff.next());
  }

  #drop(error) {
    clearTimeout(this.#timer);
    this.#healing?.stop();
    this.#healing = null;
    this.data.use(null);
    this.#live?.end(error);
    this.#live = null;
    this.control.prune();
    this.#meter = null;
    this.reason = null;
  }

  async #show() {
    const element = this.#video;
    if (!element || !this.stream) return;
    element.srcObject = this.stream;
    try {
      await element.play();
    } catch (error) {
      if (error.name !== 'NotAllowedError') return;
      element.muted = true;
      this.dispatchEvent(new Event('muted'));
      element.play().catch(() => {});
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #set(state, reason) {
    if (this.state === state && this.reason === reason) return;
    this.state = state;
    this.reason = reason;
    this.dispatchEvent(new Event('state'));
  }
}
