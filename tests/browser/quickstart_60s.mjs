// A recording played in a loop by rtc-play is watched for a minute: full rate, no freeze, with sound.

import { join } from 'node:path';
import { framesAdvance, soundComes } from './page.mjs';
import { freePort, needElements, needFile, test } from './support.mjs';

const SECONDS = 60;

await test('a minute of quickstart', async (world) => {
  const player = needFile(process.env.RTC_PLAY, 'RTC_PLAY (the rtc-play that was built)');
  needElements('rtcsink', 'vp8enc', 'opusenc', 'webmmux');
  const file = await record(world);
  const port = await freePort();
  const quickstart = world.process(player, [file, '--listen', `127.0.0.1:${port}`, '--duration', '150']);
  await quickstart.line(new RegExp(`Watch at http://127.0.0.1:${port}/`), 60000);

  const browser = await world.chromium();
  const page = await world.page(browser, `http://127.0.0.1:${port}/`);
  await (await page.waitForSelector('#streams button')).click();
  await framesAdvance(page, 60);
  await soundComes(page);

  const start = await reading(page);
  // Counted by the page's own clock: the minute is what is measured.
  await page.waitForFunction((end) => performance.now() >= end, { timeout: (SECONDS + 30) * 1000, polling: 250 }, start.now + SECONDS * 1000);
  const end = await reading(page);
  const seconds = (end.now - start.now) / 1000;
  const rate = (end.frames - start.frames) / seconds;
  const shown = (end.shown - start.shown) / seconds;
  await world.screenshot(page, 'quickstart');
  console.log(`# ${rate.toFixed(2)} fps over ${seconds.toFixed(1)} s, ${shown.toFixed(2)} shown, `
    + `freezes ${end.freezes - start.freezes} (${(end.frozen - start.frozen).toFixed(2)} s), loss ${end.lost - start.lost} packets, `
    + `${end.codecs}, ${end.size}`);
  world.check(rate >= 29, 'at least 29 frames a second came');
  world.check(end.freezes === start.freezes && end.frozen === start.frozen, 'the picture never froze');
  world.check(end.energy > start.energy, 'sound came all the while');
  world.check(page.errors.length === 0, 'no script error on the page');
  const status = await quickstart.stop('SIGINT');
  world.check(status === 0, 'it ends cleanly on Ctrl-C');
});

async function reading(page) {
  return page.evaluate(async () => {
    const { video, audio } = await window.rtcPage.session.stats();
    const quality = document.getElementById('video').getVideoPlaybackQuality();
    return {
      now: performance.now(),
      frames: video.frames,
      shown: quality.totalVideoFrames - quality.droppedVideoFrames,
      freezes: video.freezeCount,
      frozen: video.totalFreezesDuration,
      lost: video.packetsLost,
      energy: audio.totalAudioEnergy,
      codecs: `${video.codec} and ${audio.codec}`,
      size: `${video.width} × ${video.height}`,
    };
  });
}

async function record(world) {
  const file = join(world.folder(), 'sample.webm');
  const writer = world.pipeline(`videotestsrc num-buffers=300 pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1
    ! vp8enc deadline=1 keyframe-max-dist=60 target-bitrate=1000000 ! queue ! webmmux name=m ! filesink location=${file}
    audiotestsrc num-buffers=500 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! opusenc ! queue ! m.`);
  if (await writer.exit() !== 0) throw new Error(`no sample recording: ${writer.output}`);
  return file;
}
