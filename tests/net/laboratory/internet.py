"""The router in the middle: it forwards between public addresses, and is where packets are lost or wait."""
import pathlib
import re

from . import build
from .node import ROUTER, Node

# Private addresses lead nowhere, and packets that come from one are not forwarded.
SETTINGS = {**ROUTER, 'net.ipv4.conf.all.rp_filter': 1, 'net.ipv4.conf.default.rp_filter': 1,
            'net.ipv6.conf.all.keep_addr_on_down': 1, 'net.ipv6.conf.default.keep_addr_on_down': 1}
STUN_COOKIE = 0x2112A442  # the second word of a message (RFC 8489 section 5)
# A link sends one packet after the other. What a bucket holds goes at once: were it more, a probe would pass that is
# faster than the link.
BUCKET = '4kb'


class Internet(Node):
    def __init__(self, name):
        super().__init__(name, SETTINGS)
        self.ip('route add blackhole default', 'route add blackhole ::/0')
        self._loss = {}
        self._without_stun = set()
        self._without_type = {}
        self._nth = {}

    def lose(self, line, percent, to=True, back=False):
        """Loses packets at random on a line ('pub', 'view', 'turn', 'signal'): those to it, those back from it."""
        self._loss.pop(line, None)
        if percent:
            self._loss[line] = (percent, to, back)
        self._rules()

    def lose_stun(self, line, lost=True):
        """No STUN gets to a line or back over UDP, everything else does."""
        (self._without_stun.add if lost else self._without_stun.discard)(line)
        self._rules()

    def lose_nth(self, line, nth):
        """Loses each nth packet to a line over UDP, never two in a row."""
        self._nth[line] = nth
        self._rules()

    def lose_type(self, line, payload_type):
        """No RTP of that payload type gets to a line over UDP."""
        self._without_type[line] = payload_type
        self._rules()

    def cut(self, line):
        """Everything on the line is lost while its links stay up."""
        self.lose(line, 100, to=True, back=True)

    def mend(self, line):
        self.lose(line, 0)

    def dropped(self):
        """Packets lost since what is lost was changed last."""
        return sum(map(int, re.findall(r'counter packets (\d+)', self.run('nft', 'list', 'table', 'inet', 'loss'))))

    def delay(self, line, milliseconds):
        """Every IPv4 packet to a line is so long on its way, and only then may be lost or wait. Once for a line."""
        device = f'far-{line}'
        words = [build.python(), str(pathlib.Path(__file__).with_name('delay.py')), device, str(milliseconds)]
        self.spawn(words, f'delay of {line}').wait_line('ready')
        # They come back as if from elsewhere; to a device without an address the kernel would not let them.
        self.set({f'net.ipv4.conf.{name}.rp_filter': 2 for name in (device, line)})
        table = 100 + len(self.processes)
        self.ip(f'link set {device} up', f'address add 192.0.0.8/32 dev {device}', f'route add default dev {device} table {table}',
                *(f'rule add iif {port} to {network} lookup {table}'
                  for network in self._networks(line) for port in self._ports() if port not in ('lo', line, device)))

    def _networks(self, line):
        return [words[0] for words in map(str.split, self.run('ip', '-4', 'route', 'show', 'dev', line).splitlines())]

    def _ports(self):
        return [words[1].split('@')[0].rstrip(':') for words in map(str.split, self.run('ip', '-o', 'link').splitlines())]

    def limit(self, line, rate=None, latency='100ms'):
        """The rate towards a line, as of tc ('500kbit', '2mbit'), with a queue of that latency; None: no limit."""
        if line in self._limited():
            self.run('tc', 'qdisc', 'del', 'dev', line, 'root')
        if rate:
            self.run(*f'tc qdisc add dev {line} root tbf rate {rate} burst {BUCKET} latency {latency}'.split())

    def _limited(self):
        return {words[4] for words in map(str.split, self.run('tc', 'qdisc').splitlines()) if words[1] == 'tbf'}

    def _rules(self):
        drops = []
        for line, (percent, to, back) in self._loss.items():
            hit = f'numgen random mod 1000 < {round(percent * 10)} counter drop'
            drops += [f'oifname "{line}" {hit}'] if to else []
            drops += [f'iifname "{line}" {hit}'] if back else []
        drops += [f'{way} "{line}" meta l4proto udp @th,96,32 {STUN_COOKIE} counter drop'
                  for line in self._without_stun for way in ('oifname', 'iifname')]
        # Version 2 (RFC 3550 section 5.1), and what follows the marker.
        drops += [f'oifname "{line}" meta l4proto udp @th,64,2 2 @th,73,7 {payload_type} drop'
                  for line, payload_type in self._without_type.items()]
        drops += [f'oifname "{line}" meta l4proto udp numgen inc mod {nth} == 0 counter drop'
                  for line, nth in self._nth.items()]
        self.nft('table inet loss {}\ndelete table inet loss\ntable inet loss {\n chain forward {\n'
                 '  type filter hook forward priority filter;\n  ' + '\n  '.join(drops) + '\n }\n}\n')
