"""The kinds of sides: what stands between a host and the Internet. One row each."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    name: str
    meaning: str
    routers: tuple = ()  # names in nat.RULES, from the Internet to the host
    family: int = 4
    dead_interface: bool = False
    shared: bool = False  # both sides are in the network behind the same router


KINDS = {kind.name: kind for kind in (
    Kind('open', 'a public IPv4 address, no firewall'),
    Kind('port_preserving', 'NAT with endpoint-independent mapping and filtering (full cone; UDP)', ('full_cone',)),
    Kind('port_restricted', 'NAT with endpoint-independent mapping, address- and port-dependent filtering',
         ('port_restricted',)),
    Kind('symmetric', 'NAT with address- and port-dependent mapping and filtering', ('symmetric',)),
    Kind('udp_blocked', 'NAT and a firewall: only TCP goes out', ('tcp_only',)),
    Kind('only_443', 'NAT and a firewall: only TCP to port 443 goes out', ('https_only',)),
    Kind('ipv6', 'a public IPv6 address and no IPv4', family=6),
    Kind('dead_interface', 'a public IPv4 address, and an interface behind which everything vanishes',
         dead_interface=True),
    Kind('double_nat', 'a port-restricted NAT behind a port-restricted NAT of the provider (RFC 6598 between them)',
         ('port_restricted', 'port_restricted')),
    Kind('same_nat', 'both sides in one private network behind one port-restricted NAT without hairpin',
         ('port_restricted',), shared=True),
)}
