#!/usr/bin/env python3
"""What docs/nat.md shows works: its configurations, commands and pipelines run as they stand there, in laboratories
in which the names of the page are known; its messages are those that come, its table is what is expected.

A fenced block has its name in the info string: `sh run=NAME`, `ini file=NAME`, `sh show=NAME`.
"""
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True

from laboratory import Lab, TimedOut, build, certificate, enter, skip, stun  # noqa: E402
from laboratory.enclosure import FOLDER  # noqa: E402
from laboratory.expectations import matches, pairs  # noqa: E402
from laboratory.pipeline import PLAY, Player  # noqa: E402
from laboratory.row import path_kind  # noqa: E402

PAGE = build.ROOT / 'docs' / 'nat.md'
HERE = FOLDER / 'page'

# What is another thing here than on the page: where files are, and what to see and count by.
SUBSTITUTIONS = {
    '/etc/rtc/': f'{HERE}/',
    'autovideosink': 'identity name=frames ! fakesink sync=false',
    'udp dport 50000-50100 accept': 'udp dport 50000-50100 counter accept',
}
# The names of the page; its addresses are those of the laboratory.
HOSTS = {
    'turn.example.org': ['198.51.100.2', '2001:db8:100::2'],
    'stun.example.net': ['198.51.100.3'],
    'rtc.example.org': ['192.0.2.2', '2001:db8:200::2'],
}
UNTESTED = {
    'docker': 'no Docker: run=announce runs behind a router that forwards the same ports',
    'coturn.override': 'no systemd: coturn runs as its user with this capability',
}
# Lines of turnserver.conf that the other blocks stand for.
REPLACED = {
    'turnserver-users.conf': ('use-auth-secret', 'static-auth-secret'),
    'turnserver-behind-nat.conf': ('listening-ip', 'relay-ip', 'aux-server'),
}
NETWORKS = {
    'public address': 'open', 'port-restricted NAT': 'port_restricted', 'symmetric NAT': 'symmetric',
    'UDP blocked': 'udp_blocked', 'only TCP port 443 open': 'only_443', 'IPv6 only': 'ipv6',
}
COTURN_USER = 'turnserver'


class Page:
    def __init__(self):
        self.text = PAGE.read_text()
        found = re.findall(r'^```(.*)\n((?:.*\n)*?)```$', self.text, re.M)
        self.blocks = {}
        self.nameless = []
        for info, text in found:
            name = re.fullmatch(r'\w+ (?:run|file|show)=([\w.-]+)', info)
            if not name or name[1] in self.blocks:
                self.nameless.append(info)
            else:
                self.blocks[name[1]] = text
        self.used = set()

    def block(self, name):
        self.used.add(name)
        text = self.blocks[name]
        for word, other in SUBSTITUTIONS.items():
            text = text.replace(word, other)
        return text

    def words(self, name, program):
        """A block that is one command of that program."""
        words = shlex.split(self.block(name).replace('\\\n', ' '), comments=True)
        if words[0] != program:
            raise ValueError(f'the block {name} is not one command of {program}')
        return words[1:]

    def table(self, heading):
        """The rows of the table below a heading, as lists of cells, without its header."""
        section = self.text.split(f'## {heading}\n')[1].split('\n## ')[0]
        rows = [line for line in section.splitlines() if line.startswith('|')]
        return [[cell.strip() for cell in row.strip('|').split('|')] for row in rows]


page = Page()


def mount(source, target):
    done = subprocess.run(['mount', '--bind', source, target], capture_output=True, text=True)
    if done.returncode != 0:
        skip(f'{target} cannot be replaced here: {done.stderr.strip()}')


def know(names):
    """/etc/hosts of the enclosure."""
    lines = [f'{address} {name}' for name, addresses in names.items() for address in addresses]
    (HERE / 'hosts').write_text('\n'.join(['127.0.0.1 localhost', *lines, '']))


def furnish():
    """Names, the certificate and its authority, the secret: what the page takes to be there."""
    HERE.mkdir()
    certificate.NAMES += ''.join(f',DNS:{name}' for name in HOSTS)
    for source, name in zip((*certificate.server(), certificate.authority()), ('cert.pem', 'key.pem', 'authority.pem')):
        shutil.copy(source, HERE / name)
    subprocess.run(['bash', '-euc', page.block('secret')], check=True)
    know(HOSTS)
    mount(HERE / 'hosts', '/etc/hosts')
    for path in (HERE, HERE / 'key.pem'):
        shutil.chown(path, COTURN_USER)


