#!/usr/bin/env python3
"""The laboratory does what it says: every kind of NAT maps and filters as named, coturn takes and refuses the
right credentials, loss is as asked for, two laboratories do not meet, and a killed test leaves nothing behind."""
import os
import select
import signal
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True

from laboratory import KINDS, Lab, behavior, enter  # noqa: E402

INDEPENDENT, DEPENDENT = 'endpoint-independent', 'address- and port-dependent'
PRESERVING = INDEPENDENT + ', port-preserving'

# kind: mapping, filtering, reaches its own mapping (hairpin), TCP to 3478, TCP to 443
BEHAVIOR = {
    'open': ('none', INDEPENDENT, True, True, True),
    'port_preserving': (PRESERVING, INDEPENDENT, False, True, True),
    'port_restricted': (PRESERVING, DEPENDENT, False, True, True),
    'symmetric': (DEPENDENT, DEPENDENT, False, True, True),
    'udp_blocked': (None, None, None, True, True),
    'only_443': (None, None, None, False, True),
    'ipv6': ('none', INDEPENDENT, True, True, True),
    'dead_interface': ('none', INDEPENDENT, True, True, True),
    'double_nat': (PRESERVING, DEPENDENT, False, True, True),
    'same_nat': (PRESERVING, DEPENDENT, False, True, True),
}

MARK = f'RTC_LAB_TEST_{os.getpid()}'
ENDLESS = '''
import sys, time
sys.dont_write_bytecode = True
from laboratory import Lab, enter
enter()
with Lab('symmetric', 'double_nat') as lab:
    lab.start()
    print('up', flush=True)
    time.sleep(600)
'''


def marked_processes():
    """Of the processes started below, those there still are, as descriptors that tell when they end."""
    found = []
    for number in filter(str.isdigit, os.listdir('/proc')):
        try:
            process = os.pidfd_open(int(number))
            with open(f'/proc/{number}/environ', 'rb') as environ:
                if MARK.encode() in environ.read():
                    found.append(process)
                else:
                    os.close(process)
        except OSError:
            pass  # it ended meanwhile
    return found


def wait_for_end(processes, deadline=30):
    """How many of them still run after that many seconds."""
    running = 0
    for process in processes:
        running += not select.select([process], [], [], deadline)[0]
        os.close(process)
    return running


class Kinds(unittest.TestCase):
    def test_every_kind_is_checked(self):
        self.assertEqual(set(BEHAVIOR), set(KINDS))

    def test_behavior(self):
        for name, expected in BEHAVIOR.items():
            with self.subTest(kind=name), Lab(name, name) as lab:
                lab.turn.start()
                side, other = lab.publisher, lab.viewer if KINDS[name].shared else lab.publisher
                turn = lab.turn.addresses[2 if side.family == 6 else 0]
                found = (behavior.mapping(lab, side), behavior.filtering(lab, side),
                         behavior.hairpin(lab, side, other), behavior.tcp(side, turn, 3478),
                         behavior.tcp(side, turn, 443))
                print(f'{name:16} mapping {found[0]}; filtering {found[1]}; hairpin {found[2]}; '
                      f'TCP {found[3]}, 443 {found[4]}')
                self.assertEqual(found, expected)
                self.assertTrue(behavior.tls(side, turn, 443))

    def test_dead_interface_is_silent(self):
        with Lab('dead_interface', 'open') as lab:
            lab.turn.start()
            with lab.publisher.socket() as udp:
                udp.bind(('10.66.0.2', 0))
                self.assertIsNone(behavior.stun.ask(udp, (lab.turn.addresses[0], 3478), behavior.NO_ANSWER))

    def test_addresses_change_and_cables_go(self):
        with Lab('double_nat', 'ipv6') as lab:
            lab.turn.start()
            for side in (lab.publisher, lab.viewer):
                server = behavior.servers(lab, side)[0]
                before = side.public_address
                side.change_address()
                self.assertNotEqual(side.public_address, before)
                with side.socket(behavior.family(side)) as udp:
                    self.assertEqual(behavior.stun.ask(udp, server)[0], side.public_address)
                    side.unplug()
                    self.assertIsNone(behavior.stun.ask(udp, server, behavior.NO_ANSWER))
                    side.plug()
                    self.assertIsNotNone(behavior.stun.ask(udp, server))


