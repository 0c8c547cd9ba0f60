"""The two ends of a data channel, each a program of its own, and what they and the bench tell one another.

An end is told a line at a time, and says one JSON object per line:
    sender    says {"offer": ...} when it can be reached; is told {"answer": ...} where the receiver has one; then
              sends as fast as it can
    receiver  is told {"offer": ...}; says {"answer": ...} unless it has another way to the sender; whenever it is told
              "mark" it says {"time": seconds, "bytes": since the start, "stall": seconds}, the longest time in which
              nothing came since the mark before
The end of its input is its end.
"""
import json
import os
import pathlib
import shutil
import subprocess

from laboratory.process import Process
from usage import cpu_seconds

HERE = pathlib.Path(__file__).parent
START = 60  # seconds, also for Chromium on a busy machine
ANSWER = 60


class End(Process):
    stdin = subprocess.PIPE

    def __init__(self, command, name=None, env=None):
        self.said = []
        self.warnings = []  # of libraries
        super().__init__(command, name, env)

    def heard(self, line):
        try:
            event = json.loads(line)
        except ValueError:
            self.warnings.append(line.rstrip())
            return
        if isinstance(event, dict):
            self.said.append(event)

    def tell(self, line):
        self._child.stdin.write(line + '\n')
        self._child.stdin.flush()

    def wait_said(self, field, timeout, count=1):
        """The count-th thing said that has the field."""
        def found():
            hits = [event for event in self.said if field in event]
            return hits[count - 1] if len(hits) >= count else None
        return self.wait_until(found, f'"{field}"', timeout)

    def mark(self):
        count = sum('bytes' in event for event in self.said) + 1
        self.tell('mark')
        return self.wait_said('bytes', ANSWER, count)

    def cpu(self):
        """Seconds, with its children."""
        return cpu_seconds(self._child.pid)

    def end(self):
        self._child.stdin.close()
        try:
            self.wait_end(30)
        finally:
            self.stop()


def rtc(framing):
    def commands(size, host):
        bench = [os.environ.get('RTC_BENCH', 'rtc-bench'), 'transfer']
        return [*bench, 'send', framing, str(size), host], [*bench, 'receive']
    return commands


def pion(size, _host):
    program = str(HERE / 'pion/run')
    return [program, 'send', str(size)], [program, 'receive']


def chromium(size, _host):
    program = ['node', str(HERE / 'browser.mjs')]
    return [*program, 'send', str(size)], [*program, 'receive']


PEERS = {'rtcsink': rtc('stream'), 'rtcsink-messages': rtc('messages'), 'pion': pion, 'chromium': chromium}
ANSWERED = ('pion', 'chromium')


def missing(peer):
    """Why it cannot be measured; None: it can."""
    if peer == 'pion':
        done = subprocess.run([HERE / 'pion/run', '--check'], stderr=subprocess.PIPE, text=True)
        return done.stderr.strip() or 'pion does not build' if done.returncode else None
    if peer != 'chromium':
        return None
    for program in ('chromium', 'node'):
        if not shutil.which(program):
            return f'{program} is not installed (packages chromium, nodejs)'
    modules = HERE.parents[2] / 'tests/browser/node_modules/puppeteer-core'
    return None if modules.is_dir() else 'the npm modules are missing: run "npm ci" in tests/browser'


def connect(peer, place, size):
    """(sender, receiver), connected or about to be."""
    words = PEERS[peer](size, place.host)
    environment = {**place.environment, 'CHROMIUM': shutil.which('chromium') or ''}
    sender = place.spawn_sender(words[0], f'{peer} (sender)', environment)
    receiver = place.spawn_receiver(words[1], f'{peer} (receiver)', environment)
    receiver.tell(json.dumps({'offer': sender.wait_said('offer', START)['offer']}))
    if peer in ANSWERED:
        sender.tell(json.dumps({'answer': receiver.wait_said('answer', START)['answer']}))
    return sender, receiver
