// Messages and files: with the publisher of what is watched, with everybody who watches what is published here.

import { RtcError } from './errors.js';
import { TransferRow } from './transfer_row.js';

const $ = (id) => document.getElementById(id);

const LINES = 500;
const TRANSFERS = 100;
const LONGEST_LINE = 10000;
// Kept by the page without being asked: together, and for each file.
const KEPT_UNASKED = 512000000;
const EACH_UNASKED = 256000000;

/** Parties come and go: `add()` and `remove()`. */
export class Messages {
  #report;
  #parties = new Map();  // by a key: {name, one, data: Set<Data>}
  #heard = new WeakSet();
  #unasked = 0;
  #rows = new Set();

  /** @param {(error: RtcError) => void} report */
  constructor(report) {
    this.#report = report;
    $('message-form').onsubmit = (event) => {
      event.preventDefault();
      this.#say($('message-text').value);
    };
    $('message-to').onchange = () => this.#show();
    $('file-choose').onclick = () => $('file-input').click();
    $('file-input').onchange = () => {
      this.#sendFiles([...$('file-input').files]);
      $('file-input').value = '';
    };
    this.#takeDrops();
  }

  /**
   * @param {string} key   of a party, which is one other side or several
   * @param {string} name  for people
   * @param {Data} data
   */
  add(key, name, data) {
    const party = this.#parties.get(key) ?? { name, data: new Set() };
    this.#parties.set(key, party);
    party.data.add(data);
    if (!this.#heard.has(data)) {
      this.#heard.add(data);
      data.addEventListener('channel', ({ detail }) => this.#listen(detail, name));
      data.addEventListener('transfer', ({ detail }) => this.#receive(detail, name));
      data.addEventListener('state', () => (data.isClosed ? this.remove(key, data) : this.#show()));
    }
    this.#show();
  }

  /** Without `data`, the whole party. */
  remove(key, data) {
    const party = this.#parties.get(key);
    party?.data.delete(data);
    if (!data || party?.data.size === 0) this.#parties.delete(key);
    this.#show();
  }

  #listen(channel, name) {
    // A subprotocol is for programs.
    if (channel.protocol && channel.label !== 'chat') return;
    const who = channel.label === 'chat' ? name : `${name}, ${channel.label}`;
    channel.addEventListener('message', ({ detail }) => {
      if (typeof detail === 'string') this.#write(who, detail);
    });
  }

  get #targets() {
    const party = this.#parties.get($('message-to').value) ?? [...this.#parties.values()][0];
    return [...party?.data ?? []].filter((data) => data.available);
  }

  async #say(text) {
    const targets = this.#targets;
    if (!text.trim() || targets.length === 0) return;
    $('message-text').value = '';
    this.#write('You', text, true);
    const sent = await Promise.allSettled(targets.map((data) => this.#chat(data).send(text)));
    const failed = sent.find(({ status }) => status === 'rejected');
    if (failed) this.#report(failed.reason);
  }

  // Replies come over the channel that is there, or over this one.
  #chat(data) {
    const isNew = !data.channels.some(({ label, state }) => label === 'chat' && state !== 'closed');
    const channel = data.open('chat');
    const party = [...this.#parties.values()].find((one) => one.data.has(data));
    if (isNew) this.#listen(channel, party.name);
    return channel;
  }

  #sendFiles(files) {
    if (files.length && this.#targets.length === 0) {
      this.#report(new RtcError('data-refused', 'There is nobody to send the file to.', 'Watch a stream or publish one, and wait until somebody is connected.'));
    }
    for (const file of files) for (const data of this.#targets) this.#send(file, data);
  }

  async #send(file, data) {
    const transfer = await data.send(file);
    this.#add(new TransferRow($('transfers'), transfer, 'You'));
  }

  // What is small comes at once, for the sender may wait for nobody; what is large waits to be asked for.
  #receive(transfer, name) {
    const row = this.#add(new TransferRow($('transfers'), transfer, name));
    const bytes = transfer.size ?? EACH_UNASKED;
    if (bytes > EACH_UNASKED || this.#unasked + bytes > KEPT_UNASKED) return;
    this.#unasked += bytes;
    row.onremove = () => {
      this.#rows.delete(row);
      this.#unasked -= bytes;
    };
    row.keep(bytes);
  }

  // The oldest of those that are over make room.
  #add(row) {
    this.#rows.add(row);
    row.onremove = () => this.#rows.delete(row);
    for (const old of this.#rows) {
      if (this.#rows.size <= TRANSFERS) break;
      if (old.isOver) old.remove();
    }
    return row;
  }

  #write(who, text, own = false) {
    const line = document.createElement('li');
    line.classList.toggle('own', own);
    const name = document.createElement('b');
    name.textContent = who;
    line.append(name, ` ${text.slice(0, LONGEST_LINE)}`);
    const log = $('message-log');
    const follow = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    log.append(line);
    while (log.children.length > LINES) log.firstChild.remove();
    if (follow) log.scrollTop = log.scrollHeight;
  }

  #takeDrops() {
    const zone = $('messages');
    const over = (event, isOver) => {
      if (![...event.dataTransfer?.types ?? []].includes('Files')) return;
      event.preventDefault();
      zone.classList.toggle('over', isOver);
    };
    zone.addEventListener('dragenter', (event) => over(event, true));
    zone.addEventListener('dragover', (event) => over(event, true));
    zone.addEventListener('dragleave', (event) => over(event, zone.contains(event.relatedTarget)));
    zone.addEventListener('drop', (event) => {
      over(event, false);
      this.#sendFiles([...event.dataTransfer?.files ?? []]);
    });
  }

  #show() {
    const parties = [...this.#parties];
    const chosen = $('message-to').value;
    $('message-to').replaceChildren(...parties.map(([key, { name }]) => new Option(name, key, false, key === chosen)));
    $('message-to-line').hidden = parties.length < 2;
    const canSend = this.#targets.length > 0;
    const someTake = parties.some(([, { data }]) => [...data].some(({ available }) => available));
    $('messages').hidden = !someTake && !$('message-log').firstChild && !$('transfers').firstChild;
    const all = [...(this.#parties.get($('message-to').value)?.data ?? [])];
    $('message-send').disabled = $('message-text').disabled = $('file-choose').disabled = !canSend;
    $('messages-hint').textContent = canSend ? 'or drop it here'
      : all.some((data) => data.available === false) ? 'This stream takes no messages and no files.' : 'Nobody is connected.';
  }
}
