// The picture, its state in words, and its figures.

import { bitrateText, Graph } from './graph.js';

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

export class Player {
  #room;
  #onchange;
  #video = $('video');
  #graphs = GRAPHS.map((row) => ({ of: row.of, graph: new Graph($('graphs'), row) }));
  #timer = 0;

  /** @param {() => void} onchange  another session, or none */
  constructor(room, onchange) {
    this.#room = room;
    this.#onchange = onchange;
    this.session = null;
    $('stop').onclick = () => this.stop();
    $('again').onclick = () => this.session?.restart();
    $('unmute').onclick = $('sound').onclick = () => {
      this.#video.muted = !this.#video.muted;
      this.#video.play().catch(() => {});
    };
    this.#video.onvolumechange = () => this.#soundChanged();
    $('fullscreen').onclick = () => this.#fullscreen();
  }

  play(name, onerror) {
    this.#forget();
    const session = this.#room.watch(name, { videoElement: this.#video });
    this.session = session;
    session.addEventListener('state', () => this.#stateChanged());
    session.addEventListener('muted', () => this.#soundChanged());
    session.addEventListener('error', ({ detail }) => onerror(detail));
    this.#video.requestVideoFrameCallback?.(() => performance.mark('rtc-first-frame'));
    this.#timer = setInterval(() => this.#measure(), 1000);
    this.#stateChanged();
    this.#onchange();
  }

  stop() {
    this.#forget();
    this.#stateChanged();
    this.#onchange();
  }

  #forget() {
    clearInterval(this.#timer);
    const session = this.session;
    this.session = null;
    session?.close();
    this.#graphs.forEach(({ graph }) => graph.clear());
  }

  #stateChanged() {
    const { session } = this;
    const { state = 'closed', reason } = session ?? {};
    const words = state === 'waiting' ? WAITING[reason] ?? 'Waiting' : STATES[state];
    $('player-title').textContent = session ? session.name || 'The first stream' : 'Nothing is playing';
    $('player-state').textContent = words;
    $('notice').textContent = session ? words : 'Choose a stream to watch.';
    $('notice').hidden = state === 'playing';
    $('controls').hidden = !session;
    $('again').hidden = !(state === 'waiting' && (reason === 'retry' || reason === 'ended'));
    $('screen').dataset.state = state;
    $('graphs').hidden = $('facts').hidden = !session;
    this.#soundChanged();
  }

  #soundChanged() {
    const { muted } = this.#video;
    $('unmute').hidden = !(muted && this.session?.state === 'playing');
    $('sound').textContent = muted ? 'Unmute' : 'Mute';
  }

  #fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if ($('screen').requestFullscreen) $('screen').requestFullscreen().catch(() => {});
    else this.#video.webkitEnterFullscreen?.();  // iPhone: only the video itself
  }

  async #measure() {
    const { session } = this;
    const stats = await session?.stats();
    if (!stats || session !== this.session) return;
    this.stats = stats;
    for (const { graph, of } of this.#graphs) graph.push(of(stats) ?? null);
    const { video, audio } = stats;
    $('fact-video').textContent = video?.codec ?? '–';
    $('fact-size').textContent = video?.width ? `${video.width} × ${video.height}` : '–';
    $('fact-audio').textContent = audio?.codec ? `${audio.codec.replace(/^opus$/, 'Opus')}${/stereo=1/.test(audio.sdpFmtpLine) ? ', stereo' : ''}` : '–';
    $('fact-freezes').textContent = video?.freezeCount ?? '–';
    $('fact-path').textContent = stats.localCandidateType ? `${stats.localCandidateType} – ${stats.remoteCandidateType}` : '–';
  }
}
