"""One machine of a laboratory: a network namespace with its links, addresses and rules."""
import ctypes
import os
import pathlib
import socket
import subprocess
import threading

from .enclosure import CLONE_NEWNET, libc
from .process import Process

NAMES = pathlib.Path('/run/netns')

# Addresses are usable at once; nothing is said to a sender about dropped packets, as on the Internet.
SETTINGS = {
    'net.ipv6.conf.all.accept_dad': 0,
    'net.ipv6.conf.default.accept_dad': 0,
    'net.ipv6.conf.default.accept_ra': 0,
    'net.ipv4.ip_nonlocal_bind': 0,
}
ROUTER = {'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1}
ONLY_IPV4 = {'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1}


def run(command, text=None):
    """Runs a command of the laboratory's own; it must succeed."""
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f'{" ".join(command)}: {done.stderr.strip()}\n{text or ""}')
    return done.stdout


class Node:
    def __init__(self, name, settings=None):
        self.name = name
        self.processes = []
        run(['ip', 'netns', 'add', name])
        self.set({**SETTINGS, **(settings or {})})
        self.ip('link set lo up')

    def ip(self, *lines):
        """Lines for ip -batch, such as 'address add 192.0.2.1/24 dev eth0'."""
        run(['ip', '-n', self.name, '-batch', '-'], '\n'.join(lines))

    def nft(self, rules):
        run(self.command('nft', '-f', '-'), rules)

    def set(self, values):
        """Settings of sysctl for this network namespace."""
        with self.inside():
            for key, value in values.items():
                pathlib.Path('/proc/sys', *key.split('.')).write_text(str(value))

    def command(self, *words):
        """The command line that runs the words in this namespace."""
        return ['nsenter', f'--net={NAMES / self.name}', *words]

    def run(self, *words):
        return run(self.command(*words))

    def spawn(self, words, name=None, env=None, kind=Process):
        """Starts a program here; it ends with the laboratory at the latest."""
        process = kind(self.command(*words), name or f'{self.name}: {words[0]}',
                       {**os.environ, **env} if env else None)
        self.processes.append(process)
        return process

    def inside(self):
        return _Inside(NAMES / self.name)

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_DGRAM):
        """A socket of this namespace for the program itself."""
        with self.inside():
            return socket.socket(family, kind)

    def remove(self):
        for process in self.processes:
            process.stop()
        run(['ip', 'netns', 'delete', self.name])


class _Inside:
    """The calling thread is in the network namespace meanwhile."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.home = os.open(f'/proc/self/task/{threading.get_native_id()}/ns/net', os.O_RDONLY)
        away = os.open(self.path, os.O_RDONLY)
        self._move(away)
        os.close(away)

    def __exit__(self, *_error):
        self._move(self.home)
        os.close(self.home)

    @staticmethod
    def _move(descriptor):
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), 'setns')


def connect(one, name, other, other_name):
    """A cable: a veth pair between two nodes, both ends up."""
    run(['ip', 'link', 'add', name, 'netns', one.name, 'type', 'veth', 'peer', 'name', other_name,
         'netns', other.name])
    one.ip(f'link set {name} up')
    other.ip(f'link set {other_name} up')