class Trust:
    """Meanwhile the machine trusts the authority of the laboratory as those that Debian installs."""
    STORE = '/etc/ssl/certs/ca-certificates.crt'

    def __enter__(self):
        mount(certificate.authority(), self.STORE)
        return self

    def end(self):
        subprocess.run(['umount', self.STORE], check=True)

    def __exit__(self, *_error):
        if pathlib.Path(self.STORE).read_bytes() == certificate.authority().read_bytes():
            self.end()


def configuration(*others):
    """turnserver.conf of the page, changed by other blocks."""
    left_out = [key for name in others for key in REPLACED[name]]
    lines = [line for line in page.block('turnserver.conf').splitlines() if line.split('=')[0] not in left_out]
    secret = (HERE / 'turn-secret').read_text().strip()
    return '\n'.join([*lines, *map(page.block, others), '']).replace('=the-secret', f'={secret}')


def start_coturn(node, text):
    """coturn as Debian's service starts it, as its user with the capability of the page. Waits until it answers."""
    addresses = re.findall('^listening-ip=(.*)$', text, re.M)
    file = HERE / f'turnserver-{addresses[0]}.conf'
    file.write_text(text)
    process = node.spawn([
        'setpriv', f'--reuid={COTURN_USER}', f'--regid={COTURN_USER}', '--clear-groups',
        '--inh-caps=+net_bind_service', '--ambient-caps=+net_bind_service',
        'turnserver', '-c', str(file), '--pidfile=', '--log-file=stdout', f'--userdb={file}.db'], 'coturn')
    for address in addresses:
        with node.socket(stun.socket.AF_INET6 if ':' in address else stun.socket.AF_INET) as udp:
            if not stun.ask(udp, (address, 3478), 20):
                raise TimedOut(f'coturn does not answer on {address}:\n{process.output()}')
    return process


def start_server(lab, ice=True):
    """rtc-server of the page; or without its ICE servers."""
    words = page.words('server', 'rtc-server')
    words = words if ice else words[:words.index('--ice-server')]
    lab.signaling.process = lab.signaling.node.spawn([build.program('rtc-server'), *words], 'rtc-server')
    lab.signaling.process.wait_line('https://')


def play(side, name):
    """A pipeline of the page: a Player. gst-launch-1.0 puts its arguments together in this way."""
    text = ' '.join(word.replace(' ', r'\ ') for word in page.words(name, 'gst-launch-1.0'))
    return side.spawn([build.python(), PLAY, text], name, build.environment(), kind=Player)


def forward(router, what, to):
    router.node.nft('table ip forwarded {\n chain incoming {\n  type nat hook prerouting priority -110;\n'
                    f'  iifname "wan" {what} dnat to {to}\n }}\n}}\n')


