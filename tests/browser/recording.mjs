// What a recording holds, as gst-discoverer-1.0 sees it.

import { spawnSync } from 'node:child_process';
import { findProgram } from './support.mjs';

/** @returns {{seconds: number, video: string[], audio: string[]}} */
export function discover(path) {
  const { stdout, stderr } = spawnSync(findProgram('gst-discoverer-1.0'), [path], { encoding: 'utf8' });
  const [, hours, minutes, seconds] = stdout.match(/Duration: (\d+):(\d+):([\d.]+)/) ?? [];
  if (seconds === undefined) throw new Error(`gst-discoverer-1.0 cannot read ${path}: ${stdout}${stderr}`);
  const tracks = (kind) => [...stdout.matchAll(new RegExp(`${kind} #\\d+: (.*)`, 'g'))].map((match) => match[1]);
  return { seconds: 3600 * hours + 60 * minutes + Number(seconds), video: tracks('video'), audio: tracks('audio') };
}

/** A pipeline that records a stream, audio and video, without transcoding. */
export function recordPipeline(server, stream, path) {
  // A queue takes anything, so the pads are named: gst-launch could not tell which queue is for which.
  return `rtcsrc uri=${server.ws} stream=${stream} name=s matroskamux name=m ! filesink location=${path}
    s.video_0 ! queue ! m.video_0 s.audio_0 ! queue ! m.audio_0`;
}

export function checkRecording(world, path, atLeast) {
  const { seconds, video, audio } = discover(path);
  world.check(video.length === 1 && audio.length === 1, `one video and one audio track: ${video}, ${audio}`);
  world.check(seconds >= atLeast && seconds < atLeast + 20, `${seconds.toFixed(1)} s were recorded`);
}
