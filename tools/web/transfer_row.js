// One file on its way, as the page shows it: how far it is, and what can be done about it.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function sizeText(bytes) {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${power && value < 100 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
}

const STATES = {
  offered: 'is offered',
  running: '',
  interrupted: 'waits for a connection',
  done: 'is complete',
};

export class TransferRow {
  #transfer;
  #link = null;
  #goOn = null;  // asked for, because it is large
  #item = document.createElement('li');
  #state = document.createElement('small');
  #bar = document.createElement('progress');
  #buttons = document.createElement('span');
  /** Called when it is taken off the list. */
  onremove = () => {};

  get isOver() {
    return this.#transfer.isOver;
  }

  /**
   * @param {HTMLElement} list
   * @param {Transfer} transfer
   * @param {string} who  sends it
   */
  constructor(list, transfer, who) {
    this.#transfer = transfer;
    const name = document.createElement('span');
    name.textContent = transfer.name;
    this.#state.setAttribute('role', 'status');
    this.#bar.setAttribute('aria-label', `${transfer.name} from ${who}`);
    this.#buttons.className = 'buttons';
    this.#item.append(name, this.#state, this.#bar, this.#buttons);
    this.#item.dataset.direction = transfer.direction;
    list.append(this.#item);
    transfer.addEventListener('progress', () => this.#showProgress());
    transfer.addEventListener('state', () => this.#show());
    this.#show();
  }

  /** Receives it into the memory of the page; beyond `most` bytes only if that is wanted. */
  async keep(most) {
    const full = () => new Promise((resolve) => {
      this.#goOn = resolve;
      this.#show();
    });
    const blob = await this.#transfer.receive({ most, full }).catch(() => null);  // the row says why
    if (!blob) return;
    this.#link = document.createElement('a');
    this.#link.href = URL.createObjectURL(blob);
    this.#link.download = this.#transfer.name;
    this.#link.textContent = 'Save';
    this.#link.className = 'button primary';
    this.#show();
  }

  #continue() {
    this.#goOn();
    this.#goOn = null;
    this.#show();
  }

  async #save() {
    const handle = await window.showSaveFilePicker({ suggestedName: this.#transfer.name }).catch(() => null);
    if (!handle) return;
    const writable = await handle.createWritable().catch(() => null);
    if (writable) this.#transfer.receive({ writable }).catch(() => {});
  }

  #show() {
    const { state, error, isOver } = this.#transfer;
    this.#item.dataset.state = state;
    this.#bar.hidden = isOver || state === 'offered';
    const buttons = [];
    if (this.#goOn && isOver) this.#continue();
    if (this.#goOn) buttons.push(this.#button('Continue', () => this.#continue()));
    if (state === 'offered') {
      buttons.push(this.#button('Receive', () => this.keep()));
      if (window.showSaveFilePicker) buttons.push(this.#button('Save as…', () => this.#save()));
    }
    if (this.#link) buttons.push(this.#link);
    if (isOver) buttons.push(this.#button('Remove', () => this.remove()));
    else buttons.push(this.#button('Cancel', () => this.#transfer.cancel('it was canceled')));
    this.#buttons.replaceChildren(...buttons);
    if (error) this.#state.textContent = `${error.message} ${error.remedy}`;
    else this.#showProgress();
  }

  #showProgress() {
    const { state, size, transferred } = this.#transfer;
    if (size === null) this.#bar.removeAttribute('value');
    else {
      this.#bar.max = Math.max(1, size);
      this.#bar.value = transferred;
    }
    const done = state === 'done' || size === null ? sizeText(transferred) : `${sizeText(transferred)} of ${sizeText(size)}`;
    const amount = state === 'offered' ? (size === null ? '' : sizeText(size)) : done;
    this.#state.textContent = [amount, this.#goOn ? 'is large: it waits' : STATES[state]].filter(Boolean).join(' ');
  }

  #button(words, handle) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = words;
    button.setAttribute('aria-label', `${words}: ${this.#transfer.name}`);
    button.onclick = handle;
    return button;
  }

  /** Takes it off the list; what was kept to be saved is gone. */
  remove() {
    if (this.#link) URL.revokeObjectURL(this.#link.href);
    this.#item.remove();
    this.onremove();
  }
}
