// Boxes on a video, drawn on the frames that they belong to: JSON over a data channel in step with frames
// (see timed.js), described in README.md.

import { InStep } from './timed.js';

const MOST_BOXES = 256;
const LONGEST_LABEL = 80;
const COLOR = '#f43f5e';

const isNumber = (value) => Number.isFinite(value);

/**
 * @param {TimedMessage|null} message
 * @returns {{x: number, y: number, width: number, height: number, label: string}[]} in parts of the picture
 */
export function boxesOf(message) {
  if (message?.kind !== 'json') return [];
  try {
    const { width = 1, height = 1, boxes } = JSON.parse(message.payload);
    if (!(width > 0) || !(height > 0) || !Array.isArray(boxes)) return [];
    return boxes.slice(0, MOST_BOXES)
      .filter((box) => box && [box.x, box.y, box.width, box.height].every(isNumber))
      .map((box) => ({ x: box.x / width, y: box.y / height, width: box.width / width, height: box.height / height,
        label: typeof box.label === 'string' ? box.label.slice(0, LONGEST_LABEL) : '' }));
  } catch {
    return [];
  }
}

export class BoxOverlay {
  #video;
  #canvas;
  #step = null;

  /** @param {HTMLVideoElement} video  the canvas is put behind it, over its picture */
  constructor(video) {
    this.#video = video;
    this.#canvas = document.createElement('canvas');
    this.#canvas.className = 'boxes';
    this.#canvas.hidden = true;
    this.#canvas.setAttribute('aria-hidden', 'true');
    video.after(this.#canvas);
  }

  /** Another session is shown; null: none is. */
  follow(session) {
    this.#step?.close();
    this.#step = session ? new InStep(this.#video, session.data, (message) => this.#draw(boxesOf(message))) : null;
    this.#canvas.hidden = true;
  }

  // With the size of the picture it is fitted into the page as that is.
  #draw(boxes) {
    const canvas = this.#canvas;
    const { videoWidth, videoHeight } = this.#video;
    canvas.hidden = false;
    if (canvas.width !== videoWidth || canvas.height !== videoHeight) {
      canvas.width = videoWidth;
      canvas.height = videoHeight;
    }
    const pen = canvas.getContext('2d');
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const line = Math.max(2, Math.round(videoHeight / 240));
    pen.lineWidth = line;
    pen.strokeStyle = pen.fillStyle = COLOR;
    pen.font = `${line * 6}px sans-serif`;
    for (const box of boxes) {
      const [x, y] = [box.x * videoWidth, box.y * videoHeight];
      pen.strokeRect(x, y, box.width * videoWidth, box.height * videoHeight);
      if (box.label) pen.fillText(box.label, x, y > line * 8 ? y - line * 2 : y + line * 7);
    }
  }
}
