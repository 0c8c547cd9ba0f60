#!/usr/bin/env python3
"""rtc-bench data, short: that a run over a link completes and its report is whole. What it measures decides nothing."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

from laboratory import build  # noqa: E402

SKIPPED = 77
RATE = 20_000_000


class Bench(unittest.TestCase):
    def test_link_with_loss(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, 'report.json')
            words = [build.program('rtc-bench'), 'data', '--peers', 'rtcsink,rtcsink-messages,pion', '--duration', '2',
                     '--link', '20M', '--loss', '1%', '--json', str(file)]
            done = subprocess.run(words, stdout=subprocess.PIPE, text=True, env={'GST_DEBUG': '2', **os.environ})
            print(done.stdout)
            if done.returncode == SKIPPED:
                os._exit(SKIPPED)
            self.assertEqual(done.returncode, 0)
            report = json.loads(file.read_text())
        self.assertEqual(report['link'], {'bitsPerSecond': RATE, 'lossPercent': 1})
        self.assertLessEqual({'rtcsink', 'rtcsink-messages'}, {run['peers'] for run in report['data']})
        for run in report['data']:
            self.assertGreater(run['megabytesPerSecond'], 0)
            # No more than the link carries, and what waited in its queue.
            self.assertLess(run['megabytesPerSecond'], 1.2 * RATE / 8e6)
            self.assertGreater(run['cpuSecondsPerGigabyte'], 0)
            self.assertGreaterEqual(run['longestStallMs'], 0)


if __name__ == '__main__':
    unittest.main(verbosity=1)
