// What a call sends: what the application has, or microphone and camera.

import { insecurePageError, mediaError } from './errors.js';

/** @returns {Promise<MediaStream>} or an RtcError */
export async function localMedia({ stream, audio = true, video = false }) {
  if (stream) return new MediaStream(stream.getTracks());
  if (!audio && !video) return new MediaStream();
  if (!navigator.mediaDevices?.getUserMedia) throw insecurePageError();
  const what = [video && 'camera', audio && 'microphone'].filter(Boolean).join(' and ');
  return navigator.mediaDevices.getUserMedia({ audio, video }).catch((error) => { throw mediaError(error, what); });
}
