// The picture, its state in words, and its figures.

import { BoxOverlay } from './box_overlay.js';
import { bitrateText, Graph } from './graph.js';
import { PlaybackControls } from './playback.js';

const $ = (id) => document.getElementById(id);

const WAITING = {
  absent: 'Nobody publishes it yet. It plays as soon as it starts.',
  ended: 'The stream ended. It resumes when it comes back.',
  signaling: 'Waiting for the server.',
  retry: 'The connection failed. The next try is near.',
};
const STATES = { connecting: 'Connecting', playing: 'Playing', interrupted: 'The connection is interrupted', closed: '' };

const GRAPHS = [
  { label: 'Frame rate', atLeast: 30, format: (value) => `${Math.round(value)} fps`, of: ({ video }) => video?.framesPerSecond },
  { label: 'Video', atLeast: 5e5, format: bitrateText, of: ({ video }) => video?.bitrate },
  { label: 'Sound', atLeast: 64e3, format: bitrateText, of: ({ audio }) => audio?.bitrate },
  { label: 'Round trip', atLeast: 0.02, format: (value) => `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms`, of: (stats) => stats.roundTripTime },
  { label: 'Loss', atLeast: 0.02, format: (value) => `${(value * 100).toFixed(1)} %`, of: ({ video, audio }) => (video ?? audio)?.lossRate },
  { label: 'Buffer', atLeast: 0.05, format: (value) => `${Math.round(value * 1000)} ms`, of: ({ video }) => video?.jitterBufferDelay },
];

/** Events: "choice" (another session, or none), "change" (of its state). */
export class Player extends EventTarget {
  #page;
  #report;
  #messages;
  #video = $('video');
  #graphs = GRAPHS.map((row) => ({ of: row.of, graph: new Graph($('graphs'), row) }));
  #timer = 0;
  #playback;
  #boxes = new BoxOverlay($('video'));

  constructor(page, report, messages) {
    super();
    this.#page = page;
    this.#report = report;
    this.#messages = messages;
    this.#playback = new PlaybackControls(report);
    $('stop').onclick = () => this.stop();
    $('again').onclick = () => this.#page.session?.restart();
    $('unmute').onclick = $('sound').onclick = () => {
      this.#video.muted = !this.#video.muted;
      this.#video.play().catch(() => {});
    };
    this.#video.onvolumechange = () => this.#soundChanged();
    $('fullscreen').onclick = () => this.#fullscreen();
    page.room.addEventListener('streams', () => this.#offerAgain());
    if (page.session) this.#follow(page.session);
  }

  play(name) {
    this.#forget();
    this.#follow(this.#page.room.watch(name, { videoElement: this.#video }));
    this.dispatchEvent(new Event('choice'));
  }

  stop() {
    this.#forget();
    this.#stateChanged();
    this.dispatchEvent(new Event('choice'));
  }

  #follow(session) {
    this.#page.session = session;
    session.addEventListener('state', () => this.#stateChanged());
    session.addEventListener('muted', () => this.#soundChanged());
    session.addEventListener('error', ({ detail }) => this.#report(detail));
    this.#messages.add('session', session.name || 'The publisher', session.data);
    this.#playback.follow(session.control);
    this.#boxes.follow(session);
    this.#timer = setInterval(() => this.#measure(), 1000);
    this.#stateChanged();
  }

  #forget() {
    clearInterval(this.#timer);
    const { session } = this.#page;
    this.#page.session = null;
    this.#page.stats = null;
    this.#playback.follow(null);
    this.#boxes.follow(null);
    session?.close();
    this.#messages.remove('session');
    $('graphs').hidden = $('facts').hidden = true;
    this.#graphs.forEach(({ graph }) => graph.clear());
  }

  #stateChanged() {
    const { session } = this.#page;
    const { state = 'closed', reason } = session ?? {};
    const words = state === 'waiting' ? WAITING[reason] ?? 'Waiting' : STATES[state];
    $('player-title').textContent = session ? session.name || 'The first stream' : 'Nothing is playing';
    $('player-state').textContent = words;
    $('notice').textContent = session ? words : 'Choose a stream to watch.';
    $('notice').hidden = state === 'playing';
    $('controls').hidden = !session;
    this.#offerAgain();
    $('screen').dataset.state = state;
    if (state === 'playing') $('graphs').hidden = $('facts').hidden = false;
    this.#soundChanged();
    this.dispatchEvent(new Event('change'));
  }

  // There is something to play again as long as the publisher is there.
  #offerAgain() {
    const { session, room } = this.#page;
    $('again').hidden = session?.state !== 'waiting' || !room.streams.some(({ name }) => name === session.name);
  }

  #soundChanged() {
    const { muted } = this.#video;
    $('unmute').hidden = !(muted && this.#page.session?.state === 'playing');
    $('sound').textContent = muted ? 'Unmute' : 'Mute';
  }

  #fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if ($('screen').requestFullscreen) $('screen').requestFullscreen().catch(() => {});
    else this.#video.webkitEnterFullscreen?.();  // iPhone: only the video itself
  }

  async #measure() {
    const { session } = this.#page;
    const stats = (await session?.stats()) ?? null;
    if (session !== this.#page.session) return;
    this.#page.stats = stats;
    for (const { graph, of } of this.#graphs) graph.push((stats && of(stats)) ?? null);
    if (!stats) return;
    const { video, audio } = stats;
    $('fact-video').textContent = video?.codec ?? '–';
    $('fact-size').textContent = video?.width ? `${video.width} × ${video.height}` : '–';
    $('fact-audio').textContent = audio?.codec ? `${audio.codec.replace(/^opus$/i, 'Opus')}${/stereo=1/.test(audio.sdpFmtpLine) ? ', stereo' : ''}` : '–';
    $('fact-freezes').textContent = video?.freezeCount ?? '–';
    $('fact-heals').textContent = stats.heals;
    $('fact-path').textContent = stats.localCandidateType ? `${stats.localCandidateType} – ${stats.remoteCandidateType}` : '–';
  }
}
