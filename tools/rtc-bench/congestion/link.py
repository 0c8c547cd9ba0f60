"""The shaped link: tc's token bucket in the laboratory's router, and a thread that reads its counters.

The counters come over netlink: a program started for every reading would take the machine away from what is measured.
"""
import socket
import struct
import threading
import time

from scenario import QUEUE

LINE = 'view'
INTERVAL = 0.02

NLMSG_DONE, RTM_NEWQDISC, RTM_GETQDISC, NLM_F_REQUEST, NLM_F_DUMP = 3, 36, 38, 1, 0x300
TCA_KIND, TCA_STATS2, TCA_STATS_BASIC, TCA_STATS_QUEUE = 1, 7, 1, 3
HEADER, TC_MESSAGE = struct.Struct('=IHHII'), struct.Struct('=BxxxiIII')
REQUEST = HEADER.pack(HEADER.size + TC_MESSAGE.size, RTM_GETQDISC, NLM_F_REQUEST | NLM_F_DUMP, 0, 0)


def attributes(data):
    """{type: payload} of a run of netlink attributes."""
    found, at = {}, 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from('=HH', data, at)
        if length < 4:
            break
        found[kind & 0x3fff] = data[at + 4:at + length]
        at += (length + 3) & ~3
    return found


def messages(data):
    """(type, payload) of each netlink message."""
    at = 0
    while at + HEADER.size <= len(data):
        length, kind, *_ = HEADER.unpack_from(data, at)
        yield kind, data[at + HEADER.size:at + length]
        at += (length + 3) & ~3


class Link:
    """`samples`: [seconds of the wall clock, bytes that left, packets that left, bytes that wait, packets dropped]"""

    def __init__(self, lab):
        self._lab = lab
        self.samples = []
        self._stop = threading.Event()
        self._socket = lab.internet.socket(socket.AF_NETLINK, socket.SOCK_RAW)
        with lab.internet.inside():
            self._index = socket.if_nametoindex(LINE)
        self._thread = threading.Thread(target=self._watch)

    def shape(self, phase):
        """From now on; packets that wait are kept as far as the queue of the new rate holds them."""
        # The bucket is small: after a pause hardly more may leave at once than the link carries.
        command = f'tc qdisc replace dev {LINE} root tbf rate {phase.rate}bit burst 4kb latency {QUEUE}'
        self._lab.internet.run(*command.split())
        self._lab.internet.lose(LINE, phase.loss)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def _watch(self):
        while not self._stop.wait(INTERVAL):
            if reading := self._read():  # None: the queue is being set up
                self.samples.append([time.time(), *reading])

    def _read(self):
        self._socket.send(REQUEST + TC_MESSAGE.pack(socket.AF_UNSPEC, self._index, 0, 0, 0))
        result, done = None, False
        while not done:
            for kind, payload in messages(self._socket.recv(65536)):
                done = done or kind == NLMSG_DONE
                if kind == RTM_NEWQDISC and TC_MESSAGE.unpack_from(payload)[1] == self._index:
                    result = self._counters(attributes(payload[TC_MESSAGE.size:])) or result
        return result

    @staticmethod
    def _counters(qdisc):
        if not qdisc[TCA_KIND].startswith(b'tbf'):
            return None
        stats = attributes(qdisc[TCA_STATS2])
        size, packets = struct.unpack_from('=QI', stats[TCA_STATS_BASIC])
        _length, backlog, drops = struct.unpack_from('=III', stats[TCA_STATS_QUEUE])
        return [size, packets, backlog, drops]
