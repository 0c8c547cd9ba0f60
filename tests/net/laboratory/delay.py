"""Holds every packet that is routed into a TUN device for a while, and gives it back to the kernel, which routes it on.

    python3 delay.py DEVICE MILLISECONDS

Prints a line when the device is there. The kernel's own way (tc netem) is not in every kernel.
"""
import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
LARGEST = 65535


def main(device, milliseconds):
    tun = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack('16sH', device.encode(), IFF_TUN | IFF_NO_PI))
    print('ready', flush=True)
    waiting = collections.deque()  # (when it is due, packet)
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            os.write(tun, waiting.popleft()[1])
        select.select([tun], [], [], waiting[0][0] - now if waiting else None)
        try:
            while True:
                waiting.append((time.monotonic() + milliseconds / 1000, os.read(tun, LARGEST)))
        except BlockingIOError:
            pass


if __name__ == '__main__':
    main(sys.argv[1], float(sys.argv[2]))
