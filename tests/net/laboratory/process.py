"""A program that runs in a laboratory: its output is read as it comes and can be waited for."""
import re
import signal
import subprocess
import threading
import time

DEADLINE = 30.0


class TimedOut(Exception):
    """Something did not happen in time, or the program ended first."""


class Process:
    """Standard output and error of a program, line by line, each with the time it came."""

    stdin = subprocess.DEVNULL

    def __init__(self, command, name=None, env=None):
        self.name = name or command[0]
        self.lines = []  # (seconds of the monotonic clock, text)
        self.started = time.monotonic()
        self._changed = threading.Condition()
        self._closed = False
        self._child = subprocess.Popen(command, stdin=self.stdin, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, errors='replace', env=env)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self._child.stdout as output:
            for line in output:
                with self._changed:
                    self.lines.append((time.monotonic(), line.rstrip('\n')))
                    self.heard(line)
                    self._changed.notify_all()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def status(self):
        """Its exit status; None while it runs."""
        return self._child.poll()

    def heard(self, line):
        """For those who make more of a line than text; called with the lock held."""

    def wait_until(self, condition, what, timeout=DEADLINE):
        """Waits until condition() is true; it is asked after each line. Gives what it gave."""
        end = time.monotonic() + timeout
        with self._changed:
            while not (result := condition()):
                left = end - time.monotonic()
                if self._closed or left <= 0:
                    why = f'ended with {self._child.poll()}' if self._closed else f'{timeout:g} s passed'
                    raise TimedOut(f'{self.name}: no {what} ({why})')
                self._changed.wait(left)
            return result

    def wait_line(self, pattern, timeout=DEADLINE, since=0):
        """The match of the first line, from number `since` on, in which the regular expression is found."""
        expression = re.compile(pattern)
        position = since

        def found():
            nonlocal position
            while position < len(self.lines):
                match = expression.search(self.lines[position][1])
                position += 1
                if match:
                    return match
            return None
        return self.wait_until(found, f'line with /{pattern}/', timeout)

    def mark(self):
        """The number of lines so far, for wait_line(since=)."""
        return len(self.lines)

    def output(self):
        return '\n'.join(f'{at - self.started:8.3f} {text}' for at, text in list(self.lines))

    def running(self):
        return self._child.poll() is None

    def send_signal(self, number):
        if self.running():
            self._child.send_signal(number)

    def wait_end(self, timeout=DEADLINE):
        """Its exit code, when it ends by itself."""
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimedOut(f'{self.name} did not end within {timeout:g} s') from None

    def stop(self, number=signal.SIGTERM, patience=5.0):
        """Ends it, by force if asking is not enough, and reads the rest of its output."""
        self.send_signal(number)
        try:
            self._child.wait(patience)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reader.join(patience)
        return self._child.returncode
