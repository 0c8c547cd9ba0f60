"""rtc-server of the build tree, on port 443 of an address of its own."""
import signal

from .turn import host
from .build import program


class Signaling:
    PORT = 443

    def __init__(self, node, addresses):
        """`addresses`: one of IPv4, one of IPv6."""
        self.node, self.addresses = node, addresses
        self.options = []
        self.process = None

    def start(self, *options):
        """Options of rtc-server, such as --turn-secret."""
        self.options = list(options)
        self._spawn()

    def start_with_ice(self, turn, seconds=3600):
        """It tells every peer the ICE servers, with credentials that it makes of coturn's secret."""
        urls = [word for url in turn.urls().values() for word in ('--ice-server', url)]
        self.start(*urls, '--turn-secret', turn.secret, '--turn-ttl', str(seconds))

    def _spawn(self):
        self.process = self.node.spawn([program('rtc-server'), '--listen', f':{self.PORT}', *self.options],
                                       'rtc-server')
        self.process.wait_line('http://')

    def stop(self):
        self.process.stop(signal.SIGKILL)

    def restart(self):
        self.stop()
        self._spawn()

    def address(self, family=4):
        return host(self.addresses[1 if family == 6 else 0])

    def uri(self, family=4):
        return f'ws://{self.address(family)}:{self.PORT}/'

    def page(self, family=4):
        return f'http://{self.address(family)}:{self.PORT}/'
