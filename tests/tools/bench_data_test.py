"""The figures of rtc-bench data, of what the ends said."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / 'tools/rtc-bench/data')]

import report  # noqa: E402


def mark(time, size, stall=0.0):
    return {'time': time, 'bytes': size, 'stall': stall}


class Figures(unittest.TestCase):
    def test_rate_and_cost_are_of_the_window(self):
        run = report.figures('pion', mark(10, 5e8, 3), mark(14, 2.5e9, 0.05), 30, 50)
        self.assertAlmostEqual(run['megabytesPerSecond'], 500)
        self.assertAlmostEqual(run['senderCpuSecondsPerGigabyte'], 15)
        self.assertAlmostEqual(run['receiverCpuSecondsPerGigabyte'], 25)
        self.assertAlmostEqual(run['cpuSecondsPerGigabyte'], 40)
        self.assertAlmostEqual(run['longestStallMs'], 50)

    def test_nothing_came(self):
        run = report.figures('pion', mark(10, 7), mark(14, 7, 4), 1, 1)
        self.assertEqual(run['megabytesPerSecond'], 0)
        self.assertIsNone(run['cpuSecondsPerGigabyte'])
        self.assertIn(' - ', report.row(run))

    def test_ratios_are_of_the_medians(self):
        def run(peers, rate, stall=0.01):
            return report.figures(peers, mark(0, 0), mark(1, rate * 1e6, stall), rate / 100, rate / 100)
        runs = [run('rtcsink', 40), run('chromium', 20, 0.3), run('rtcsink', 10), run('chromium', 20), run('rtcsink', 30)]
        line, = report.ratios(runs)
        self.assertEqual(line, 'rtcsink / chromium: throughput 1.50, CPU per GB 1.00, longest stall 10 ms / 300 ms')

    def test_alone_there_are_no_ratios(self):
        self.assertEqual(list(report.ratios([report.figures('rtcsink', mark(0, 0), mark(1, 1), 1, 1)])), [])


if __name__ == '__main__':
    unittest.main(verbosity=1)
