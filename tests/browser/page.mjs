// What the tests ask of the page: its hook window.rtcPage is documented at the end of tools/web/app.js.

/** Publishes the fake camera and microphone through the form, and waits until they are listed. */
export async function publishFromForm(page, name) {
  await page.locator('#publish-name').fill(name);
  await page.locator('#publish-start').click();
  await page.waitForFunction(() => window.rtcPage?.publication?.state === 'published');
}

/** Waits until the session plays and pictures really advance: `count` more are presented than were. */
export async function framesAdvance(page, count = 15, timeout = 30000) {
  await page.waitForFunction(() => window.rtcPage?.session?.state === 'playing', { timeout });
  await page.evaluate(() => { window.presentedFrames = 0; });
  await countFrames(page);
  await page.waitForFunction((goal) => window.presentedFrames >= goal, { timeout, polling: 100 }, count);
}

/** Decoded frames a second, over `seconds` of the page's own clock. */
export async function frameRate(page, seconds) {
  const read = () => page.evaluate(async () => [performance.now(), (await window.rtcPage.session.stats()).video.frames]);
  const [start, first] = await read();
  await page.waitForFunction((end) => performance.now() >= end, { polling: 100, timeout: (seconds + 30) * 1000 }, start + seconds * 1000);
  const [end, last] = await read();
  return (1000 * (last - first)) / (end - start);
}

// getVideoPlaybackQuality() counts nothing for a MediaStream in Firefox; this works in both.
export async function countFrames(page) {
  await page.evaluate(() => {
    if (window.countsFrames) return;
    window.countsFrames = true;
    window.presentedFrames = 0;
    const video = document.getElementById('video');
    const next = () => video.requestVideoFrameCallback(() => {
      window.presentedFrames += 1;
      next();
    });
    next();
  });
}

/** Waits until sound that is more than silence came. */
export async function soundComes(page, timeout = 30000) {
  await page.waitForFunction(async () => {
    const stats = await window.rtcPage.session?.stats();
    return stats?.audio?.totalAudioEnergy > 1e-6;
  }, { timeout, polling: 300 });
}

/** Waits until the list of the page has a stream, and gives its button. */
export async function listed(page, name, timeout = 30000) {
  return page.waitForSelector(`#streams button[data-stream="${name}"]`, { timeout });
}

export function sessionIs(page, state, reason, timeout = 30000) {
  return page.waitForFunction((wantedState, wantedReason) => {
    const { session } = window.rtcPage;
    return session?.state === wantedState && (!wantedReason || session.reason === wantedReason);
  }, { timeout }, state, reason ?? null);
}
