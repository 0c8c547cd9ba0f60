"""A few lines of STUN (RFC 8489): where does a server see us. For tests of the laboratory itself."""
import os
import socket
import struct
import time

COOKIE = 0x2112A442
BINDING_REQUEST, BINDING_SUCCESS = 0x0001, 0x0101
XOR_MAPPED_ADDRESS = 0x0020


def request():
    return struct.pack('!HHI', BINDING_REQUEST, 0, COOKIE) + os.urandom(12)


def mapped_address(answer):
    """(address, port) in a success response, or None."""
    if len(answer) < 20 or struct.unpack('!H', answer[:2])[0] != BINDING_SUCCESS:
        return None
    position = 20
    while position + 4 <= len(answer):
        kind, length = struct.unpack('!HH', answer[position:position + 4])
        value = answer[position + 4:position + 4 + length]
        if kind == XOR_MAPPED_ADDRESS:
            return _decode(value, answer[4:20])
        position += 4 + (length + 3) // 4 * 4
    return None


def _decode(value, cookie_and_id):
    port = struct.unpack('!H', value[2:4])[0] ^ (COOKIE >> 16)
    raw = bytes(one ^ other for one, other in zip(value[4:], cookie_and_id))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw), port


def ask(udp, server, timeout=2.0):
    """The mapped address that (address, port) sees, or None without an answer; asks again every 0.25 s."""
    message = request()
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            udp.sendto(message, server)
        except OSError:
            pass  # no route now; there may be one at the next attempt
        udp.settimeout(min(0.25, max(0.01, end - time.monotonic())))
        try:
            answer = udp.recv(2048)
        except OSError:
            continue
        if answer[8:20] == message[8:20]:
            return mapped_address(answer)
    return None