class Contents(unittest.TestCase):
    def test_every_block_has_a_name(self):
        self.assertEqual(page.nameless, [])
        self.assertLessEqual(set(UNTESTED), set(page.blocks))

    def test_table_of_networks(self):
        expected = {(publisher, viewer): kind for publisher, viewer, kind in pairs()}
        header, _line, *rows = page.table('How ICE finds a way')
        others = [next(kind for network, kind in NETWORKS.items() if title.endswith(network)) for title in header[1:4]]
        self.assertEqual([row[0] for row in rows], list(NETWORKS))
        for network, *cells in rows:
            for other, cell in zip(others, cells):
                kind = cell.replace(' or ', '|')
                self.assertEqual(kind, expected[NETWORKS[network], other], f'{network}, {other}')
                self.assertEqual(kind, expected[other, NETWORKS[network]], f'{other}, {network}')

    def test_properties_and_options_exist(self):
        commands = [['gst-inspect-1.0', element] for element in ('rtcsink', 'rtcsrc')]
        commands.append([build.program('rtc-server'), '--help'])
        if (build.BUILD / 'tools/rtc-ice-check/rtc-ice-check').exists():
            commands.append([build.program('rtc-ice-check'), '--help'])
        known = ''.join(subprocess.run(command, env=build.environment() | {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C'},
                                       capture_output=True, text=True).stdout for command in commands)
        for name in sorted(set(re.findall(r'`((?:ice|tls)-[a-z-]+)', page.text))):
            self.assertTrue(re.search(rf'^  {name} *:', known, re.M), name)
        for name in sorted(set(re.findall(r'`(--[a-z-]+)', page.text))):
            self.assertTrue(re.search(rf'^  .*{name}[= ]', known, re.M), name)


class Pipelines(unittest.TestCase):
    def meet(self, lab, publish='publish', receive='receive', at=None):
        """The selected pairs of both, when frames have come."""
        self.publisher = play(at or lab.publisher, publish)
        self.publisher.wait_message('rtc-ready')
        self.viewer = play(lab.viewer, receive)
        self.viewer.wait_frames(15)
        return self.publisher.paths()[-1], self.viewer.paths()[-1]

    def test_servers_from_rtc_server(self):
        for pair, expected in ((('symmetric', 'symmetric'), 'relay/udp'), (('udp_blocked', 'open'), 'relay/tcp|tls'),
                               (('only_443', 'ipv6'), 'relay/tls'), (('open', 'port_restricted'), 'srflx')):
            with self.subTest(pair), Lab(*pair) as lab, Trust():
                start_coturn(lab.turn.node, configuration())
                start_server(lab)
                paths = self.meet(lab)
                self.assertTrue(matches(path_kind(*paths), expected), paths)

    def test_own_servers_and_authority(self):
        with Lab('symmetric', 'only_443') as lab, Trust() as trust:
            start_coturn(lab.turn.node, configuration('turnserver-users.conf'))
            start_server(lab)
            publisher = play(lab.publisher, 'own-servers')
            publisher.wait_message('rtc-ready')
            trust.end()
            viewer = play(lab.viewer, 'tls')
            viewer.wait_frames(15)
            self.assertEqual(viewer.paths()[-1]['relay-protocol'], 'tls')

    def test_relay_only_through_coturn_behind_nat(self):
        with Lab('port_restricted', 'symmetric') as lab, Trust():
            public = lab.publisher.public_address
            forward(lab.publisher.routers[0], '', lab.publisher.address)
            know(HOSTS | {'turn.example.org': [public]})
            self.addCleanup(know, HOSTS)
            start_coturn(lab.publisher.host, configuration('turnserver-behind-nat.conf'))
            start_server(lab)
            path, _ = self.meet(lab, 'relay', at=lab.turn.node)
            self.assertEqual(path['local-candidate-type'], 'relay')
            self.assertEqual(path['local-address'].split(':')[0], public)

    def test_ports_in_a_firewall(self):
        with Lab('open', 'symmetric') as lab, Trust():
            lab.publisher.host.nft(page.block('firewall.nft'))
            start_server(lab, ice=False)
            path, _ = self.meet(lab, 'ports')
            self.assertIn(int(path['local-address'].split(':')[1]), range(50000, 50101))
            rules = lab.publisher.host.run('nft', 'list', 'table', 'inet', 'firewall')
            self.assertRegex(rules, 'dport 50000-50100 counter packets [1-9]')

    def test_interfaces(self):
        with Lab('dead_interface', 'open') as lab, Trust():
            start_server(lab, ice=False)
            path, _ = self.meet(lab, 'interfaces')
            self.assertEqual(path['local-address'].split(':')[0], lab.publisher.address)

    def test_forwarded_ports(self):
        with Lab('port_restricted', 'symmetric') as lab, Trust():
            forward(lab.publisher.routers[0], 'udp dport 50000-50100', lab.publisher.address)
            start_server(lab, ice=False)
            _, path = self.meet(lab, 'announce')
            self.assertEqual(path['remote-address'].split(':')[0], lab.publisher.public_address)
            self.assertEqual(path['remote-candidate-type'], 'host')

    def test_tcp_between_the_peers(self):
        with Lab('open', 'udp_blocked') as lab, Trust():
            start_server(lab, ice=False)
            paths = self.meet(lab, 'tcp-publisher', 'tcp-viewer')
            self.assertEqual([path['protocol'] for path in paths], ['tcp', 'tcp'])
            self.assertNotIn('relay', path_kind(*paths))

    def test_application_that_watches(self):
        with Lab('open', 'udp_blocked') as lab, Trust():
            start_coturn(lab.turn.node, configuration())
            start_server(lab)
            play(lab.publisher, 'publish').wait_message('rtc-ready')
            words = [build.python(), '-c', page.block('watch')]
            application = lab.viewer.spawn(words, 'watch', build.environment())
            said = application.wait_line('^rtc-path, .*;')[0]
            for name in ('local-candidate-type', 'remote-candidate-type', 'protocol', 'relay-protocol', 'local-address',
                         'remote-address'):
                self.assertRegex(said, f' {name}=')
            for line in ('localCandidateType: relay', 'remoteCandidateType: host', 'protocol: udp', 'relayProtocol: t',
                         'healed: 0'):
                application.wait_line(f'^  {line}')


class Messages(unittest.TestCase):
    def test_rtc_ice_check(self):
        words = page.words('check', 'rtc-ice-check')
        if not (build.BUILD / 'tools/rtc-ice-check/rtc-ice-check').exists():
            self.skipTest('rtc-ice-check is not built')
        with Lab('symmetric') as lab, Trust():
            start_coturn(lab.turn.node, configuration())
            one, other = HOSTS['turn.example.org'][0], HOSTS['stun.example.net'][0]
            lines = configuration().replace(one, other).splitlines()
            start_coturn(lab.turn.node, '\n'.join(line for line in lines if '2001:' not in line))
            check = lab.publisher.spawn([build.program('rtc-ice-check'), *words], 'rtc-ice-check')
            self.assertEqual(check.wait_end(), 0, check.output())
            check.stop()
            self.assertIn('"symmetric"', check.output())
            for transport in ('UDP', 'TCP', 'TLS'):
                self.assertRegex(check.output(), rf'turns?:turn.example.org\S* +{transport} +works')

    def test_messages_of_elements(self):
        with Lab() as lab:
            lab.start()
            stranger, late = ('nobody', 'wrong'), lab.turn.credentials(seconds=-60)
            servers = ' '.join((
                lab.turn.ice_servers(only=('udp',), credentials=stranger),
                lab.turn.ice_servers(only=('tcp',), credentials=late),
                lab.turn.ice_servers(only=('tls',)),
                lab.turn.ice_servers(only=('udp',)).replace(':3478', ':9'),
                'stun:198.51.100.14'))
            # The last one of a property given twice is in effect: authorities that did not sign.
            publisher = lab.publish(f'ice-port-range=50000-50000 tls-ca-file={Trust.STORE}', ice_servers=servers)
            alone = lab.publish('stream=alone ice-transport-policy=relay', ice_servers=servers.split()[0])
            for player in (publisher, alone):
                player.wait_message('rtc-ready')
            lab.view('stream=alone', ice_servers='')
            lab.view(ice_servers='').wait_frames(15)
            lab.view(ice_servers='')  # there is no port for it
            others = [publisher, alone, lab.publish('ice-interfaces=wlan7')]
            _header, _line, *rows = page.table('Messages and what to do')
            for message, _advice in rows:
                text = re.search('`(.*?)`', message)[1]
                pattern = re.escape(text).replace(re.escape('...'), '.+')
                with self.subTest(text):
                    self.wait_for(re.compile(pattern), others)

    def wait_for(self, pattern, players):
        """Until one of them has said it; the deadline is that of a connection, and some."""
        end = time.monotonic() + 45
        while not any(pattern.search(player.output()) for player in players):
            self.assertLess(time.monotonic(), end, '\n'.join(
                line for player in players for line in player.output().splitlines() if '"frame"' not in line))
            time.sleep(0.1)


def tearDownModule():
    if len(sys.argv) == 1 and page.used | set(UNTESTED) != set(page.blocks):
        raise AssertionError('blocks of the page without a test, or listed though they have one: '
                             f'{sorted(page.used ^ set(page.blocks) ^ set(UNTESTED))}')


if __name__ == '__main__':
    enter()
    build.environment()
    furnish()
    unittest.main(verbosity=1)
