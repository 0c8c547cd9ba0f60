// Delays that double from try to try, spread a little so that many clients do not come back at once.

export class Backoff {
  #tries = 0;

  constructor({ first = 250, most = 10000 } = {}) {
    this.first = first;
    this.most = most;
  }

  /** Milliseconds to wait before the next try. */
  next() {
    const delay = Math.min(this.most, this.first * 2 ** this.#tries);
    this.#tries += 1;
    return delay * (0.8 + 0.4 * Math.random());
  }

  reset() {
    this.#tries = 0;
  }
}
