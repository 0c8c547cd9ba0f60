#!/usr/bin/env python3
"""A file sent over a data channel (data-framing=stream) arrives whole although packets are lost and links are cut."""
import os
import pathlib
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True

from laboratory import Lab, build, enter  # noqa: E402
from laboratory.process import Process  # noqa: E402

MEGABYTE = 1_000_000


def wait_until(condition, what, limit, *processes):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end or any(process.status() for process in processes):
            raise AssertionError(f'no {what}:\n' + '\n'.join(process.output() for process in processes))
        time.sleep(0.05)


class Transfer(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rtc-transfer-')
        self.addCleanup(folder.cleanup)
        self.sent, self.got = pathlib.Path(folder.name, 'sent'), pathlib.Path(folder.name, 'got')

    def launch(self, lab, side, text, name):
        element = f'uri={lab.signaling.uri()} stream=film'
        return side.spawn(['gst-launch-1.0', *text.format(element).split()], name,
                          {**os.environ, **build.environment()}, kind=Process)

    def begin(self, lab, size):
        """Both ends, once bytes arrive."""
        self.sent.write_bytes(os.urandom(size))
        lab.start()
        self.sender = self.launch(lab, lab.publisher, 'rtcsink name=s {} data_0::data-framing=stream '
                                  f'filesrc location={self.sent} blocksize=65536 ! s.data_0', 'sender')
        self.receiver = self.launch(lab, lab.viewer, 'rtcsrc name=r {} '
                                    f'r.data_0 ! filesink location={self.got}', 'receiver')
        wait_until(lambda: self.got.exists() and self.got.stat().st_size > 0, 'bytes', 30, self.sender, self.receiver)

    def finish(self, limit):
        both = (self.sender, self.receiver)
        wait_until(lambda: all(process.status() is not None for process in both), 'end', limit, *both)
        self.assertEqual([process.status() for process in both], [0, 0])
        self.assertTrue(self.got.read_bytes() == self.sent.read_bytes())

    def test_two_percent_lost(self):
        with Lab() as lab:
            lab.internet.lose('view', 2, to=True, back=True)
            self.begin(lab, 8 * MEGABYTE)
            self.finish(60)
            print(f'2 %: {lab.internet.dropped()} packets dropped')
            self.assertGreater(lab.internet.dropped(), 15)

    def test_cut_for_five_seconds(self):
        with Lab() as lab:
            self.begin(lab, 200 * MEGABYTE)
            lab.viewer.unplug()
            before = self.got.stat().st_size
            end = time.monotonic() + 5
            while (left := end - time.monotonic()) > 0:
                time.sleep(left)  # the cut itself: what is tested is its length
            self.assertLess(self.got.stat().st_size, self.sent.stat().st_size)
            lab.viewer.plug()
            print(f'cut after {before / MEGABYTE:.0f} MB')
            self.finish(90)


if __name__ == '__main__':
    enter()
    build.environment()
    unittest.main(verbosity=1)
