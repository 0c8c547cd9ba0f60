// What is around the picture: the list of streams, alerts, the token, publishing. It is loaded after app.js
// has asked for the picture.

import { Caller } from './caller.js';
import { Messages } from './messages.js';
import { Player } from './player.js';
import { Publisher } from './publisher.js';

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);

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

/** @param {{room: Room, session: Session|null}} page  as app.js made it */
export function show(page) {
  const { room } = page;
  const messages = new Messages(report);
  const player = new Player(page, report, messages);
  new Publisher(page, report, messages);
  const caller = new Caller(page, report, messages);

  const listStreams = () => {
    const focused = document.activeElement?.dataset?.stream;
    const { streams } = room;
    const watched = page.session?.name;
    $('streams').replaceChildren(...streams.map((stream) => streamItem(stream, !stream.call && stream.name === watched, player, caller)));
    $('no-streams').hidden = streams.length > 0 || room.state !== 'open';
    if (focused) [...$('streams').querySelectorAll('button')].find((button) => button.dataset.stream === focused)?.focus();
  };
  const serverChanged = () => {
    const wasHidden = $('token-form').hidden;
    $('server-state').textContent = SERVER_STATES[room.state];
    $('server-state').dataset.state = room.state;
    $('token-form').hidden = room.state !== 'refused';
    if (wasHidden && room.state === 'refused') $('token').focus();
    if (room.state === 'open') settled('server-unreachable', 'token-refused');
    listStreams();
  };

  room.addEventListener('state', serverChanged);
  room.addEventListener('streams', listStreams);
  room.addEventListener('error', ({ detail }) => {
    // Without a token the form says it already.
    if (detail.code !== 'token-refused' || query.get('token') || $('token').value) report(detail);
  });
  player.addEventListener('change', () => {
    if (page.session?.state === 'playing') settled('connection-failed', 'path-lost', 'ended-by-publisher', 'negotiation-failed');
    listStreams();
  });
  player.addEventListener('choice', () => {
    const url = new URL(location.href);
    if (page.session?.target) url.searchParams.set('stream', page.session.target);
    else url.searchParams.delete('stream');
    history.replaceState(null, '', url);
  });
  $('token-form').onsubmit = (event) => {
    event.preventDefault();
    room.authenticate($('token').value);
  };

  $('room-name').textContent = query.get('room') ?? 'default';
  $('publish-name').value ||= query.get('name') ?? '';
  serverChanged();
}

function streamItem({ name, own, call }, playing, player, caller) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  const label = document.createElement('span');
  label.textContent = name;
  const badge = document.createElement('small');
  badge.textContent = playing ? 'playing' : own ? 'yours' : call ? 'call' : 'watch';
  button.disabled = call && own;
  button.setAttribute('aria-pressed', String(playing));
  button.dataset.stream = name;
  button.append(label, badge);
  button.onclick = () => (call ? caller.dial(name) : player.play(name));
  item.append(button);
  return item;
}
