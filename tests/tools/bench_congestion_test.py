"""The figures of rtc-bench congestion, of samples that are known."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / 'tools/rtc-bench/congestion'))

import report  # noqa: E402


def link(rates, waiting=(), step=0.1):
    """Samples of a link that carries rates[n] bytes per second in second n; waiting[n] bytes wait then."""
    samples, sent = [], 0
    for number in range(round(len(rates) / step) + 1):
        second = min(int(number * step + 1e-9), len(rates) - 1)
        samples.append([number * step, sent, sent / 1000, waiting[second] if waiting else 0, 0])
        sent += rates[second] * step
    return samples


def recording(samples, phases, frames=(), tcp=()):
    return {'link': samples, 'phases': phases, 'tcp': list(tcp), 'flows': [{'frames': list(frames), 'stats': []}]}


def phase(start, end, rate, tcp=False):
    return {'name': 'x', 'rate': rate, 'tcp': tcp, 'start': start, 'end': end}


class Figures(unittest.TestCase):
    def test_utilization_is_of_the_phase(self):
        run = recording(link([1000, 1000, 500, 500]), [phase(0, 2, 8000), phase(2, 4, 8000)])
        first, second = report.figures(run)
        self.assertAlmostEqual(first['utilizationPercent'], 100, 3)
        self.assertAlmostEqual(second['utilizationPercent'], 50, 3)

    def test_media_is_without_tcp(self):
        run = recording(link([1000, 1000]), [phase(0, 2, 8000, tcp=True)], tcp=[[0, 0], [2, 500]])
        row, = report.figures(run)
        self.assertAlmostEqual(row['mediaPercent'], 75, 3)
        self.assertIsNone(row['settledSeconds'])

    def test_queueing_delay_is_what_waits_over_the_rate(self):
        row = report.figures(recording(link([1000] * 3, [100, 100, 300]), [phase(0, 3, 8000)]))[0]
        self.assertEqual((row['queueMedianMs'], row['queueP95Ms']), (100, 300))

    def test_settled_after_a_step_down_when_the_queue_stays_short(self):
        samples = link([1000] * 6, [0, 300, 0, 0, 0, 0])
        row = report.figures(recording(samples, [phase(0, 1, 16000), phase(1, 6, 8000)]))[1]
        self.assertAlmostEqual(row['settledSeconds'], 0.9, 3)
        never = report.figures(recording(link([1000] * 6, [300] * 6), [phase(0, 1, 16000), phase(1, 6, 8000)]))[1]
        self.assertIsNone(never['settledSeconds'])

    def test_settled_after_a_step_up_at_four_fifths_of_the_link(self):
        row = report.figures(recording(link([100, 100, 1000, 1000]), [phase(0, 4, 8000)]))[0]
        self.assertAlmostEqual(row['settledSeconds'], 2.8, 3)
        self.assertIsNone(report.figures(recording(link([100] * 4), [phase(0, 4, 8000)]))[0]['settledSeconds'])

    def test_a_freeze_counts_where_it_lies(self):
        frames = [number / 30 for number in range(46)]  # until 1.5 s, and again from 2.5 s
        frames += [2.5 + number / 30 for number in range(46)]
        self.assertAlmostEqual(report.frozen(frames, 0, 2), 0.5)
        self.assertAlmostEqual(report.frozen(frames, 2, 4), 0.5)
        self.assertAlmostEqual(report.frozen(frames, 4, 6), 2)  # no picture ever after

    def test_few_frames_are_no_freeze(self):
        self.assertEqual(report.frozen([number / 5 for number in range(20)], 0, 3.8), 0)

    def test_width_is_the_mean_of_the_phase(self):
        run = recording(link([1000, 1000]), [phase(0, 1, 8000), phase(1, 2, 8000)])
        run['flows'][0]['stats'] = [[0.1, 0, 0, 0, 0, 1280], [0.2, 0, 0, 0, 0, 640], [1.5, 0, 0, 0, 0, 320]]
        self.assertEqual([row['meanWidth'] for row in report.figures(run)], [960, 320])

    def test_fairness(self):
        self.assertEqual(report.fairness([3, 3, 3]), 1)
        self.assertEqual(report.fairness([3, 0, 0]), 1 / 3)
        self.assertIsNone(report.fairness([0, 0]))


if __name__ == '__main__':
    unittest.main()
