// The page, the urgent part: enter the room, and ask for the picture if the address names one. The rest
// (page.js) is loaded while the answer is on its way.

import { Room } from './rtc.js';

const query = new URLSearchParams(location.search);
const video = document.getElementById('video');

const room = new Room({
  room: query.get('room') ?? undefined,
  token: query.get('token') ?? undefined,
  early: window.rtcEarly,
});
const session = query.has('stream') ? room.watch(query.get('stream'), { videoElement: video }) : null;
video.requestVideoFrameCallback?.(() => performance.mark('rtc-first-frame'));

/**
 * For tests and for curious people at the console: `rtcPage.room`, `.session` (null while nothing is
 * chosen), `.publication` (null while nothing is published), `.line` and `.call` (null while there is none),
 * `.stats` (the last reading shown). The performance mark "rtc-first-frame" tells when the first picture was there.
 */
window.rtcPage = { room, session, publication: null, line: null, call: null, stats: null };

const { show } = await import('./page.js');
show(window.rtcPage);
