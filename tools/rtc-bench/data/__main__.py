"""rtc-bench data: the throughput of one reliable, ordered data channel, beside pion and Chromium.

Two programs of a kind, rtcsink and rtcsrc, two of pion, two Chromium, are connected one pair after the other, and send
as fast as they can: on this machine, or (--link) over a line with a rate and a queue in a laboratory of networks
(tests/net/laboratory), which needs root. Compare the ratios of one run; docs/performance.md tells what the figures mean.
"""
import argparse
import json
import pathlib
import sys
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'tests/net'))

import report  # noqa: E402
from end import PEERS, connect, missing  # noqa: E402
from laboratory import build, enter  # noqa: E402
from laboratory.process import TimedOut  # noqa: E402
from place import Link, Loopback  # noqa: E402

SKIPPED = 77
SETTLE = 2  # seconds from the first byte to the window
UNITS = {'k': 1_000, 'M': 1_000_000, 'G': 1_000_000_000}


def peers(text):
    chosen = text.split(',')
    for name in chosen:
        if name not in PEERS:
            raise argparse.ArgumentTypeError(f'"{name}" is not one of {", ".join(PEERS)}')
    return chosen


def bounded(kind, low, high):
    def parse(text):
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f'from {low} to {high}')
        return value
    return parse


def rate(text):
    try:
        value = float(text.rstrip('kMG')) * UNITS.get(text[-1:], 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is not a rate, such as 20M or 500k') from None
    return bounded(int, 10_000, 10_000_000_000)(value)


def percent(text):
    return bounded(float, 0, 100)(text.rstrip('%'))


def options():
    parser = argparse.ArgumentParser(prog='rtc-bench data', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--peers', '-p', type=peers, metavar='NAME,...',
                        help='rtcsink (data-framing=stream), rtcsink-messages, pion, chromium (default: all, without '
                             'those not installed)')
    parser.add_argument('--duration', '-d', type=bounded(float, 0.5, 600), default=10, metavar='S',
                        help='length of the window in seconds (default: 10)')
    parser.add_argument('--message-size', '-m', type=bounded(int, 1, 65536), default=16384, metavar='BYTES',
                        help='of a message (default: 16384, the most that a stream sends at a time)')
    parser.add_argument('--link', '-l', type=rate, metavar='RATE',
                        help='bit/s of the line to the receiver, such as 20M; its queue is 300 ms long')
    parser.add_argument('--loss', type=percent, default=0, metavar='PERCENT',
                        help='packets to the receiver that the line loses at random, such as 1%%')
    parser.add_argument('--rounds', '-r', type=bounded(int, 1, 100), default=1, metavar='N',
                        help='measure all of them in turn that often; ratios are of the medians (default: 1)')
    parser.add_argument('--json', '-j', type=pathlib.Path, metavar='FILE', help='write the figures there, too')
    chosen = parser.parse_args()
    if chosen.loss and not chosen.link:
        parser.error('--loss needs --link: there is no line to lose packets on')
    return chosen


def first_byte(sender, receiver, limit=75):  # more than one try of rtcsrc to connect
    end = time.monotonic() + limit
    while not receiver.mark()['bytes']:
        if time.monotonic() > end:
            said = '\n'.join(f'{one.name}: {line}' for one in (sender, receiver) for line in one.warnings)
            raise TimedOut(f'{receiver.name}: nothing came within {limit} s\n{said}'.rstrip())
        time.sleep(0.05)


def measure(peer, place, chosen):
    sender, receiver = connect(peer, place, chosen.message_size)
    first_byte(sender, receiver)
    time.sleep(SETTLE)
    before = receiver.mark()
    cpu = sender.cpu(), receiver.cpu()
    time.sleep(chosen.duration)
    after = receiver.mark()
    used = sender.cpu() - cpu[0], receiver.cpu() - cpu[1]
    receiver.end()
    sender.end()
    return report.figures(peer, before, after, *used)


def choose(chosen):
    """The peers that can be measured here."""
    found = []
    for peer in chosen.peers or PEERS:
        why = missing(peer)
        if why:
            print(f'{peer} is left out: {why}', file=sys.stderr)
        else:
            found.append(peer)
    return found


def main():
    chosen = options()
    found = choose(chosen)
    if not found:
        return SKIPPED
    if chosen.link:
        enter()
        build.environment()
    runs = []
    print(report.HEADER, flush=True)
    for number in range(chosen.rounds):
        for peer in found:
            try:
                with Link(chosen.link, chosen.loss) if chosen.link else Loopback() as place:
                    run = measure(peer, place, chosen)
            except TimedOut as error:
                print(f'rtc-bench: {error}', file=sys.stderr)
                return 1
            runs.append({'round': number + 1, **run})
            print(report.row(runs[-1]), flush=True)
    print('\n'.join(report.ratios(runs)), flush=True)
    if chosen.json:
        link = {'bitsPerSecond': chosen.link, 'lossPercent': chosen.loss} if chosen.link else None
        chosen.json.write_text(json.dumps({'data': runs, 'link': link, 'messageSize': chosen.message_size}, indent=1)
                               + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
