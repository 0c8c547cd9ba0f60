// Calls, as the page has them: a name that can be called, a call that rings, a call that goes on.

import './line.js';  // rtc.js loads it when it is needed: by then the server may be away
import { mediaError, RtcError } from './rtc.js';

const $ = (id) => document.getElementById(id);

const STATES = {
  calling: 'Calling',
  ringing: 'It rings',
  connecting: 'Connecting',
  connected: 'Connected',
  interrupted: 'The connection is interrupted',
};

const LINE_STATES = {
  connecting: 'Connecting',
  ready: 'You can be called',
  waiting: 'The server is away: calls go on, others can call you again soon',
};

const ENDS = {
  'hung-up': 'The call has ended.',
  canceled: 'The caller gave up.',
};

export class Caller {
  #page;
  #report;
  #messages;
  #line = null;
  #call = null;

  constructor(page, report, messages) {
    this.#page = page;
    this.#report = report;
    this.#messages = messages;
    $('call-form').onsubmit = (event) => {
      event.preventDefault();
      this.#open();
    };
    $('call-close').onclick = () => this.#line?.close();
    $('call-accept').onclick = () => this.#call?.accept(this.#media());
    $('call-reject').onclick = () => this.#call?.reject();
    $('call-end').onclick = () => this.#call?.hangUp();
    $('call-mute').onclick = () => {
      const muted = this.#toggle('call-mute');
      this.#call?.mute('audio', muted);
    };
    $('call-hold').onclick = () => {
      const held = this.#toggle('call-hold');
      this.#call?.hold(held);
    };
    $('call-picture').onclick = () => this.#togglePicture();
    $('call-fullscreen').onclick = () => {
      const video = $('call-video');
      if (video.requestFullscreen) video.requestFullscreen().catch(() => {});
      else video.webkitEnterFullscreen?.();  // iPhone
    };
    $('call-open').disabled = false;
  }

  /** Calls somebody by name. */
  async dial(name) {
    if (this.#call) {
      this.#report(new RtcError('in-call', 'There is a call already.', 'Hang up first.'));
      return;
    }
    if (!this.#line) {
      $('call-name').focus();
      this.#report(new RtcError('no-name', 'Whom you call cannot see who calls.', 'Give your name under “Calls” first.'));
      return;
    }
    this.#follow(this.#line.call(name, this.#media()));
  }

  async #open() {
    $('call-open').disabled = true;
    const { room } = this.#page;
    this.#line = await room.receiveCalls((call) => this.#rings(call), { name: $('call-name').value.trim() });
    this.#page.line = this.#line;
    this.#line.addEventListener('state', () => this.#lineChanged());
    this.#line.addEventListener('error', ({ detail }) => this.#report(detail));
    this.#lineChanged();
  }

  #lineChanged() {
    const { state, name } = this.#line;
    if (state === 'closed') this.#line = this.#page.line = null;
    $('call-form').hidden = state !== 'closed';
    $('call-line').hidden = state === 'closed';
    $('call-open').disabled = state !== 'closed';
    $('call-line-state').textContent = state === 'closed' ? '' : `${LINE_STATES[state]}${state === 'ready' ? ` as “${name}”` : ''}.`;
  }

  #media() {
    return { audio: true, video: $('call-camera').checked };
  }

  #rings(call) {
    if (this.#call) call.reject('busy');
    else this.#follow(call);
  }

  #follow(call) {
    this.#call = this.#page.call = call;
    call.addEventListener('state', () => this.#changed(call));
    call.addEventListener('hold', () => this.#changed(call));
    call.addEventListener('local', () => this.#localChanged(call));
    call.addEventListener('stream', () => this.#streamChanged(call));
    call.addEventListener('track', () => this.#streamChanged(call));
    for (const id of ['call-mute', 'call-hold']) $(id).setAttribute('aria-pressed', 'false');
    $('call').hidden = false;
    this.#messages.add('call', call.name, call.data);
    this.#localChanged(call);
    this.#changed(call);
    $(call.direction === 'in' ? 'call-accept' : 'call-end').focus();
  }

  #changed(call) {
    const ringsHere = call.direction === 'in' && call.state === 'ringing';
    $('call-accept').hidden = $('call-reject').hidden = !ringsHere;
    $('call-end').hidden = ringsHere;
    const isOn = call.state === 'connected' || call.state === 'interrupted';
    for (const what of ['mute', 'hold', 'picture', 'fullscreen']) $(`call-${what}`).hidden = !isOn;
    $('call-title').textContent = ringsHere ? `${call.name} calls` : call.name;
    $('call-state').textContent = ringsHere ? '' : call.heldByOther ? 'On hold at the other side' : STATES[call.state] ?? '';
    $('call').dataset.state = call.state;
    if (call.isOver) this.#ended(call);
  }

  #ended(call) {
    this.#call = this.#page.call = null;
    this.#messages.remove('call');
    $('call').hidden = true;
    $('call-video').srcObject = $('call-preview').srcObject = null;
    $('call-line-state').focus();
    if (call.error) this.#report(call.error);
    else $('call-line-state').textContent = `${ENDS[call.reason] ?? 'The call was not taken.'} You can be called as “${this.#line?.name ?? ''}”.`;
  }

  #streamChanged(call) {
    $('call-video').srcObject = call.stream;
    $('call-video').play().catch(() => {});
  }

  #localChanged(call) {
    const hasPicture = call.local.getVideoTracks().length > 0;
    $('call-preview').srcObject = hasPicture ? call.local : null;
    $('call-preview').hidden = !hasPicture;
    if (hasPicture) $('call-preview').play().catch(() => {});
    $('call-picture').textContent = hasPicture ? 'Camera off' : 'Camera on';
  }

  async #togglePicture() {
    const call = this.#call;
    const [track] = call?.local.getVideoTracks() ?? [];
    if (track) {
      call.removeTrack(track);
      track.stop();
      return;
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: true });
      if (call.isOver) stream.getTracks().forEach((one) => one.stop());
      else call.addTrack(stream.getVideoTracks()[0]);
    } catch (error) {
      this.#report(mediaError(error, 'camera'));
    }
  }

  #toggle(id) {
    const isOn = $(id).getAttribute('aria-pressed') !== 'true';
    $(id).setAttribute('aria-pressed', String(isOn));
    return isOn;
  }
}
