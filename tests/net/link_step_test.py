#!/usr/bin/env python3
"""A link of 2 Mbit/s that has 500 kbit/s for a while: how much of it is used, how long packets wait in front of it, how
long the picture stands still, and how soon the rate is back. Also beside a TCP flow and with random loss.

The queue is that of the link itself, as the router counts it; the figures are printed as a table. The limits are far
from what is printed on a quiet machine: time here depends on how fast it encodes."""
import re
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True

from laboratory import Lab, build, enter  # noqa: E402

SOURCE = ('videotestsrc is-live=true pattern=smpte horizontal-speed=5 ! '
          'video/x-raw,width=480,height=360,framerate=30/1')
HIGH, LOW = 2e6, 0.5e6
SECONDS = 20
TBF = 'root tbf rate {}kbit burst 2kb latency 300ms'

TCP_SINK = """
import socket
listener = socket.create_server(("0.0.0.0", 7000))
print("ready", flush=True)
connection, total, shown = listener.accept()[0], 0, 0
while data := connection.recv(65536):
    total += len(data)
    if total - shown > 20000:
        print(shown := total, flush=True)
"""
TCP_SOURCE = """
import socket, sys
connection = socket.socket()
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
connection.connect((sys.argv[1], 7000))
print("sending", flush=True)
while True:
    connection.sendall(bytes(65536))
"""


class Link:
    """The line to the viewer: its rate, and every 50 ms what passed and what waits."""

    def __init__(self, lab, rate):
        self._node, self._rate = lab.internet, rate
        self._tc('add')
        self.rows = []  # time, bytes so far, seconds that the newest packet waits
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _tc(self, verb):
        self._node.run(*f'tc qdisc {verb} dev view {TBF.format(round(self._rate / 1000))}'.split())

    def step(self, rate):
        self._rate = rate
        self._tc('change')
        return time.monotonic()

    def _watch(self):
        while not self._ended.wait(0.05):  # samples are taken in time; no condition is waited for
            text = self._node.run('tc', '-s', 'qdisc', 'show', 'dev', 'view')
            sent = int(re.search(r'Sent (\d+) bytes', text).group(1))
            number, unit = re.search(r'backlog (\d+)([KM]?)b', text).groups()
            backlog = int(number) * {'': 1, 'K': 1000, 'M': 1000000}[unit]
            self.rows.append((time.monotonic(), sent, backlog * 8 / self._rate))

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._ended.set()
        self._thread.join()

    def use(self, since, until, rate):
        rows = [row for row in self.rows if since <= row[0] < until]
        return (rows[-1][1] - rows[0][1]) * 8 / (rows[-1][0] - rows[0][0]) / rate

    def reaches(self, rate, since, until):
        """Seconds until a second's worth of bytes makes that rate; None: never."""
        rows = [row for row in self.rows if since <= row[0] < until]
        for at, sent, _ in rows:
            earlier = [row for row in rows if row[0] <= at - 1]
            if earlier and (sent - earlier[-1][1]) * 8 / (at - earlier[-1][0]) >= rate:
                return at - since
        return None

    def queue_short(self, limit, since, until):
        """Seconds until the queue stays below `limit` for a second."""
        rows = [row for row in self.rows if since <= row[0] < until]
        for at, _, _ in rows:
            if all(queue < limit for when, _, queue in rows if at <= when < at + 1):
                return at - since
        return None

    def queue(self, part, since, until):
        rows = sorted(row[2] for row in self.rows if since <= row[0] < until)
        return rows[int(part * (len(rows) - 1))]


def longest_freeze(viewer, since, until):
    times = [since, *(at for at, _ in viewer.frames if since <= at < until), until]
    return max(later - earlier for earlier, later in zip(times, times[1:]))


class LinkStep(unittest.TestCase):
    def play(self, lab, source=SOURCE):
        """A viewer, once it sees something."""
        lab.start()
        publisher = lab.publish('video-bitrate=2500000', source=source)
        publisher.wait_message('rtc-ready')
        viewer = lab.view()
        viewer.wait_frames(30)
        return viewer

    def wait_until(self, moment):
        time.sleep(max(0, moment - time.monotonic()))  # a part of the schedule, not a condition

    def test_step_down_and_up(self):
        with Lab() as lab, Link(lab, HIGH) as link:
            viewer = self.play(lab)
            begin = time.monotonic()
            self.wait_until(begin + SECONDS)
            down = link.step(LOW)
            self.wait_until(down + SECONDS)
            up = link.step(HIGH)
            self.wait_until(up + SECONDS)
            end = time.monotonic()
            back = link.reaches(0.8 * HIGH, up, end)
            short = link.queue_short(0.05, down, up)
            print(f'use: {link.use(begin + 5, down, HIGH):.2f} of 2 Mbit/s, '
                  f'{link.use(down + 5, up, LOW):.2f} of 0.5 Mbit/s, {link.use(up + 8, end, HIGH):.2f} of 2 Mbit/s\n'
                  f'queue: p50 {link.queue(.5, begin + 5, down) * 1e3:.0f} p95 {link.queue(.95, begin + 5, down) * 1e3:.0f} ms, '
                  f'p50 {link.queue(.5, down + 5, up) * 1e3:.0f} p95 {link.queue(.95, down + 5, up) * 1e3:.0f} ms, '
                  f'under 50 ms {short} s after the step down\n'
                  f'longest freeze: {longest_freeze(viewer, begin, down):.2f} s, {longest_freeze(viewer, down, up):.2f} s, '
                  f'{longest_freeze(viewer, up, end):.2f} s; 80 % {back} s after the step up')
            self.assertGreater(link.use(down + 5, up, LOW), 0.5)
            self.assertGreater(link.use(up + 8, end, HIGH), 0.4)
            self.assertLess(longest_freeze(viewer, begin, end), 5)

    def test_random_loss(self):
        with Lab() as lab, Link(lab, HIGH) as link:
            viewer = self.play(lab)
            lab.internet.lose('view', 5)
            begin = time.monotonic()
            self.wait_until(begin + 30)
            end = time.monotonic()
            use = link.use(begin + 5, end, HIGH)
            print(f'5 % loss: use {use:.2f} of 2 Mbit/s, longest freeze {longest_freeze(viewer, begin, end):.2f} s')
            self.assertGreater(use, 0.4)

    def test_beside_tcp(self):
        with Lab() as lab, Link(lab, HIGH) as link:
            viewer = self.play(lab)
            server = lab.viewer.spawn([sys.executable, '-c', TCP_SINK], 'TCP sink')
            server.wait_line('ready')
            sender = lab.publisher.spawn([sys.executable, '-c', TCP_SOURCE, lab.viewer.address], 'TCP source')
            sender.wait_line('sending')
            begin, first = time.monotonic(), len(viewer.frames)
            self.wait_until(begin + 40)
            received = int(server.output().split()[-1])
            end = time.monotonic()
            share = 1 - received * 8 / (end - begin) / HIGH
            print(f'beside TCP: share {share:.2f}, use of both {link.use(begin, end, HIGH):.2f}, '
                  f'{len(viewer.frames) - first} frames, longest freeze {longest_freeze(viewer, begin, end):.2f} s')
            self.assertGreater(share, 0.1)


if __name__ == '__main__':
    enter()
    build.environment()
    unittest.main(verbosity=1)
