#!/usr/bin/env python3
"""Parity (FlexFEC) repairs what is not sent again: each 47th packet to the viewer is lost, and every retransmission, as if
the viewer were so far away that what it asks for comes too late. To a viewer that is far away parity goes by itself."""
import os
import re
import shutil
import sys
import unittest

sys.dont_write_bytecode = True

from laboratory import Lab, build, enter  # noqa: E402
from laboratory.pipeline import chromium  # noqa: E402

MODULES = build.ROOT / 'tests/browser/node_modules/puppeteer-core'
SECONDS = 15
RATE = 15
RETRANSMISSION = 97  # payload type, in our offers, of what repairs the first codec
LOST = 25
NTH = 47  # prime: of what a parity packet protects, two are never lost
# Noise: some seven packets in each frame. Of the large one the encoder leaves frames out after a keyframe.
SOURCE = f'videotestsrc is-live=true pattern=snow ! video/x-raw,width=%d,height=%d,framerate={RATE}/1'
LARGE, SMALL = SOURCE % (320, 240), SOURCE % (160, 120)


def number(stats, name):
    return int(re.search(rf'{name}=\(guint64\)(\d+)', stats)[1])


class Parity(unittest.TestCase):
    def publish(self, lab, fec, source):
        lab.start()
        publisher = lab.publish(f'video-codecs=VP8 video-bitrate=1200000 fec={fec}', source=source)
        publisher.wait_message('rtc-ready')
        lab.internet.lose_type('view', RETRANSMISSION)
        lab.internet.lose_nth('view', NTH)
        return publisher

    def receive(self, fec):
        """Keyframes asked for, frames that the time stamps say are missing, parity that came, packets made of it."""
        with Lab() as lab:
            publisher = self.publish(lab, fec, SMALL)
            viewer = lab.view()
            viewer.wait_until(lambda: lab.internet.dropped() > LOST, 'lost packets', 90)
            asked = number(publisher.read_stats(), 'keyFrameRequests')
            stamps = [pts for _, pts in viewer.frames]
            missing = sum(max(0, round((b - a) * RATE / 1e9) - 1) for a, b in zip(stamps, stamps[1:]))
            stats = viewer.read_stats()
            came, made = number(stats, 'fecPacketsReceived'), number(stats, 'packetsRecovered')
            print(f'rtcsrc, fec={fec}: {lab.internet.dropped()} lost, {came} of parity came, {made} packets recovered, '
                  f'{missing} of {len(stamps) + missing} frames missing, {asked} keyframes asked for')
            return asked, missing, came, made

    def test_rtcsrc(self):
        asked_without, missing_without, came, _ = self.receive('none')
        self.assertEqual(came, 0)
        asked, missing, came, made = self.receive('always')
        self.assertGreater(came, 0)
        self.assertGreater(made, 0)
        # None, but a busy machine is late now and then.
        self.assertLess(asked, asked_without / 4)
        self.assertLess(missing, missing_without / 4)

    def watch(self, fec):
        with Lab() as lab:
            self.publish(lab, fec, LARGE)
            browser = chromium(lab, lab.viewer, 'play', SECONDS)
            flow = browser.wait_message('flow', 60 + SECONDS)
            print(f'Chromium, fec={fec}:', {key: value for key, value in flow.items() if key != 'message'})
            return flow

    def test_chromium(self):
        if not shutil.which('chromium') or not shutil.which('node') or not os.path.isdir(MODULES):
            self.skipTest('chromium, nodejs and "npm ci" in tests/browser are needed')
        without, protected = self.watch('none'), self.watch('always')
        self.assertFalse(without.get('fecPacketsReceived'))
        self.assertGreater(protected['fecPacketsReceived'], 0)
        # Of the pictures, and keyframes it had to ask for.
        self.assertEqual(protected['pliCount'], 0)
        self.assertGreater(protected['framesDecoded'], 2 * without['framesDecoded'])


    def parity_sent(self, milliseconds):
        with Lab() as lab:
            lab.start()
            publisher = lab.publish('video-codecs=VP8 video-bitrate=1200000', source=SMALL)
            publisher.wait_message('rtc-ready')
            if milliseconds:
                lab.internet.delay('view', milliseconds)
            lab.internet.lose_nth('view', NTH)
            lab.view()
            publisher.wait_message('rtc-viewer-connected')
            publisher.wait_until(lambda: lab.internet.dropped() > 2 * LOST, 'lost packets', 90)
            sent = number(publisher.read_stats(), 'fecPacketsSent')
            print(f'{milliseconds} ms away: {sent} of parity sent')
            return sent

    def test_far_viewers_have_it(self):
        if not os.path.exists('/dev/net/tun'):
            self.skipTest('the laboratory makes delay with /dev/net/tun, which is not there')
        self.assertEqual(self.parity_sent(0), 0)
        self.assertGreater(self.parity_sent(120), 20)


if __name__ == '__main__':
    enter()
    build.environment()
    unittest.main(verbosity=1)
