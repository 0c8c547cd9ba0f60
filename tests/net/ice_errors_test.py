#!/usr/bin/env python3
"""Settings and servers that are wrong: a clear message says what and what to do, and the call goes on where it can."""
import json
import sys
import unittest

sys.dont_write_bytecode = True

from laboratory import Lab, build, enter  # noqa: E402


def said(player, kind):
    """The texts of warnings or errors so far."""
    texts = []
    for line in player.output().splitlines():
        _, _, event = line.strip().partition(' ')
        try:
            event = json.loads(event)
        except ValueError:
            continue
        if kind in event:
            texts.append(event[kind])
    return texts


class IceErrors(unittest.TestCase):
    def wait_said(self, player, kind, *words, timeout=20):
        def found():
            return [text for text in said(player, kind) if all(word in text for word in words)]
        return player.wait_until(found, f'{kind} with {words}', timeout)[0]

    def play(self, lab, **publisher):
        lab.start()
        self.publisher = lab.publish(**publisher)
        self.publisher.wait_message('rtc-ready')
        self.viewer = lab.view(ice_servers='')
        self.viewer.wait_frames(15)

    def assert_no_secret(self, lab, *secrets):
        for secret in (lab.turn.secret, *secrets):
            self.assertNotIn(secret, self.publisher.output())

    def test_wrong_password(self):
        with Lab() as lab:
            servers = lab.turn.ice_servers(only=('udp', 'tls'), credentials=('nobody', 'wrong-password'))
            self.play(lab, ice_servers=servers, env={'GST_DEBUG': 'rtc:7'})
            text = self.wait_said(self.publisher, 'warning', 'refused', 'turn:')
            print(text)
            self.wait_said(self.publisher, 'warning', 'refused', 'turns:')
            self.viewer.wait_frames(15)
            self.assert_no_secret(lab, 'wrong-password')

    def test_expired_credential(self):
        with Lab() as lab:
            user, password = lab.turn.credentials(seconds=-60)
            self.play(lab, ice_servers=lab.turn.ice_servers(only=('udp',), credentials=(user, password)),
                      env={'GST_DEBUG': 'rtc:7'})
            print(self.wait_said(self.publisher, 'warning', 'expired'))
            self.viewer.wait_frames(15)
            self.assert_no_secret(lab, password)

    def test_unreachable_stun(self):
        with Lab() as lab:
            self.play(lab, ice_servers='stun:198.51.100.14:3478 ' + lab.turn.urls()['stun'])
            print(self.wait_said(self.publisher, 'warning', 'STUN', '198.51.100.14'))
            self.viewer.wait_frames(15)

    def test_untrusted_certificate(self):
        with Lab() as lab:
            lab.start()
            # The last one of a property given twice is in effect: authorities that did not sign.
            self.publisher = lab.publish('tls-ca-file=/etc/ssl/certs/ca-certificates.crt',
                                         ice_servers=lab.turn.ice_servers(only=('tls',)))
            self.publisher.wait_message('rtc-ready')
            self.viewer = lab.view(ice_servers='')
            self.viewer.wait_frames(15)
            print(self.wait_said(self.publisher, 'warning', 'turns:', 'certificate'))

    def test_relay_only_without_relay(self):
        with Lab() as lab:
            lab.start()
            servers = lab.turn.ice_servers(only=('udp',), credentials=('nobody', 'wrong-password'))
            self.publisher = lab.publish('ice-transport-policy=relay', ice_servers=servers)
            self.publisher.wait_message('rtc-ready')
            self.viewer = lab.view(ice_servers='')
            print(self.wait_said(self.publisher, 'warning', 'refused', 'turn:'))
            reason = self.publisher.wait_message('rtc-viewer-removed', 45)['reason']
            print(reason)
            self.assertEqual(self.viewer.frames, [])

    def test_ports_exhausted(self):
        with Lab() as lab:
            self.play(lab, options='ice-port-range=50000-50000')
            other = lab.view(ice_servers='')
            print(self.wait_said(self.publisher, 'warning', 'ice-port-range', '50000-50000', 'widen'))
            other.wait_until(lambda: said(other, 'error'), 'error')
            self.viewer.wait_frames(15)
            pair = self.publisher.paths()[0]
            self.assertTrue(pair['local-address'].endswith(':50000'))

    def test_tcp_between_the_peers(self):
        """Where UDP is blocked and there is no relay, ICE over TCP (RFC 6544) reaches the side that is open."""
        with Lab('udp_blocked', 'open') as lab:
            lab.start()
            self.publisher = lab.publish('ice-tcp=true', ice_servers='')
            self.publisher.wait_message('rtc-ready')
            self.viewer = lab.view('ice-tcp=true', ice_servers='')
            self.viewer.wait_frames(15)
            self.assertEqual(self.publisher.paths()[-1]['protocol'], 'tcp')

    def test_no_interface_left(self):
        with Lab() as lab:
            lab.start()
            self.publisher = lab.publish('ice-interfaces=wlan7')
            print(self.wait_said(self.publisher, 'error', 'wlan7', 'eth0'))

    def test_chosen_interface(self):
        with Lab('dead_interface', 'open') as lab:
            self.play(lab, options='ice-interfaces=eth1')
            self.assertEqual(self.publisher.paths()[0]['local-address'].split(':')[0], lab.publisher.address)

    def test_turn_server_dies(self):
        with Lab('symmetric', 'symmetric') as lab:
            lab.start()
            self.publisher = lab.publish()
            self.publisher.wait_message('rtc-ready')
            self.viewer = lab.view()
            self.viewer.wait_frames(15)
            lab.turn.stop()
            self.viewer.wait_message('rtc-healing')
            print(self.wait_said(self.publisher, 'warning', 'turn:', timeout=40))
            lab.turn.restart()
            self.viewer.wait_frames(30, 30)
            self.viewer.wait_message('rtc-healed')

    def test_announced_address(self):
        """A publisher whose host candidates lead nowhere is reached under the address it announces: 1:1 NAT."""
        with Lab('port_preserving', 'symmetric') as lab:
            public = lab.publisher.public_address
            lab.start()
            self.publisher = lab.publish(f'ice-announce={lab.publisher.address}={public} ice-port-range=50000-50010',
                                         ice_servers='')
            self.publisher.wait_message('rtc-ready')
            lab.publisher.routers[0].node.nft(
                'table ip forwarded {\n chain incoming {\n  type nat hook prerouting priority -110;\n'
                f'  iifname "wan" udp dport 50000-50010 dnat to {lab.publisher.address}\n }}\n}}\n')
            self.viewer = lab.view(ice_servers='')
            self.viewer.wait_frames(15)
            path = self.viewer.paths()[-1]
            self.assertEqual(path['remote-address'].split(':')[0], public)
            self.assertEqual(path['remote-candidate-type'], 'host')


if __name__ == '__main__':
    enter()
    build.environment()
    unittest.main(verbosity=1)
