"""A TCP flow that takes what it gets, with cubic, which most of the Internet's servers use or yield to."""
import socket
import threading
import time

PORT = 5001
# Bytes on the line for a full segment's payload: Ethernet, IPv4, TCP with time stamps.
OVERHEAD = 1514 / 1448


class TcpFlow:
    """`samples`: [seconds of the wall clock, bytes on the line so far]"""

    def __init__(self, lab, algorithm=b'cubic'):
        self.samples = [[time.time(), 0]]
        self._server = lab.viewer.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server.bind((lab.viewer.address, PORT))
        self._server.listen(1)
        self._sender = lab.publisher.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, algorithm)
        self._sender.connect((lab.viewer.address, PORT))
        self._receiver, _ = self._server.accept()
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._receive)]
        for thread in self._threads:
            thread.start()

    def _send(self):
        data = bytes(16384)
        try:
            while True:
                self._sender.sendall(data)
        except OSError:
            return  # stopped

    def _receive(self):
        total = 0
        while data := self._receiver.recv(65536):
            total += len(data) * OVERHEAD
            self.samples.append([time.time(), round(total)])

    def stop(self):
        # Nothing that waits may fill the link after the end.
        self._receiver.shutdown(socket.SHUT_RD)
        self._sender.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in (self._sender, self._receiver, self._server):
            end.close()
