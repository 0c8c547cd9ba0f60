"""One row of the matrix: a publisher and a viewer, each behind a kind, connect and play for a while."""
from dataclasses import dataclass, field

from .expectations import matches
from .lab import Lab
from .pipeline import keep_log
from .process import TimedOut

FLOW = 5.0  # seconds that video must flow
RATE = 12.0  # frames per second at least, of 15
WORST = ('tls', 'tcp', 'udp')


@dataclass
class Row:
    publisher: str
    viewer: str
    expected: str = None
    transport: str = None
    measured: str = '-'
    first_frame: float = None
    rate: float = None
    trouble: str = None
    logs: dict = field(default_factory=dict)

    def __str__(self):
        first = f'{self.first_frame:6.2f} s' if self.first_frame is not None else '       -'
        rate = f'{self.rate:5.1f}/s' if self.rate is not None else '      -'
        return (f'{"FAILED" if self.trouble else "ok    "} {self.publisher:15} {self.viewer:15} '
                f'{self.expected or "":13} {self.measured:9} {first} {rate}'
                + (f'  relay only, over {self.transport}' if self.transport else '')
                + (f'  {self.trouble}' if self.trouble else ''))


HEADER = f'       {"publisher":15} {"viewer":15} {"expected":13} {"measured":9}    first  frames'


def path_kind(*paths, ends=('local', 'remote')):
    """host, srflx, relay/udp, relay/tcp or relay/tls, from what both ends say about the selected pair.

    A relay counts with the transport between its client and the server; of two the one that is harder on media.
    Peer-reflexive is server-reflexive seen by the other end. Without a relay "/tcp" tells ICE over TCP. A browser that
    hides its addresses behind mDNS names looks peer-reflexive from afar: then `ends` is ('local',).
    """
    relays = {path.get('relay-protocol') for path in paths if path['local-candidate-type'] == 'relay'}
    if relays:
        return 'relay/' + next((protocol for protocol in WORST if protocol in relays), '?')
    types = {path[f'{end}-candidate-type'] for path in paths for end in ends}
    kind = 'host' if types == {'host'} else 'relay/?' if 'relay' in types else 'srflx'
    return kind + ('/tcp' if any(path.get('protocol') == 'tcp' for path in paths) else '')


def run_row(publisher, viewer, expected=None, transport=None):
    """Never raises: what went wrong is in the row. `transport`: only relays, reached by udp, tcp or tls."""
    row = Row(publisher, viewer, expected, transport)
    try:
        with Lab(publisher, viewer) as lab:
            lab.start()
            _play(lab, row)
    except Exception as error:  # the other rows go on
        row.trouble = row.trouble or f'{type(error).__name__}: {error}'
    return row


def _play(lab, row):
    more = {}
    if row.transport:
        more = {'options': 'ice-transport-policy=relay',
                'ice_servers': lab.turn.ice_servers(only=('stun', row.transport))}
    ends = {'publisher': lab.publish(**more)}
    try:
        ends['publisher'].wait_message('rtc-ready')
        ends['viewer'] = lab.view(**more)
        row.rate = ends['viewer'].wait_flow(FLOW)
        row.trouble = _judge(row, *ends.values())
    except TimedOut as error:
        row.trouble = str(error)
    finally:
        if 'viewer' in ends:
            row.first_frame = ends['viewer'].first_frame()
        for process in reversed(ends.values()):
            process.stop()
        for name, process in (*ends.items(), ('coturn', lab.turn.process), ('rtc-server', lab.signaling.process)):
            row.logs[name] = process.output()
            keep_log(process, f'{row.publisher}_{row.viewer}_{row.transport or "all"}_{name}')


def _judge(row, publisher, viewer):
    paths = [end.paths()[-1] for end in (publisher, viewer) if end.paths()]
    if len(paths) < 2:
        return 'no rtc-path from ' + ('the publisher' if not publisher.paths() else 'the viewer')
    row.measured = path_kind(*paths)
    if row.rate < RATE:
        return f'{row.rate:.1f} frames per second are too few'
    if row.expected and not matches(row.measured, row.expected):
        return f'the path is {row.measured}'
    return None
