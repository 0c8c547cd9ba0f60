#!/usr/bin/env python3
"""A publisher and a viewer behind every pair of kinds connect, on the path expected, and video flows.

    tests/net/matrix_test.py [publisher[/viewer]...]     the pairs to run; without, all

Prints a row for each pair; after the table the logs of both ends of the rows that failed. With RTC_LAB_LOGS=folder
the logs of all rows are kept there. RTC_LAB_JOBS is the number of pairs at a time.
"""
import concurrent.futures
import os
import sys
import time

sys.dont_write_bytecode = True

from laboratory import build, enter  # noqa: E402
from laboratory.expectations import TRANSPORTS, pairs  # noqa: E402
from laboratory.row import HEADER, run_row  # noqa: E402

LOG_LINES = 60


def chosen(words):
    """The pairs that were asked for; 'symmetric' is all with that publisher, '/ipv6' all with that viewer."""
    if not words:
        return pairs() + [('open', 'open', expected, transport) for transport, expected in TRANSPORTS.items()]
    wanted = [(word.split('/') + [''])[:2] for word in words]
    return [pair for pair in pairs()
            if any(publisher in ('', pair[0]) and viewer in ('', pair[1]) for publisher, viewer in wanted)]


def print_logs(row):
    print(f'\n--- {row.publisher} to {row.viewer}: {row.trouble}')
    for name, text in row.logs.items():
        lines = [line for line in text.splitlines() if '"frame"' not in line]
        print(f'- {name}: the last {min(LOG_LINES, len(lines))} lines of {len(lines)}')
        print('\n'.join('  ' + line[:300] for line in lines[-LOG_LINES:]))


def main(words):
    build.environment()
    jobs = int(os.environ.get('RTC_LAB_JOBS') or 2 * os.cpu_count())
    start = time.monotonic()
    rows = []
    print(HEADER)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(run_row, *pair) for pair in chosen(words)]:
            rows.append(done.result())
            print(rows[-1], flush=True)
    failed = [row for row in rows if row.trouble]
    for row in failed:
        print_logs(row)
    print(f'\n{len(rows) - len(failed)} of {len(rows)} pairs as expected, in {time.monotonic() - start:.0f} s, '
          f'{jobs} at a time')
    return 1 if failed or not rows else 0


if __name__ == '__main__':
    if sys.argv[1:] in (['-h'], ['--help']):
        print(__doc__.strip())
        sys.exit(0)
    enter()
    sys.exit(main(sys.argv[1:]))
