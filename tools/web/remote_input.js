// Mouse, keys and touch over a video become GstNavigation events, in pixels of the video.

// Names that X gives to what KeyboardEvent.key calls otherwise; letters and digits are the same.
const KEYS = {
  ' ': 'space', '!': 'exclam', '"': 'quotedbl', '#': 'numbersign', $: 'dollar', '%': 'percent', '&': 'ampersand',
  "'": 'apostrophe', '(': 'parenleft', ')': 'parenright', '*': 'asterisk', '+': 'plus', ',': 'comma', '-': 'minus',
  '.': 'period', '/': 'slash', ':': 'colon', ';': 'semicolon', '<': 'less', '=': 'equal', '>': 'greater',
  '?': 'question', '@': 'at', '[': 'bracketleft', '\\': 'backslash', ']': 'bracketright', '^': 'asciicircum',
  _: 'underscore', '`': 'grave', '{': 'braceleft', '|': 'bar', '}': 'braceright', '~': 'asciitilde',
  Enter: 'Return', Backspace: 'BackSpace', ArrowLeft: 'Left', ArrowRight: 'Right', ArrowUp: 'Up', ArrowDown: 'Down',
  PageUp: 'Page_Up', PageDown: 'Page_Down', CapsLock: 'Caps_Lock', NumLock: 'Num_Lock', ScrollLock: 'Scroll_Lock',
  PrintScreen: 'Print', ContextMenu: 'Menu',
};
const SIDED = { Shift: 'Shift', Control: 'Control', Alt: 'Alt', Meta: 'Super' };

const MASKS = [
  ['shiftKey', 'shift-mask'], ['ctrlKey', 'control-mask'], ['altKey', 'mod1-mask'], ['metaKey', 'meta-mask'],
];

function keyName({ key, code }) {
  if (SIDED[key]) return `${SIDED[key]}_${code.endsWith('Right') ? 'R' : 'L'}`;
  return KEYS[key] ?? key;
}

function modifiers(event) {
  const masks = MASKS.filter(([name]) => event[name]).map(([, mask]) => mask);
  for (let button = 0; button < 5; button += 1) {
    // The second bit of `buttons` is the right one, GStreamer's third button.
    const number = [1, 3, 2, 4, 5][button];
    if (event.buttons & (1 << button)) masks.push(`button${number}-mask`);
  }
  return masks.join('+');
}

/** Where in the picture that is, in its pixels; the picture keeps its shape within the element. */
function place(video, { clientX, clientY }) {
  const box = video.getBoundingClientRect();
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(box.width / videoWidth, box.height / videoHeight) || 1;
  const within = (value, most) => Math.min(Math.max(value, 0), most);
  return {
    x: within((clientX - box.left - (box.width - videoWidth * scale) / 2) / scale, videoWidth),
    y: within((clientY - box.top - (box.height - videoHeight * scale) / 2) / scale, videoHeight),
  };
}

const MOUSE = { mousemove: 'MouseMove', mousedown: 'MouseButtonPress', mouseup: 'MouseButtonRelease' };
const TOUCH = { touchstart: 'TouchDown', touchmove: 'TouchMotion', touchend: 'TouchUp' };

/** Works until `end()`. */
export class RemoteInput {
  #video;
  #send;
  #ended = new AbortController();
  #hadFocus;

  constructor(video, send) {
    this.#video = video;
    this.#send = send;
    this.#hadFocus = video.getAttribute('tabindex');
    video.setAttribute('tabindex', '0');
    const on = (types, handle) => {
      for (const type of types) {
        video.addEventListener(type, (event) => {
          event.preventDefault();
          handle.call(this, event);
        }, { signal: this.#ended.signal, passive: false });
      }
    };
    on(Object.keys(MOUSE), this.#mouse);
    on(['wheel'], this.#wheel);
    on(['keydown', 'keyup'], this.#key);
    on([...Object.keys(TOUCH), 'touchcancel'], this.#touch);
    on(['contextmenu'], () => {});
  }

  end() {
    this.#ended.abort();
    if (this.#hadFocus === null) this.#video.removeAttribute('tabindex');
    else this.#video.setAttribute('tabindex', this.#hadFocus);
  }

  #tell(event, fields, source) {
    this.#send({ event, ...fields, modifier_state: modifiers(source) });
  }

  #mouse(event) {
    if (event.type === 'mousedown') this.#video.focus();
    const button = event.type === 'mousemove' ? {} : { button: event.button + 1 };
    this.#tell(MOUSE[event.type], { ...place(this.#video, event), ...button }, event);
  }

  #wheel(event) {
    // Away from the user is up: positive in GStreamer, negative in browsers.
    this.#tell('MouseScroll', { ...place(this.#video, event), delta_x: -event.deltaX, delta_y: -event.deltaY }, event);
  }

  #key(event) {
    this.#tell(event.type === 'keydown' ? 'KeyPress' : 'KeyRelease', { key: keyName(event) }, event);
  }

  #touch(event) {
    if (event.type === 'touchcancel') {
      this.#tell('TouchCancel', {}, event);
      return;
    }
    for (const touch of event.changedTouches) {
      const pressure = event.type === 'touchend' ? {} : { pressure: touch.force };
      this.#tell(TOUCH[event.type], { identifier: touch.identifier, ...place(this.#video, touch), ...pressure }, event);
    }
    this.#tell('TouchFrame', {}, event);
  }
}
