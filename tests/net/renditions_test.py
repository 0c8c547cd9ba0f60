#!/usr/bin/env python3
"""Eight viewers, one of them behind a link that gets narrow: that one gets the small rendition within seconds and goes
on, the others lose no frame and keep the large one. What is encoded already cannot follow, and a warning says so."""
import re
import sys
import time
import unittest

sys.dont_write_bytecode = True

from laboratory import Lab, build, enter  # noqa: E402
from laboratory.pipeline import Viewer  # noqa: E402

FRAME = 1e9 / 30  # ns
SOURCE = ('videotestsrc is-live=true pattern=smpte horizontal-speed=5 ! '
          'video/x-raw,width=640,height=480,framerate=30/1')
RENDITIONS = 'renditions=640x480@900k,320x240@200k'
GOOD = 7
PATIENCE = 10
TOLD = 'media that is encoded already cannot be adapted'


def wait_viewers(publisher, rendition, count):
    """Until so many get that rendition, by the statistics; those on a busy machine may be a second old. How many do."""
    end = time.monotonic() + PATIENCE
    while True:
        match = re.search(rf'viewers=\(uint\)(\d+)[^;]*rendition=\(string\)"?{rendition}', publisher.read_stats())
        found = int(match[1]) if match else 0
        if found == count or time.monotonic() > end:
            return found
        time.sleep(0.2)  # asked for again


class Renditions(unittest.TestCase):
    def test_one_narrow_link(self):
        with Lab() as lab:
            lab.start()
            publisher = lab.publish(RENDITIONS, source=SOURCE)
            publisher.wait_message('rtc-ready')
            bad = lab.view()
            narrow = publisher.wait_message('rtc-viewer-connected')['session']
            good = [Viewer(lab, lab.publisher) for _ in range(GOOD)]
            for viewer in (bad, *good):
                viewer.wait_frames(60)
            self.assertEqual(wait_viewers(publisher, '640x480@900k', GOOD + 1), GOOD + 1)

            since = {viewer: len(viewer.frames) for viewer in good}
            lab.internet.limit('view', '300kbit', '300ms')
            limited = time.monotonic()
            down = publisher.wait_message('rtc-rendition', rendition='320x240@200k')
            print(f'down {down["at"] - limited:.1f} s after the link became narrow: {down["reason"]}')
            self.assertLess(down['at'] - limited, 3)
            bad.wait_frames(60)
            for viewer in good:
                viewer.wait_frames(150)
            moves = [message for message in publisher.messages if message['message'] == 'rtc-rendition']
            told = [(f'{move["at"] - limited:.1f} s', move['rendition'], move['reason']) for move in moves]
            self.assertEqual(wait_viewers(publisher, '640x480@900k', GOOD), GOOD, told)
            self.assertEqual({move['session'] for move in moves}, {narrow}, f'another viewer was moved: {told}')
            for viewer in good:
                times = [pts for _, pts in viewer.frames[since[viewer]:]]
                gap = max(later - earlier for earlier, later in zip(times, times[1:]))
                self.assertLess(gap, 1.5 * FRAME, 'a good viewer lost a frame')

    def test_down_and_up_again(self):
        with Lab() as lab:
            lab.start()
            publisher = lab.publish(RENDITIONS, source=SOURCE)
            publisher.wait_message('rtc-ready')
            viewer = lab.view()
            viewer.wait_frames(60)
            lab.internet.limit('view', '180kbit', '300ms')  # what the large one is worth ends at 225
            limited = time.monotonic()
            down = publisher.wait_message('rtc-rendition', rendition='320x240@200k', timeout=20)
            viewer.wait_frames(150, 30)
            lab.internet.limit('view', None)
            free = time.monotonic()
            up = publisher.wait_message('rtc-rendition', rendition='640x480@900k', timeout=60)
            print(f'down after {down["at"] - limited:.1f} s, up {up["at"] - free:.1f} s after the link was free again')
            self.assertEqual(up['reason'], 'the path takes more')
            viewer.wait_frames(60)

    def test_encoded_media_cannot_follow(self):
        encoded = f'{SOURCE} ! vp8enc deadline=1 target-bitrate=900000 keyframe-max-dist=30'
        with Lab() as lab:
            lab.start()
            publisher = lab.publish(source=encoded)
            publisher.wait_message('rtc-ready')
            viewers = [lab.view() for _ in range(2)]
            for viewer in viewers:
                viewer.wait_frames(60)
            lab.internet.limit('view', '300kbit', '300ms')
            publisher.wait_until(lambda: TOLD in publisher.output(), 'the warning', 30)
            publisher.wait_frames(150)
            self.assertEqual(publisher.output().count(TOLD), 1, 'told more than once')
            self.assertFalse([m for m in publisher.messages if m['message'] == 'rtc-rendition'])


if __name__ == '__main__':
    enter()
    build.environment()
    unittest.main(verbosity=1)
