"""coturn with two IPv4 addresses and one of IPv6: UDP and TCP on 3478, TLS on 5349 and on 443."""
import base64
import hashlib
import hmac
import signal
import socket
import time
from urllib.parse import quote

from . import certificate, stun
from .enclosure import FOLDER
from .process import TimedOut

SECRET = 'a-secret-of-the-laboratory'

CONFIGURATION = '''
listening-port=3478
tls-listening-port=5349
{addresses}
realm=laboratory
fingerprint
{authentication}
min-port=49152
max-port=65535
relay-threads=1
cert={certificate}
pkey={key}
userdb={folder}/turn.db
pidfile={folder}/turn.pid
log-file=stdout
no-cli
no-tlsv1
no-tlsv1_1
{options}
'''


class Turn:
    def __init__(self, node, addresses, name):
        """`addresses`: two of IPv4, then one of IPv6; the node has them."""
        self.node, self.addresses = node, addresses
        self.folder = FOLDER / f'{name}turn'
        self.folder.mkdir()
        self.secret = SECRET
        self.users = {}
        self.options = ''
        self.process = None

    def start(self, users=None, options=''):
        """With `users` (a dict of passwords) long-term credentials; without, time-limited ones from the secret."""
        self.users, self.options = users or {}, options
        self._spawn()

    def _spawn(self):
        authentication = ['lt-cred-mech', *(f'user={user}:{password}' for user, password in self.users.items())]
        if not self.users:
            authentication = ['use-auth-secret', f'static-auth-secret={self.secret}']
        addresses = [line for address in self.addresses
                     for line in (f'listening-ip={address}', f'relay-ip={address}',
                                  f'aux-server={host(address)}:443')]
        chain, key = certificate.server()
        configuration = self.folder / 'turn.conf'
        configuration.write_text(CONFIGURATION.format(
            addresses='\n'.join(addresses), authentication='\n'.join(authentication), certificate=chain, key=key,
            folder=self.folder, options=self.options))
        self.process = self.node.spawn(['turnserver', '-c', str(configuration)], 'coturn')
        self._wait()

    def _wait(self, timeout=20):
        """Until all addresses answer: they are opened one after another."""
        end = time.monotonic() + timeout
        for address in self.addresses:
            family = socket.AF_INET6 if ':' in address else socket.AF_INET
            with self.node.socket(family) as udp:
                if not stun.ask(udp, (address, 3478), end - time.monotonic()):
                    raise TimedOut(f'coturn does not answer on {address}:\n{self.process.output()}')

    def stop(self, number=signal.SIGKILL):
        self.process.stop(number)

    def restart(self):
        """It forgets every allocation, as a server that crashed."""
        self.stop()
        self._spawn()

    def credentials(self, name='laboratory', seconds=3600, secret=None):
        """(user name, password) as by the TURN REST scheme; negative seconds: expired."""
        user = f'{int(time.time()) + seconds}:{name}'
        digest = hmac.new((secret or self.secret).encode(), user.encode(), hashlib.sha1).digest()
        return user, base64.b64encode(digest).decode()

    def urls(self, family=4):
        """Addresses as in RTCIceServer.urls, of the family a side has."""
        address = host(self.addresses[2 if family == 6 else 0])
        return {'stun': f'stun:{address}:3478',
                'udp': f'turn:{address}:3478?transport=udp',
                'tcp': f'turn:{address}:3478?transport=tcp',
                'tls': f'turns:{address}:443?transport=tcp'}

    def ice_servers(self, family=4, only=('stun', 'udp', 'tcp', 'tls'), credentials=None):
        """The property ice-servers of an element: user and password stand in the URLs."""
        user, password = (quote(word, safe='') for word in credentials or self.credentials())
        urls = self.urls(family)
        chosen = []
        for name in only:
            scheme, rest = urls[name].split(':', 1)
            chosen.append(urls[name] if scheme == 'stun' else f'{scheme}:{user}:{password}@{rest}')
        return ' '.join(chosen)


def host(address):
    return f'[{address}]' if ':' in address else address
