"""The figures of a run, and how they are printed."""
from statistics import median

HEADER = f'{"peers":17} {"MB/s":>7} {"CPU s/GB sender":>15} {"receiver":>8} {"both":>6} {"longest stall ms":>16}'
OURS = ('rtcsink', 'rtcsink-messages')


def figures(peer, before, after, sender_cpu, receiver_cpu):
    """`before` and `after`: what the receiver said at both ends of the window; CPU seconds in it."""
    size = after['bytes'] - before['bytes']
    gigabytes = size / 1e9

    def cost(seconds):
        return seconds / gigabytes if gigabytes else None
    return {
        'peers': peer,
        'megabytesPerSecond': size / 1e6 / (after['time'] - before['time']),
        'senderCpuSecondsPerGigabyte': cost(sender_cpu),
        'receiverCpuSecondsPerGigabyte': cost(receiver_cpu),
        'cpuSecondsPerGigabyte': cost(sender_cpu + receiver_cpu),
        'longestStallMs': 1000 * after['stall'],
    }


def _or(value, text):
    return f'{value:{text}}' if value is not None else f'{"-":>{text.partition(".")[0]}}'


def row(run):
    return (f'{run["peers"]:17} {run["megabytesPerSecond"]:7.2f} {_or(run["senderCpuSecondsPerGigabyte"], "15.1f")} '
            f'{_or(run["receiverCpuSecondsPerGigabyte"], "8.1f")} {_or(run["cpuSecondsPerGigabyte"], "6.1f")} '
            f'{run["longestStallMs"]:16.0f}')


def ratios(runs):
    """The medians of ours divided by those of the others; the longest stalls of all rounds."""
    def middle(peer, field):
        values = [run[field] for run in runs if run['peers'] == peer and run[field] is not None]
        return median(values) if values else None
    peers = list(dict.fromkeys(run['peers'] for run in runs))
    for ours in (peer for peer in peers if peer in OURS):
        for other in (peer for peer in peers if peer not in OURS):
            parts = []
            for name, field in (('throughput', 'megabytesPerSecond'), ('CPU per GB', 'cpuSecondsPerGigabyte')):
                one, another = middle(ours, field), middle(other, field)
                parts.append(f'{name} {_or(one / another if one is not None and another else None, "4.2f")}')
            stalls = ' / '.join(f'{max(run["longestStallMs"] for run in runs if run["peers"] == peer):.0f} ms'
                                for peer in (ours, other))
            yield f'{ours} / {other}: {", ".join(parts)}, longest stall {stalls}'
