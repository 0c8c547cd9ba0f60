"""A laboratory: an Internet with coturn, rtc-server and two sides, each of a kind.

Names and addresses are the same in every laboratory of its own enclosure; several in one enclosure have a prefix.
"""
import itertools

from .internet import Internet
from .kinds import KINDS
from .node import Node
from .pipeline import Publisher, Viewer
from .side import Access, Side, build_routers
from .signaling import Signaling
from .turn import Turn

PUBLISHER, VIEWER = 'pub', 'view'
ACCESS = {  # the lines of the two sides
    (PUBLISHER, 4): '203.0.113.0/28', (PUBLISHER, 6): '2001:db8:a::/64',
    (VIEWER, 4): '203.0.113.16/28', (VIEWER, 6): '2001:db8:b::/64',
}
BEHIND = {  # the networks behind the NATs of a side: of its outermost, of the next
    (PUBLISHER, 1): ['192.168.1.0/24'], (PUBLISHER, 2): ['100.64.1.0/24', '192.168.1.0/24'],
    (VIEWER, 1): ['192.168.2.0/24'], (VIEWER, 2): ['100.64.2.0/24', '192.168.2.0/24'],
}
TURN = ['198.51.100.2', '198.51.100.3', '2001:db8:100::2']
SIGNALING = ['192.0.2.2', '2001:db8:200::2']
_numbers = itertools.count(1)


class Lab:
    def __init__(self, publisher='open', viewer='open', prefix=None):
        self.prefix = f'{next(_numbers)}-' if prefix is None else prefix
        self.pair = (publisher, viewer)
        self._nodes = []
        try:
            self._build(KINDS[publisher], KINDS[viewer])
        except BaseException:
            self.remove()
            raise

    def _node(self, node):
        self._nodes.append(node)
        return node

    def _build(self, publisher, viewer):
        if publisher.shared != viewer.shared:
            raise ValueError('same_nat is for both sides or none')
        self.internet = self._node(Internet(self.prefix + 'internet'))
        turn = self._server('turn', '198.51.100.0/28', TURN, '2001:db8:100::/64')
        signaling = self._server('signal', '192.0.2.0/28', SIGNALING, '2001:db8:200::/64')
        self.turn = Turn(turn, TURN, self.prefix)
        self.signaling = Signaling(signaling, SIGNALING)
        self.publisher = self._side(PUBLISHER, publisher)
        self.viewer = self._side(VIEWER, viewer, self.publisher.routers if viewer.shared else None)

    def _server(self, name, network, addresses, network6):
        """A node with public addresses of both families."""
        node = self._node(Node(self.prefix + name))
        port = Access(self.internet, network).attach(node, 'eth0', name)
        gateway6 = Access(self.internet, network6)
        gateway6.gateway_on(name)
        first6 = next(address for address in addresses if ':' in address)
        node.ip(*(f'address add {address}/28 dev eth0' for address in addresses[1:] if '.' in address),
                f'address add {first6}/64 dev eth0', f'route add ::/0 via {gateway6.network[1]} dev eth0')
        assert str(port.address) == addresses[0]
        return node

    def _side(self, role, kind, shared_routers=None):
        name = self.prefix + role
        access = Access(self.internet, ACCESS[role, kind.family])
        routers = shared_routers or build_routers(kind, role, name, access, BEHIND.get((role, len(kind.routers))))
        side = Side(role, kind, name, routers[-1] if routers else access, routers)
        self._nodes += [node for node in side.nodes() if node not in self._nodes]
        return side

    def start(self):
        """coturn with the secret, rtc-server; for other options start them yourself."""
        self.turn.start()
        self.signaling.start()
        return self

    def publish(self, options='', **more):
        """A pipeline with rtcsink on the publisher's host; see pipeline.Player."""
        return Publisher(self, self.publisher, options, **more)

    def view(self, options='', **more):
        """A pipeline with rtcsrc on the viewer's host."""
        return Viewer(self, self.viewer, options, **more)

    def remove(self):
        for node in reversed(self._nodes):
            node.remove()
        self._nodes.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.remove()
