// Camera, microphone or screen into the room.

import { bitrateText } from './graph.js';
import './publication.js';  // rtc.js loads it when it is needed: by then the server may be away
import { insecurePageError, mediaError } from './rtc.js';

const $ = (id) => document.getElementById(id);

const STATES = {
  connecting: 'Connecting',
  published: 'You are live',
  waiting: 'The server is away: your viewers go on, the name is listed again soon',
};

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

/** Asks the browser; errors are RtcErrors. */
export async function capture({ picture, microphone }) {
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) throw insecurePageError();
  const tracks = [];
  try {
    if (picture === 'screen') {
      const screen = await devices.getDisplayMedia({ video: { frameRate: { ideal: 30 } }, audio: !microphone })
        .catch((error) => { throw mediaError(error, 'screen'); });
      screen.getVideoTracks().forEach((track) => { track.contentHint = 'detail'; });
      tracks.push(...screen.getTracks());
    }
    if (picture === 'camera' || microphone) {
      const what = [picture === 'camera' && 'camera', microphone && 'microphone'].filter(Boolean).join(' and ');
      const own = await devices.getUserMedia({ video: picture === 'camera' && CAMERA, audio: microphone })
        .catch((error) => { throw mediaError(error, what); });
      tracks.push(...own.getTracks());
    }
  } catch (error) {
    tracks.forEach((track) => track.stop());
    throw error;
  }
  return new MediaStream(tracks);
}

export class Publisher {
  #page;
  #report;
  #messages;
  #timer = 0;

  constructor(page, report, messages) {
    this.#page = page;
    this.#report = report;
    this.#messages = messages;
    $('publish-form').onsubmit = (event) => {
      event.preventDefault();
      this.#start();
    };
    $('publish-stop').onclick = () => this.#page.publication?.close({ stop: true });
    $('publish-mute').onclick = () => this.#mute();
    // Until here a click would have sent the form to the server, as forms do.
    $('publish-start').disabled = false;
  }

  async #start() {
    const picture = $('publish-form').elements.picture.value;
    const microphone = $('publish-microphone').checked;
    if (picture === 'none' && !microphone) {
      this.#report({ message: 'There is nothing to publish.', remedy: 'Choose a picture or the microphone.' });
      return;
    }
    $('publish-start').disabled = true;
    try {
      await this.#publish(await capture({ picture, microphone }));
    } catch (error) {
      this.#report(error);
    } finally {
      $('publish-start').disabled = false;
    }
  }

  async #publish(stream) {
    const publication = await this.#page.room.publish(stream, { name: $('publish-name').value.trim() });
    this.#page.publication = publication;
    publication.addEventListener('state', () => this.#stateChanged());
    publication.addEventListener('viewers', () => this.#stateChanged());
    publication.addEventListener('viewer', ({ detail }) => this.#messages.add('viewers', 'Your viewers', detail.data));
    publication.addEventListener('error', ({ detail }) => this.#report(detail));
    $('preview').srcObject = stream;
    $('preview').hidden = stream.getVideoTracks().length === 0;
    $('preview').play().catch(() => {});
    $('publish-mute').hidden = stream.getAudioTracks().length === 0;
    $('publish-mute').setAttribute('aria-pressed', 'false');
    $('publish-figures').textContent = '';
    this.#timer = setInterval(() => this.#measure(), 1000);
    this.#stateChanged();
    $('publish-stop').focus();
  }

  #stateChanged() {
    const { publication } = this.#page;
    if (!publication) return;
    const live = publication.state !== 'closed';
    $('publish-form').hidden = live;
    $('published').hidden = !live;
    if (live) {
      const viewers = publication.viewers.length;
      $('publish-state').textContent = `${STATES[publication.state]} as “${publication.name}”, ${viewers} ${viewers === 1 ? 'viewer' : 'viewers'}`;
      return;
    }
    clearInterval(this.#timer);
    this.#messages.remove('viewers');
    publication.stream.getTracks().forEach((track) => track.stop());
    $('preview').srcObject = null;
    this.#page.publication = null;
    $('publish-start').focus();
  }

  #mute() {
    const muted = $('publish-mute').getAttribute('aria-pressed') !== 'true';
    this.#page.publication?.stream.getAudioTracks().forEach((track) => { track.enabled = !muted; });
    $('publish-mute').setAttribute('aria-pressed', String(muted));
  }

  async #measure() {
    const viewers = this.#page.publication?.viewers ?? [];
    const readings = await Promise.all(viewers.map((viewer) => viewer.stats()));
    const sum = readings.reduce((total, { video, audio }) => total + (video?.bitrate ?? 0) + (audio?.bitrate ?? 0), 0);
    const video = readings.find((reading) => reading.video?.width)?.video;
    const figures = video ? [`${video.width} × ${video.height}`, `${Math.round(video.framesPerSecond ?? 0)} fps`, video.codec] : [];
    $('publish-figures').textContent = viewers.length ? [...figures, `${bitrateText(sum)} out`].join(' · ') : '';
  }
}
