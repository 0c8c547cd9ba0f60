#!/usr/bin/env python3
"""Packets are lost on the line to the viewer. At 1 % retransmission (RTX) repairs everything: over 30 s no frame is
missing after the decoder. At 10 % video keeps flowing."""
import sys
import unittest

sys.dont_write_bytecode = True

from laboratory import Lab, build, enter  # noqa: E402

FRAME = 1e9 / 15  # ns between two frames
SECONDS = 30
LATENCY = 400  # ms: a packet can be asked for a few times, and a busy machine may be late
# Noise: some thousand packets in that time.
SOURCE = 'videotestsrc is-live=true pattern=snow ! video/x-raw,width=320,height=240,framerate=15/1'


def missing(stamps):
    """How many frames the time stamps leave out."""
    return sum(max(0, round((later - earlier) / FRAME) - 1) for earlier, later in zip(stamps, stamps[1:]))


class Loss(unittest.TestCase):
    def play(self, percent):
        """Frames that came in, and of them those that the time stamps say are missing."""
        with Lab() as lab:
            lab.start()
            publisher = lab.publish('video-bitrate=1200000', source=SOURCE)
            publisher.wait_message('rtc-ready')
            viewer = lab.view(f'latency={LATENCY}')
            viewer.wait_frames(15)
            lab.internet.lose('view', percent)
            first = len(viewer.frames)
            try:
                viewer.wait_frames(15 * SECONDS, SECONDS + 15)
            finally:
                dropped = lab.internet.dropped()
                stamps = [pts for _, pts in viewer.frames[first:]]
                gap = viewer.largest_gap(viewer.frames[first][0])
                print(f'{percent} %: {dropped} packets dropped; {len(stamps)} frames, {missing(stamps)} missing, '
                      f'longest wait {gap:.2f} s')
            self.assertGreater(dropped, 15)
            return missing(stamps), gap

    def test_one_percent(self):
        lost, _ = self.play(1)
        self.assertEqual(lost, 0)

    def test_ten_percent(self):
        _, gap = self.play(10)
        self.assertLess(gap, 5)


if __name__ == '__main__':
    enter()
    build.environment()
    unittest.main(verbosity=1)
