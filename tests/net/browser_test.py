#!/usr/bin/env python3
"""Chromium behind NAT, on the page of rtc-server, as viewer of rtcsink and as publisher to rtcsrc.

Nobody is configured here: browser and element get the ICE servers from rtc-server, with credentials for coturn that it
makes of the shared secret.
"""
import os
import shutil
import sys
import unittest

sys.dont_write_bytecode = True

from laboratory import Lab, build, enter, skip  # noqa: E402
from laboratory.expectations import matches  # noqa: E402
from laboratory.pipeline import chromium  # noqa: E402
from laboratory.row import RATE, path_kind  # noqa: E402

MODULES = build.ROOT / 'tests/browser/node_modules/puppeteer-core'

# publisher, viewer, kind of the path
ROWS = (
    ('open', 'open', 'host'),
    ('symmetric', 'port_restricted', 'relay/udp'),
    ('udp_blocked', 'open', 'relay/tcp|tls'),
    ('open', 'udp_blocked', 'relay/tcp|tls'),
)


class Browser(unittest.TestCase):
    def check(self, row, publisher, viewer, first, rate):
        publisher.wait_message('rtc-path')
        # An element's path may have changed since: the last one counts.
        measured = path_kind(publisher.paths()[-1], viewer.paths()[-1], ends=('local',))
        print(f'{row[0]:15} {row[1]:15} {row[2]:13} {measured:10} {first:6.2f} s {rate:5.1f}/s')
        self.assertTrue(matches(measured, row[2]), f'the path is {measured}, not {row[2]}')
        self.assertGreaterEqual(rate, RATE)

    def rows(self, play):
        for row in ROWS:
            with self.subTest(pair=row[:2]), Lab(*row[:2]) as lab:
                lab.turn.start()
                lab.signaling.start_with_ice(lab.turn)
                ends = []
                try:
                    self.check(row, *play(lab, ends))
                except BaseException:
                    for process in (*ends, lab.signaling.process):
                        lines = [line for line in process.output().splitlines() if '"frame"' not in line]
                        print(f'- {process.name}', *(line[:300] for line in lines[-40:]), sep='\n  ')
                    raise

    def test_chromium_views(self):
        def play(lab, ends):
            ends.append(lab.publish(ice_servers=''))
            ends[0].wait_message('rtc-ready')
            ends.append(chromium(lab, lab.viewer, 'play'))
            flow = ends[1].wait_message('flow', 60)
            return *ends, flow['first'], flow['rate']
        print('\nrtcsink to Chromium')
        self.rows(play)

    def test_chromium_publishes(self):
        def play(lab, ends):
            ends.append(chromium(lab, lab.publisher, 'publish'))
            ends[0].wait_message('rtc-ready', 60)
            ends.append(lab.view(ice_servers=''))
            rate = ends[1].wait_flow(5)
            return *ends, ends[1].first_frame(), rate
        print('\nChromium to rtcsrc')
        self.rows(play)


if __name__ == '__main__':
    if not shutil.which('chromium') or not shutil.which('node'):
        skip('chromium and nodejs are needed')
    if not os.path.isdir(MODULES):
        skip('the npm modules are missing: run "npm ci" in tests/browser')
    enter()
    build.environment()
    unittest.main(verbosity=1)
