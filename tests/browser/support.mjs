// What the browser tests share: processes, browsers, waiting, and cleaning up after themselves.
//
// A test is a plain script: `await test('name', async (world) => {...})`. It exits with 0 (passed),
// 1 (failed) or 77 (skipped: something it needs is not installed, and it says what).

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Thrown to skip the test. */
export class Skip extends Error {}

const DEADLINE = 30000;

/** One test's processes and folders; everything is gone when the test is over. */
class World {
  #cleanups = [];
  #ending;

  /** Runs `undo` when the test is over, last first. */
  atEnd(undo) {
    this.#cleanups.push(undo);
  }

  /** Cleans up, once, however often it is called. */
  end() {
    this.#ending ??= this.#cleanUp();
    return this.#ending;
  }

  async #cleanUp() {
    for (const undo of this.#cleanups.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        console.log(`# clean-up: ${error.message}`);
      }
    }
  }

  /** Says that something was checked and found right. */
  check(condition, what) {
    if (!condition) throw new Error(`not so: ${what}`);
    console.log(`ok - ${what}`);
  }

  folder() {
    const path = mkdtempSync(join(tmpdir(), 'rtc-browser-'));
    this.atEnd(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
    return path;
  }

  process(command, args = [], options = {}) {
    const child = new Process(command, args, options);
    this.atEnd(() => child.stop());
    return child;
  }

  /** rtc-server on a port of its own (or the one given), listening. */
  async server({ port, args = [] } = {}) {
    const binary = needFile(process.env.RTC_SERVER, 'RTC_SERVER (the rtc-server that was built)');
    const number = port ?? (await freePort());
    const server = this.process(binary, ['--listen', `127.0.0.1:${number}`, ...args]);
    await server.line(/http:\/\//);
    return Object.assign(server, { port: number, page: `http://127.0.0.1:${number}/`, ws: `ws://127.0.0.1:${number}/` });
  }

  /** gst-launch-1.0 with a pipeline. */
  pipeline(text, { eosOnShutdown = false } = {}) {
    return this.process('gst-launch-1.0', [...(eosOnShutdown ? ['-e'] : []), ...splitPipeline(text)]);
  }

  /** A live test stream with sound, published by rtcsink; the sound is a tone. */
  testPublisher(server, { stream = 'test', options = '' } = {}) {
    needElements('rtcsink', 'videotestsrc', 'audiotestsrc', 'vp8enc', 'opusenc', 'nicesrc');
    return this.pipeline(`videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1
      ! rtcsink name=s uri=${server.ws} stream=${stream} ${options} audiotestsrc is-live=true ! s.`);
  }

  /** `strict`: no sound before a gesture, no camera, as a browser of its own accord. */
  chromium(options) {
    return this.#browser('chrome', findProgram('chromium', 'chromium-browser', 'google-chrome'), options);
  }

  firefox(options) {
    return this.#browser('firefox', findProgram('firefox-esr', 'firefox'), options);
  }

  async #browser(kind, executablePath, { strict = false } = {}) {
    const { default: puppeteer } = await import('puppeteer-core').catch(() => {
      throw new Skip('the npm modules are missing: run tools/run-tests, or "npm ci" in tests/browser');
    });
    const browser = await puppeteer.launch({
      browser: kind,
      executablePath,
      headless: true,
      userDataDir: this.folder(),
      timeout: 120000,
      protocolTimeout: 180000,
      args: kind === 'chrome' ? [...CHROMIUM_ARGUMENTS, ...(strict ? STRICT : LENIENT)] : [],
      extraPrefsFirefox: FIREFOX_PREFERENCES,
    });
    this.atEnd(async () => {
      await Promise.race([browser.close(), new Promise((done) => { setTimeout(done, 5000).unref(); })]);
      browser.process()?.kill('SIGKILL');
    });
    return browser;
  }

  /** A page in a context of its own: no cookie, cache or permission shared with another. */
  async page(browser, url, { width = 1280, height = 800 } = {}) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.setViewport({ width, height });
    page.errors = [];
    page.on('pageerror', (error) => {
      page.errors.push(error);
      console.log(`# page: ${error.stack ?? error.message}`);
    });
    page.on('console', (message) => {
      if (['error', 'warn', 'warning'].includes(message.type())) console.log(`# console: ${message.text()}`);
    });
    if (url) await page.goto(url);
    return page;
  }

  /** Keeps a picture of the page if RTC_SCREENSHOT_DIR says where. */
  async screenshot(page, name) {
    const folder = process.env.RTC_SCREENSHOT_DIR;
    if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }
}

