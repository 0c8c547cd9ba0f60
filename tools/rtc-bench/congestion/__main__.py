"""rtc-bench congestion: how well a sender follows a link, beside Chromium as the sender on the same link.

A laboratory of network namespaces (tests/net/laboratory) has a link with a rate and a queue. rtcsink and Chromium send
the same pictures over it, one after the other, and Chromium views. Needs root; docs/performance.md tells what the
figures mean.
"""
import argparse
import json
import pathlib
import shutil
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'tests/net'))

import picture  # noqa: E402
import report  # noqa: E402
from experiment import SENDERS, run  # noqa: E402
from laboratory import build, enter, skip  # noqa: E402
from laboratory.process import TimedOut  # noqa: E402
from scenario import SCENARIOS  # noqa: E402


def names(known):
    """The type of an option that takes some of the known names, separated by commas."""
    def parse(text):
        chosen = list(known) if text == 'all' else text.split(',')
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f'"{name}" is not one of {", ".join(known)}, all')
        return chosen
    return parse


def phase_seconds(text):
    value = float(text)
    if not 1 <= value <= 600:
        raise argparse.ArgumentTypeError('from 1 to 600')
    return value


def options():
    parser = argparse.ArgumentParser(
        prog='rtc-bench congestion', formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__,
        epilog='Scenarios, each of some phases:\n' + '\n'.join(
            f'  {name:6} {scenario.meaning}' for name, scenario in SCENARIOS.items()))
    parser.add_argument('--scenario', '-s', type=names(SCENARIOS), default=['step'], metavar='NAME,...',
                        help='what happens on the link (default: step; all: every one)')
    parser.add_argument('--sender', type=names(SENDERS), default=list(SENDERS), metavar='NAME,...',
                        help='rtcsink, chromium (default: both, one after the other)')
    parser.add_argument('--duration', '-d', type=phase_seconds, default=20, metavar='S',
                        help='length of a phase in seconds (default: 20)')
    parser.add_argument('--json', '-j', type=pathlib.Path, metavar='FILE', help='write figures and samples there, too')
    parser.add_argument('--picture', '-p', type=pathlib.Path, metavar='FILE',
                        help='draw rate, queue and frames against time (PNG; needs python3-matplotlib)')
    return parser.parse_args()


def main():
    chosen = options()
    for program, package in (('chromium', 'chromium'), ('node', 'nodejs')):
        if not shutil.which(program):
            skip(f'{program} is not installed (package {package})')
    if not (ROOT / 'tests/browser/node_modules/puppeteer-core').is_dir():
        skip('the npm modules are missing: run "npm ci" in tests/browser')
    enter()
    build.environment()
    runs = []
    print(report.HEADER, flush=True)
    for name in chosen.scenario:
        for sender in chosen.sender:
            try:
                recording = run(sender, SCENARIOS[name], chosen.duration)
            except TimedOut as error:
                print(f'rtc-bench: {sender}, {name}: {error}', file=sys.stderr)
                return 1
            runs.append({'scenario': name, 'sender': sender, 'figures': report.figures(recording), **recording})
            print('\n'.join(report.rows(runs[-1])), flush=True)
        print('\n'.join(report.ratios([run for run in runs if run['scenario'] == name])), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps({'congestion': runs}, indent=1) + '\n')
    if chosen.picture:
        picture.draw(runs, chosen.picture)
    return 0


if __name__ == '__main__':
    sys.exit(main())
