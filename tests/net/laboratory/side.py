"""One side of a call: a host, and the routers of its kind between it and the Internet."""
import ipaddress

from . import nat
from .node import ONLY_IPV4, ROUTER, Node, connect


class Port:
    """An interface with an address of the network it is plugged into, and a default route through it."""

    def __init__(self, node, interface, uplink, upstream_interface):
        self.node, self.interface, self.uplink, self.upstream_interface = node, interface, uplink, upstream_interface
        self.address = None
        self.renumber()

    def renumber(self):
        """Another address, as after a change of the network or a new lease of the provider."""
        self.address = self.uplink.new_address()
        network = self.uplink.network
        default = 'default' if network.version == 4 else '::/0'
        self.node.ip(f'address flush dev {self.interface} scope global',
                     f'address add {self.address}/{network.prefixlen} dev {self.interface}',
                     f'route replace {default} via {network[1]} dev {self.interface} metric 100')

    def plugged(self, yes):
        self.uplink.node.ip(f'link set {self.upstream_interface} {"up" if yes else "down"}')


class Network:
    """What a port can be plugged into. The first address is the gateway's, each further one is given out once."""

    def __init__(self, node, network):
        self.node = node
        self.network = ipaddress.ip_network(network)
        self._given = 1

    def new_address(self):
        self._given += 1
        return self.network[self._given]

    def gateway_on(self, interface):
        self.node.ip(f'address add {self.network[1]}/{self.network.prefixlen} dev {interface}')


class Access(Network):
    """A line to the Internet: an interface of its router for one node."""

    def attach(self, node, interface, name):
        connect(node, interface, self.node, name)
        self.gateway_on(name)
        return Port(node, interface, self, name)


class Router(Network):
    """A NAT: the port "wan" towards the Internet, the bridge "lan" for those behind it."""

    def __init__(self, name, flavor, uplink, port_name, network):
        super().__init__(Node(name, {**ROUTER, **ONLY_IPV4}), network)
        self.node.nft(nat.RULES[flavor])
        self.wan = uplink.attach(self.node, 'wan', port_name)
        self.node.ip('link add lan type bridge', 'link set lan up')
        self.gateway_on('lan')

    def attach(self, node, interface, name):
        connect(node, interface, self.node, name)
        self.node.ip(f'link set {name} master lan')
        return Port(node, interface, self, name)


class Side:
    def __init__(self, role, kind, name, uplink, routers):
        """`uplink` is what the host is plugged into, `routers` are those it is behind, outermost first."""
        self.role, self.kind, self.routers = role, kind, routers
        self.host = Node(name, ONLY_IPV4 if kind.family == 4 else None)
        self.behind = None
        if kind.dead_interface:
            self.behind = add_dead_interface(self.host, f'{name}-dead')
        self.port = uplink.attach(self.host, 'eth1' if kind.dead_interface else 'eth0', role)
        self.spawn, self.run, self.socket = self.host.spawn, self.host.run, self.host.socket

    @property
    def family(self):
        return self.kind.family

    @property
    def address(self):
        """The host's own."""
        return str(self.port.address)

    @property
    def public_address(self):
        """Where the Internet sees it."""
        return str(self.routers[0].wan.address) if self.routers else self.address

    def unplug(self):
        """The cable of the host is out: no carrier."""
        self.port.plugged(False)

    def plug(self):
        self.port.plugged(True)

    def change_address(self):
        """The host has another address, and so have the NATs in front of it."""
        for router in self.routers:
            router.wan.renumber()
        self.port.renumber()

    def nodes(self):
        return [self.host, *([self.behind] if self.behind else []), *(router.node for router in self.routers)]


def build_routers(kind, role, name, access, networks):
    """The NATs of a kind, from the Internet to the host; `networks` are those behind each."""
    routers = []
    for number, flavor in enumerate(kind.routers):
        uplink = routers[-1] if routers else access
        routers.append(Router(f'{name}-nat{number + 1}', flavor, uplink, role, networks[number]))
    return routers


def add_dead_interface(host, name):
    """eth0 has an address and a route; what is behind it answers to ARP and to nothing else."""
    dead = Node(name, ROUTER)
    dead.nft(nat.BLACK_HOLE)
    connect(host, 'eth0', dead, 'host')
    dead.ip('address add 10.66.0.1/24 dev host')
    host.ip('address add 10.66.0.2/24 dev eth0', 'route add default via 10.66.0.1 dev eth0 metric 600',
            'rule add from 10.66.0.2 table 66', 'route add default via 10.66.0.1 dev eth0 table 66')
    return dead
