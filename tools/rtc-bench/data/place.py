"""Where the two ends are: on this machine, or at both ends of a line of a laboratory of networks."""
import os

from end import End
from laboratory import Lab, build

LINE = 'view'
QUEUE = '300ms'


class Loopback:
    host = '127.0.0.1'
    environment = dict(os.environ)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for end in self._ends:
            end.stop()

    def __init__(self):
        self._ends = []

    def _spawn(self, words, name, environment):
        self._ends.append(End(words, name, environment))
        return self._ends[-1]

    spawn_sender = spawn_receiver = _spawn


class Link:
    """The line to the receiver has a rate, a queue and a random loss, the way back has none of them."""

    def __init__(self, rate, loss):
        self._lab = Lab()
        self._lab.internet.limit(LINE, f'{rate}bit', QUEUE)
        self._lab.internet.lose(LINE, loss)
        self.host = str(self._lab.publisher.address)
        self.environment = {**os.environ, **build.environment()}

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._lab.remove()

    def spawn_sender(self, words, name, environment):
        return self._lab.publisher.spawn(words, name, environment, kind=End)

    def spawn_receiver(self, words, name, environment):
        return self._lab.viewer.spawn(words, name, environment, kind=End)
