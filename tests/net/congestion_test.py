#!/usr/bin/env python3
"""A link that gets narrow: the encoder follows it down and up again, video goes on, and a viewer with a good path does
not notice that another's is bad."""
import re
import sys
import time
import unittest

sys.dont_write_bytecode = True

from laboratory import Lab, build, enter  # noqa: E402
from laboratory.pipeline import Viewer  # noqa: E402

SOURCE = ('videotestsrc is-live=true pattern=smpte horizontal-speed=5 ! '
          'video/x-raw,width=640,height=480,framerate=30/1')
QUEUE = '300ms'


def encoder_rate(publisher, codec='VP8'):
    return int(re.search(rf'codec=\(string\){codec},.*?targetBitrate=\(uint\)(\d+)', publisher.read_stats()).group(1))


class Congestion(unittest.TestCase):
    def wait_rate(self, publisher, condition, what, timeout, codec='VP8'):
        """The first encoder rate for which it holds, and after how many seconds."""
        start = time.monotonic()
        while not condition(rate := encoder_rate(publisher, codec)):
            self.assertLess(time.monotonic() - start, timeout, f'{what}; the rate is {rate}')
            time.sleep(0.1)  # the statistics are asked for again
        return rate, time.monotonic() - start

    def test_narrow_link(self):
        with Lab() as lab:
            lab.start()
            publisher = lab.publish(source=SOURCE)
            publisher.wait_message('rtc-ready')
            viewer = lab.view()
            viewer.wait_frames(30)
            nominal = encoder_rate(publisher)
            lab.internet.limit('view', '300kbit', QUEUE)
            low, seconds = self.wait_rate(publisher, lambda rate: rate < 330000, 'not adapted to 300 kbit/s', 30)
            print(f'2 Mbit/s and more to 300 kbit/s: encoder from {nominal} to {low} bit/s in {seconds:.1f} s')
            viewer.wait_frames(30, 30)
            lab.internet.limit('view', None)
            high, seconds = self.wait_rate(publisher, lambda rate: rate > 0.9 * nominal, 'not adapted to the free link', 60)
            print(f'free again: {high} bit/s after {seconds:.1f} s')
            viewer.wait_frames(60, 20)

    def test_sound_on_a_narrow_link(self):
        with Lab() as lab:
            lab.start()
            publisher = lab.publish(source=f'audiotestsrc is-live=true wave=ticks ! rtc.audio_0 {SOURCE}')
            publisher.wait_message('rtc-ready')
            viewer = lab.view(sink='video/x-raw ! identity name=frames ! fakesink sync=false '
                                   'rtc. ! audio/x-raw ! fakesink sync=false')
            viewer.wait_frames(30)
            self.assertEqual(encoder_rate(publisher, 'OPUS'), 64000)
            lab.internet.limit('view', '120kbit', QUEUE)
            self.wait_rate(publisher, lambda rate: rate < 40000, 'sound takes too much of 120 kbit/s', 30, 'OPUS')
            lab.internet.limit('view', None)
            self.wait_rate(publisher, lambda rate: rate == 64000, 'sound not as it was on the free link', 60, 'OPUS')
            viewer.wait_frames(60, 20)

    def test_one_bad_path_among_good_ones(self):
        with Lab() as lab:
            lab.start()
            publisher = lab.publish(source=SOURCE)
            publisher.wait_message('rtc-ready')
            bad = lab.view()
            good = [Viewer(lab, lab.publisher) for _ in range(2)]
            for viewer in (bad, *good):
                viewer.wait_frames(30)
            nominal = encoder_rate(publisher)
            lab.internet.limit('view', '200kbit', QUEUE)
            start = time.monotonic()
            for viewer in good:
                viewer.wait_frames(240)
            self.assertGreater(encoder_rate(publisher), 0.9 * nominal)
            self.assertLess(max(viewer.largest_gap(start) for viewer in good), 1)


if __name__ == '__main__':
    enter()
    build.environment()
    unittest.main(verbosity=1)
