// The controls under the picture of a recording that the publisher lets its viewers steer, and the switch
// that sends mouse, keys and touch there.

const $ = (id) => document.getElementById(id);
const REFRESH = 250;

function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (value) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** Shows the control of one session at a time. */
export class PlaybackControls {
  #report;
  #control = null;
  #dragging = false;
  #remote = false;
  #ended = null;

  constructor(report) {
    this.#report = report;
    $('playback-toggle').onclick = () => this.#ask((control) => (
      control.playback.state === 'playing' ? control.pause() : control.play()));
    $('playback-position').oninput = () => {
      this.#dragging = true;
      this.#showTime(Number($('playback-position').value));
    };
    $('playback-position').onchange = () => {
      this.#dragging = false;
      this.#ask((control) => control.seek(Number($('playback-position').value)));
    };
    $('playback-rate').onchange = () => this.#ask((control) => control.setRate(Number($('playback-rate').value)));
    $('playback-loop').onchange = () => this.#ask((control) => control.setLoop($('playback-loop').checked));
    $('remote').onclick = () => this.#setRemote(!this.#remote);
    setInterval(() => this.#tick(), REFRESH);
  }

  /** @param {Control|null} control  of the session that is watched now */
  follow(control) {
    this.#ended?.abort();
    this.#setRemote(false);
    this.#control = control;
    this.#ended = new AbortController();
    for (const type of ['change', 'playback']) control?.addEventListener(type, () => this.#show(), { signal: this.#ended.signal });
    this.#show();
  }

  async #ask(what) {
    try {
      if (this.#control?.playback) await what(this.#control);
    } catch (error) {
      this.#report(error);
      this.#show();
    }
  }

  async #setRemote(remote) {
    if (remote === this.#remote) return;
    this.#remote = remote;
    $('remote').setAttribute('aria-pressed', String(remote));
    await this.#control?.attach(remote ? $('video') : null);
    if (remote) $('video').focus();
  }

  #show() {
    const playback = this.#control?.playback;
    $('remote').hidden = !this.#control?.available;
    if (!this.#control?.available) this.#setRemote(false);
    $('playback').hidden = !playback?.seekable;
    if (!playback?.seekable) return;
    $('playback-toggle').textContent = playback.state === 'playing' ? 'Pause' : 'Play';
    $('playback-position').disabled = playback.duration === null;
    $('playback-position').max = playback.duration ?? 0;
    $('playback-rate').value = String(playback.rate);
    $('playback-loop').checked = playback.loop;
    this.#tick();
  }

  #tick() {
    const position = this.#control?.position ?? null;
    if (position === null || this.#dragging) return;
    $('playback-position').value = position;
    this.#showTime(position);
  }

  #showTime(position) {
    const { duration = null } = this.#control?.playback ?? {};
    const text = duration === null ? clock(position) : `${clock(position)} / ${clock(duration)}`;
    $('playback-time').textContent = text;
    $('playback-position').setAttribute('aria-valuetext', text);
  }
}
