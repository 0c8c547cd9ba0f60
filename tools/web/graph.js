// A figure with the course of its last minute.

const SVG = 'http://www.w3.org/2000/svg';
const SAMPLES = 60;
const WIDTH = 120;
const HEIGHT = 32;

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export class Graph {
  #values = [];
  #value;
  #line;
  #area;
  #format;
  #atLeast;

  /**
   * @param {HTMLElement} list  a <dl> that gets the figure
   * @param {object} options
   * @param {string} options.label
   * @param {(value: number) => string} options.format
   * @param {number} options.atLeast  the scale goes up to this even if the values stay below
   */
  constructor(list, { label, format, atLeast }) {
    this.#format = format;
    this.#atLeast = atLeast;
    const tile = document.createElement('div');
    const term = document.createElement('dt');
    term.textContent = label;
    this.#value = document.createElement('dd');
    this.#line = svg('polyline', { class: 'line' });
    this.#area = svg('polygon', { class: 'area' });
    const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    picture.append(this.#area, this.#line);
    tile.append(term, this.#value, picture);
    list.append(tile);
    this.clear();
  }

  /** @param {number|null} value  null: not known */
  push(value) {
    this.#value.textContent = value === null ? '–' : this.#format(value);
    if (value === null && this.#values.length === 0) return;
    this.#values.push(value ?? 0);
    if (this.#values.length > SAMPLES) this.#values.shift();
    const top = Math.max(this.#atLeast, ...this.#values) * 1.1;
    const first = SAMPLES - this.#values.length;
    const points = this.#values.map((sample, index) => {
      const x = ((first + index) * WIDTH) / (SAMPLES - 1);
      const y = HEIGHT - 1 - (sample / top) * (HEIGHT - 2);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    const left = ((first * WIDTH) / (SAMPLES - 1)).toFixed(1);
    this.#line.setAttribute('points', points.join(' '));
    this.#area.setAttribute('points', `${left},${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`);
  }

  clear() {
    this.#values = [];
    this.#value.textContent = '–';
    this.#line.removeAttribute('points');
    this.#area.removeAttribute('points');
  }
}

/** 1234567 → "1.23 Mbit/s" */
export function bitrateText(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} Mbit/s`;
  return `${Math.round(value / 1000)} kbit/s`;
}