const CHROMIUM_ARGUMENTS = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--use-fake-device-for-media-stream=fps=30',
  // A page in the background would be slowed down: the tests have several open.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

const LENIENT = ['--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'];
const STRICT = ['--deny-permission-prompts', '--autoplay-policy=document-user-activation-required'];

const FIREFOX_PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.peerconnection.ice.loopback': true,
  'media.gmp-manager.updateEnabled': false,
};

/** A child process whose output can be waited for. */
class Process {
  #waiting = new Set();
  #child;

  constructor(command, args, { env = {}, cwd } = {}) {
    this.name = `${command.split('/').pop()} ${args.join(' ')}`;
    this.output = '';
    this.#child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const heard = (data) => {
      this.output += data;
      this.#waiting.forEach((look) => look());
    };
    this.#child.stdout.on('data', heard);
    this.#child.stderr.on('data', heard);
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.output += error.message;
        resolve(-1);
      });
      this.#child.on('close', (code, signal) => resolve(code ?? signal));
    });
    this.ended.then((code) => {
      this.code = code;
      this.#waiting.forEach((look) => look());
    });
  }

  /** Waits until the output matches; ends with an error if the process does first. */
  line(pattern, milliseconds = DEADLINE) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        this.#waiting.delete(look);
        clearTimeout(timer);
        settle(value);
      };
      const fail = (why) => done(reject, new Error(`${this.name} ${why}; its output:\n${this.output.slice(-3000)}`));
      const look = () => {
        const match = this.output.match(pattern);
        if (match) done(resolve, match);
        else if (this.code !== undefined) fail(`ended with ${this.code}`);
      };
      const timer = setTimeout(() => fail(`did not print ${pattern}`), milliseconds);
      this.#waiting.add(look);
      look();
    });
  }

  /** Waits until it ends by itself; resolves with its exit status. */
  exit(milliseconds = DEADLINE) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} did not end; its output:\n${this.output.slice(-3000)}`)), milliseconds);
      this.ended.then((code) => {
        clearTimeout(timer);
        resolve(code);
      });
    });
  }

  kill(signal = 'SIGTERM') {
    this.#child.kill(signal);
  }

  /** Ends it, by force if asking is not enough; resolves with its exit status. */
  async stop(signal = 'SIGTERM') {
    if (this.code !== undefined) return this.code;
    this.kill(signal);
    const force = setTimeout(() => this.kill('SIGKILL'), DEADLINE);
    const code = await this.ended;
    clearTimeout(force);
    return code;
  }
}

// gst-launch-1.0 takes a pipeline as arguments; quotes are not needed in those of the tests.
function splitPipeline(text) {
  return text.trim().split(/\s+/);
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export function needFile(path, what) {
  if (!path || !existsSync(path)) throw new Skip(`${what} is missing${path ? `: ${path}` : ''}`);
  return path;
}

/** Skips unless the GStreamer elements are there. */
export function needElements(...names) {
  for (const name of names) {
    const { status, error } = spawnSync('gst-inspect-1.0', [name], { stdio: 'ignore' });
    if (error) throw new Skip('gst-inspect-1.0 is missing: install gstreamer1.0-tools');
    if (status !== 0) throw new Skip(`the GStreamer element ${name} is missing (GST_PLUGIN_PATH=${process.env.GST_PLUGIN_PATH ?? ''})`);
  }
}

/** The Python that has GStreamer's bindings. */
export function needPython() {
  const python = '/usr/bin/python3';
  if (spawnSync(python, ['-c', 'import gi; gi.require_version("Gst", "1.0")']).status !== 0)
    throw new Skip('python3-gi or gir1.2-gstreamer-1.0 is missing');
  return python;
}

export function findProgram(...names) {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    for (const name of names) if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Skip(`none of ${names.join(', ')} is installed`);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Runs a test and exits with its result. */
export async function test(name, body) {
  const world = new World();
  let code = 0;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => world.end().then(() => process.exit(1)));
  }
  console.log(`# ${name}`);
  try {
    await body(world);
  } catch (error) {
    code = error instanceof Skip ? 77 : 1;
    console.log(error instanceof Skip ? `skipped: ${error.message}` : `FAILED: ${error.stack}`);
  }
  await world.end();
  process.exit(code);
}
