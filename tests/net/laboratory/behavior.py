"""Finds out what a side's network does, in the words of RFC 4787: for the test of the laboratory itself."""
import socket
import ssl

from . import certificate, stun

NO_ANSWER = 0.6  # seconds without an answer that count as none


def family(side):
    return socket.AF_INET6 if side.family == 6 else socket.AF_INET


def servers(lab, side):
    """Two STUN servers that the side could reach."""
    if side.family == 6:
        return [(lab.turn.addresses[2], 3478), (lab.turn.addresses[2], 5349)]
    return [(lab.turn.addresses[0], 3478), (lab.turn.addresses[1], 3478)]


def mapping(lab, side):
    """None without UDP, 'none' without translation, else the mapping."""
    with side.socket(family(side)) as udp:
        udp.bind(('', 0))
        port = udp.getsockname()[1]
        first, second = (stun.ask(udp, server, NO_ANSWER * 2) for server in servers(lab, side))
    if first is None or second is None:
        return None
    if first == (side.address, port) == second:
        return 'none'
    if first == second:
        return 'endpoint-independent, port-preserving' if first[1] == port else 'endpoint-independent'
    return 'address- and port-dependent'


def filtering(lab, side):
    """What gets in through a mapping that was made towards another address, or another port of that address."""
    server, _ = servers(lab, side)
    with side.socket(family(side)) as udp, lab.turn.node.socket(family(side)) as same_address, \
            lab.signaling.node.socket(family(side)) as stranger:
        mapped = stun.ask(udp, server, NO_ANSWER * 2)
        if mapped is None:
            return None
        same_address.bind((server[0], 0))
        stranger.sendto(b'stranger', mapped)
        same_address.sendto(b'other port', mapped)
        # What the server says next was sent later: what has not come by then does not come.
        arrived = set()
        message = stun.request()
        udp.sendto(message, server)
        udp.settimeout(2)
        while (data := udp.recv(2048))[8:20] != message[8:20]:
            arrived.add(data)
    if b'stranger' in arrived:
        return 'endpoint-independent'
    return 'address-dependent' if b'other port' in arrived else 'address- and port-dependent'


def hairpin(lab, side, other):
    """Whether `side` reaches the mapping of `other` by its public address. None without UDP."""
    server, _ = servers(lab, side)
    with side.socket(family(side)) as sender, other.socket(family(other)) as receiver:
        there = stun.ask(receiver, server, NO_ANSWER * 2)
        here = stun.ask(sender, server, NO_ANSWER * 2)
        if there is None or here is None:
            return None
        receiver.sendto(b'opens the filter', here)
        sender.sendto(b'hairpin', there)
        receiver.settimeout(NO_ANSWER)
        try:
            return receiver.recv(2048) == b'hairpin'
        except TimeoutError:
            return False


def tcp(side, address, port):
    """Whether a TCP connection is made."""
    with side.socket(family(side), socket.SOCK_STREAM) as stream:
        stream.settimeout(NO_ANSWER)
        try:
            stream.connect((address, port))
            return True
        except OSError:
            return False


def tls(side, address, port):
    """Connects, checks the certificate against the laboratory's authority, and tells the version of TLS."""
    context = ssl.create_default_context(cafile=certificate.authority())
    with side.socket(family(side), socket.SOCK_STREAM) as stream:
        stream.settimeout(5)
        stream.connect((address, port))
        with context.wrap_socket(stream, server_hostname=address) as secure:
            return secure.version()
