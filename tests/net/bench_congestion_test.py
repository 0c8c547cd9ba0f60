#!/usr/bin/env python3
"""rtc-bench congestion, short: that a run completes and its report is whole. What it measures decides nothing."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / 'tools/rtc-bench/congestion'
SKIPPED = 77


class Bench(unittest.TestCase):
    def test_step_with_rtcsink(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, 'report.json')
            words = [sys.executable, str(BENCH), '--scenario', 'step', '--sender', 'rtcsink', '--duration', '3',
                     '--json', str(file)]
            done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
            print(done.stdout)
            if done.returncode == SKIPPED:
                os._exit(SKIPPED)
            self.assertEqual(done.returncode, 0)
            run, = json.loads(file.read_text())['congestion']
        self.assertEqual((run['scenario'], run['sender']), ('step', 'rtcsink'))
        self.assertEqual([row['phase'] for row in run['figures']], ['2M', '500k', '2M again'])
        for row, phase in zip(run['figures'], run['phases'], strict=True):
            self.assertGreater(row['utilizationPercent'], 0)
            self.assertLess(row['utilizationPercent'], 120)  # no more than the link carries
            self.assertGreaterEqual(row['queueP95Ms'], row['queueMedianMs'])
            self.assertLessEqual(row['frozenSeconds'], phase['end'] - phase['start'] + 1e-6)
            self.assertLessEqual(row['framesPerSecond'], 60)
        self.assertGreater(run['figures'][0]['framesPerSecond'], 0)


if __name__ == '__main__':
    unittest.main(verbosity=1)
