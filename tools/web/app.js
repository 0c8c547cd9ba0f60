// The page: a room's streams, one of them playing, one of one's own published.

import { Player } from './player.js';
import { Publisher } from './publisher.js';
import { Room } from './rtc.js';

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);

const room = new Room({
  room: query.get('room') ?? undefined,
  token: query.get('token') ?? undefined,
  early: window.rtcEarly,
});

const SERVER_STATES = {
  connecting: 'Connecting',
  open: 'Connected',
  waiting: 'Reconnecting',
  refused: 'Token needed',
  closed: 'Closed',
};

function report(error) {
  const box = document.createElement('div');
  box.className = 'alert';
  const words = document.createElement('p');
  const what = document.createElement('strong');
  what.textContent = error.message;
  words.append(what, ` ${error.remedy ?? ''}`);
  const dismiss = document.createElement('button');
  dismiss.textContent = 'Dismiss';
  dismiss.onclick = () => box.remove();
  box.append(words, dismiss);
  box.dataset.code = error.code ?? '';
  // One alert of a kind: what is tried again and again is not said again and again.
  const same = [...$('alerts').children].find((other) => other.dataset.code === box.dataset.code);
  if (same?.textContent === box.textContent) return;
  same?.remove();
  $('alerts').append(box);
}

function settled(...codes) {
  for (const box of [...$('alerts').children]) if (codes.includes(box.dataset.code)) box.remove();
}

const player = new Player(room, () => {
  const url = new URL(location.href);
  if (player.session?.target) url.searchParams.set('stream', player.session.target);
  else url.searchParams.delete('stream');
  history.replaceState(null, '', url);
  listStreams();
});
const publisher = new Publisher(room, report);

function play(name) {
  player.play(name, report);
  player.session.addEventListener('state', () => {
    if (player.session?.state === 'playing') settled('connection-failed', 'path-lost', 'ended-by-publisher', 'negotiation-failed');
    listStreams();
  });
  listStreams();
}

function streamItem({ name, own }) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  const label = document.createElement('span');
  label.textContent = name;
  const badge = document.createElement('small');
  const playing = player.session?.name === name;
  badge.textContent = playing ? 'playing' : own ? 'yours' : 'watch';
  button.setAttribute('aria-pressed', String(playing));
  button.dataset.stream = name;
  button.append(label, badge);
  button.onclick = () => play(name);
  item.append(button);
  return item;
}

function listStreams() {
  const focused = document.activeElement?.dataset?.stream;
  const { streams } = room;
  $('streams').replaceChildren(...streams.map(streamItem));
  $('no-streams').hidden = streams.length > 0;
  if (focused) [...$('streams').querySelectorAll('button')].find((button) => button.dataset.stream === focused)?.focus();
}

function serverChanged() {
  $('server-state').textContent = SERVER_STATES[room.state];
  $('server-state').dataset.state = room.state;
  $('token-form').hidden = room.state !== 'refused';
  if (room.state === 'open') settled('server-unreachable', 'token-refused');
}

room.addEventListener('state', serverChanged);
room.addEventListener('streams', listStreams);
room.addEventListener('error', ({ detail }) => {
  // Without a token the form says it already.
  if (detail.code !== 'token-refused' || query.get('token') || $('token').value) report(detail);
});
$('token-form').onsubmit = (event) => {
  event.preventDefault();
  room.authenticate($('token').value);
};

$('room-name').textContent = query.get('room') ?? 'default';
$('publish-name').value = query.get('name') ?? '';
if (query.has('stream')) play(query.get('stream'));

/**
 * For tests and for curious people at the console: `rtcPage.room`, `.session` (null while nothing is
 * chosen), `.publication` (null while nothing is published), `.stats` (the last reading shown).
 */
window.rtcPage = {
  room,
  get session() { return player.session; },
  get publication() { return publisher.publication; },
  get stats() { return player.stats ?? null; },
};
