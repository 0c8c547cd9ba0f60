"""Processes under test: their output is remembered, so that a wait cannot miss a line, and every wait is for a state,
with a deadline that only a defect reaches."""
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get('RTC_BUILD') or ROOT / 'build')
DEADLINE = 40


def wait_until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f'waited in vain for {what}')
        time.sleep(0.05)


class Process:
    """A command with the uninstalled plugins visible."""

    def __init__(self, *command, **variables):
        environment = dict(os.environ, RTC_BUILD=str(BUILD), **variables)
        self.name = os.path.basename(str(command[0]))
        self.lines = []
        self.child = subprocess.Popen([str(ROOT / 'tools' / 'env'), *map(str, command)], env=environment, text=True,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      start_new_session=True)
        self.reader = threading.Thread(target=lambda: self.lines.extend(iter(self.child.stdout.readline, '')), daemon=True)
        self.reader.start()

    def output(self):
        return ''.join(list(self.lines))

    def wait_for(self, pattern):
        """The match of a regular expression in the output."""
        try:
            wait_until(lambda: re.search(pattern, self.output()) or self.child.poll() is not None, f'"{pattern}"')
        except AssertionError as error:
            raise AssertionError(f'{self.name}: {error}\n{self.output()}') from None
        self.reader.join(1 if self.child.poll() is not None else 0)
        match = re.search(pattern, self.output())
        if not match:
            raise AssertionError(f'{self.name} ended without "{pattern}":\n{self.output()}')
        return match

    def wait(self):
        """Its exit status, when it has ended by itself."""
        try:
            status = self.child.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f'{self.name} does not end:\n{self.output()}') from None
        self.reader.join(1)
        return status

    def interrupt(self):
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGINT)

    def kill(self):
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
        self.reader.join(1)
        self.child.stdout.close()


def discover(path):
    """What gst-discoverer-1.0 says about a file."""
    done = subprocess.run(['gst-discoverer-1.0', '-v', path.as_uri()], capture_output=True, text=True, timeout=DEADLINE)
    return done.stdout + done.stderr


def duration(description):
    match = re.search(r'Duration: (\d+):(\d+):([\d.]+)', description)
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) if match else 0
