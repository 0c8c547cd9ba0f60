"""A certificate authority and one certificate for all servers of the laboratories in this enclosure."""
import threading

from .enclosure import FOLDER
from .node import run

NAMES = ('DNS:turn.laboratory,DNS:signaling.laboratory,IP:198.51.100.2,IP:198.51.100.3,IP:2001:db8:100::2,'
         'IP:192.0.2.2,IP:2001:db8:200::2')
AUTHORITY = FOLDER / 'ca.pem'
_lock = threading.Lock()  # laboratories may be built side by side


def server():
    """(certificate file, key file)"""
    chain, key = FOLDER / 'server.pem', FOLDER / 'server.key'
    with _lock:
        if not chain.exists():
            _make(chain, key)
    return chain, key


def authority():
    """The file for the property tls-ca-file."""
    server()
    return AUTHORITY


def _make(chain, key):
    new_key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    run(['openssl', 'req', '-x509', *new_key, '-keyout', str(FOLDER / 'ca.key'), '-out', str(AUTHORITY),
         '-subj', '/CN=laboratory authority', '-addext', 'basicConstraints=critical,CA:TRUE'])
    request = FOLDER / 'server.csr'
    run(['openssl', 'req', *new_key[:5], '-keyout', str(key), '-out', str(request), '-subj', '/CN=turn.laboratory'])
    extensions = FOLDER / 'server.ext'
    extensions.write_text(f'subjectAltName={NAMES}\nbasicConstraints=CA:FALSE\n')
    run(['openssl', 'x509', '-req', '-in', str(request), '-CA', str(AUTHORITY), '-CAkey', str(FOLDER / 'ca.key'),
         '-CAcreateserial', '-days', '2', '-extfile', str(extensions), '-out', str(chain)])