class Servers(unittest.TestCase):
    def client(self, lab, side, credentials, *options):
        """Whether coturn's own client gets an allocation and its packets through."""
        user, password = credentials
        done = subprocess.run(side.host.command(
            'turnutils_uclient', '-u', user, '-w', password, '-y', '-n', '3', '-m', '1', '-l', '100', '-z', '20',
            *options, lab.turn.addresses[2 if side.family == 6 else 0]), capture_output=True, text=True, timeout=60)
        return done.returncode == 0 and 'tot_send_msgs=' in done.stdout, done.stdout + done.stderr

    def test_credentials(self):
        with Lab('symmetric', 'only_443') as lab:
            lab.turn.start()
            good, output = self.client(lab, lab.publisher, lab.turn.credentials())
            self.assertTrue(good, output)
            for name, wrong in (('expired', lab.turn.credentials(seconds=-10)),
                                ('wrong', lab.turn.credentials(secret='another'))):
                self.assertFalse(self.client(lab, lab.publisher, wrong)[0], name)
            lab.turn.stop()
            lab.turn.start(users={'alice': 'wonderland'})
            self.assertTrue(self.client(lab, lab.publisher, ('alice', 'wonderland'))[0])
            self.assertFalse(self.client(lab, lab.publisher, ('alice', 'wrong'))[0])

    def test_signaling_is_reached_by_all(self):
        for name in KINDS:
            with self.subTest(kind=name), Lab(name, name) as lab:
                lab.signaling.start()
                address = lab.signaling.addresses[1 if lab.viewer.family == 6 else 0]
                self.assertTrue(behavior.tcp(lab.viewer, address, 443))


class Laboratory(unittest.TestCase):
    def test_loss(self):
        sent = 2000
        with Lab() as lab, lab.publisher.socket() as sender, lab.viewer.socket() as receiver:
            receiver.bind((lab.viewer.address, 9))
            lab.internet.lose('view', 10)
            for number in range(sent):
                sender.sendto(b'%d' % number, (lab.viewer.address, 9))
                if number % 100 == 99:
                    self.drain(receiver)
            lab.internet.mend('view')
            sender.sendto(b'end', (lab.viewer.address, 9))
            self.drain(receiver, b'end')
            lost = sent - self.arrived + 1
            print(f'{lost} of {sent} packets lost at 10 %')
            self.assertTrue(130 <= lost <= 270, lost)

    arrived = 0

    def drain(self, receiver, until=None):
        receiver.settimeout(2 if until else 0)
        try:
            while True:
                data = receiver.recv(100)
                self.arrived += 1
                if data == until:
                    return
        except (BlockingIOError, TimeoutError):
            pass

    def test_side_by_side(self):
        with Lab('symmetric', 'open') as one, Lab('open', 'symmetric') as two:
            one.turn.start()
            self.assertTrue(behavior.mapping(one, one.publisher))
            self.assertIsNone(behavior.mapping(two, two.publisher), 'it has no coturn of its own')

    def test_a_killed_test_leaves_nothing(self):
        for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                test = subprocess.Popen([sys.executable, '-c', ENDLESS], stdout=subprocess.PIPE, text=True,
                                        cwd=os.path.dirname(os.path.abspath(__file__)), env={**os.environ, MARK: '1'})
                self.assertEqual(test.stdout.readline(), 'up\n')
                started = marked_processes()
                self.assertGreater(len(started), 3)
                test.send_signal(number)
                test.stdout.read()  # ends when the last of them has let go of it
                test.stdout.close()
                self.assertEqual(wait_for_end(started), 0)
                test.wait()
                self.assertEqual(len(marked_processes()), 0)


if __name__ == '__main__':
    enter()
    unittest.main(verbosity=1)
