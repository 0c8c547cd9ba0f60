"""What the selected pair is for each publisher (lines) and viewer (columns).

h host, s server- or peer-reflexive; through a relay whose client reaches it by u UDP, l TLS, t TCP or TLS; '.' no such
pair: same_nat means both sides behind one NAT, so it is a pair with itself only. TCP and TLS are one case because for
libnice they are of one priority, and the first to answer wins; TRANSPORTS tests each on its own.

Where a side has only TCP, or only 443, it takes a relay even towards an open side: ICE over TCP is off by default.
IPv6 and IPv4 meet at the relay, which the IPv6 side reaches by IPv6 and which has an IPv4 address towards the other.
A symmetric NAT and a port-restricted one need a relay; one with endpoint-independent filtering does not.
"""

KIND = {'h': 'host', 's': 'srflx', 'u': 'relay/udp', 't': 'relay/tcp|tls', 'l': 'relay/tls'}

TABLE = '''
                  op pp pr sy ub 44 v6 di dn sn
open               h  s  s  s  t  l  u  h  s  .
port_preserving    s  s  s  s  t  l  u  s  s  .
port_restricted    s  s  s  u  t  l  u  s  s  .
symmetric          s  s  u  u  t  l  u  s  u  .
udp_blocked        t  t  t  t  t  l  t  t  t  .
only_443           l  l  l  l  l  l  l  l  l  .
ipv6               u  u  u  u  t  l  h  u  u  .
dead_interface     h  s  s  s  t  l  u  h  s  .
double_nat         s  s  s  u  t  l  u  s  s  .
same_nat           .  .  .  .  .  .  .  .  .  h
'''

# Both sides open, and allowed a relay only: the ICE servers they get, and the path there must be.
TRANSPORTS = {'udp': 'relay/udp', 'tcp': 'relay/tcp', 'tls': 'relay/tls'}


def matches(measured, expected):
    first, _, others = expected.partition('|')
    return measured == first or measured in (first.rsplit('/', 1)[0] + '/' + other for other in others.split('|'))


def pairs():
    """(publisher, viewer, expected) of each pair there is."""
    lines = [line.split() for line in TABLE.strip().splitlines()[1:]]
    names = [line[0] for line in lines]
    return [(line[0], viewer, KIND[letter])
            for line in lines for viewer, letter in zip(names, line[1:]) if letter != '.']
