// The one edit of a description this client makes, and why it is needed.

/**
 * Chromium answers an Opus offer in mono unless told otherwise, and there is no API to tell it. Where
 * the offer announces stereo for a payload type, the answer says that stereo is wanted.
 * @param {string} offer
 * @param {string} answer
 * @returns {string} the answer, edited where needed
 */
export function answerInStereo(offer, answer) {
  const stereo = new Set();
  for (const [, payload, parameters] of offer.matchAll(/^a=fmtp:(\d+) (.*)$/gm)) {
    if (/(?:^|;)\s*(?:sprop-)?stereo=1\b/.test(parameters)) stereo.add(payload);
  }
  if (stereo.size === 0) return answer;
  return answer.replace(/^a=fmtp:(\d+) (.*)$/gm, (line, payload, parameters) => (
    stereo.has(payload) && !/(?:^|;)\s*stereo=/.test(parameters) ? `a=fmtp:${payload} stereo=1;${parameters}` : line
  ));
}
