// Everything that can go wrong, in words: what happened (message) and what to do about it (remedy).

/**
 * An error with a stable `code` for programs and two sentences for people.
 * @property {string} code    e.g. "server-unreachable", "token-refused", "name-taken"
 * @property {string} message what happened
 * @property {string} remedy  what to do about it
 */
export class RtcError extends Error {
  constructor(code, message, remedy = '', cause = undefined) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RtcError';
    this.code = code;
    this.remedy = remedy;
  }
}

const MEDIA_ERRORS = {
  NotAllowedError: ['media-denied', (what) => `The browser was not allowed to use the ${what}.`,
    'Allow it in the browser (the icon beside the address) and in the settings of the system, then try again.'],
  NotFoundError: ['media-missing', (what) => `No ${what} was found.`,
    'Plug one in, or choose another source.'],
  NotReadableError: ['media-busy', (what) => `The ${what} cannot be read.`,
    'Another program may be using it: close that program, then try again.'],
  OverconstrainedError: ['media-unfit', (what) => `No ${what} does what was asked for.`,
    'Ask for less, or choose another device.'],
  AbortError: ['media-aborted', (what) => `The ${what} stopped before it began.`, 'Try again.'],
};

/** Puts a failure of getUserMedia or getDisplayMedia in words; `what` is e.g. "camera". */
export function mediaError(cause, what) {
  if (cause instanceof RtcError) return cause;
  const row = MEDIA_ERRORS[cause?.name];
  if (row) return new RtcError(row[0], row[1](what), row[2], cause);
  return new RtcError('media-failed', `The ${what} could not be opened: ${cause?.message ?? cause}`,
    'Try again, or choose another source.', cause);
}

/** Why navigator.mediaDevices is missing. */
export function insecurePageError() {
  return new RtcError('insecure-page',
    'The browser gives camera, microphone and screen only to pages it trusts.',
    'Open this page over https, or on the machine itself as http://127.0.0.1.');
}
