"""The figures of a run, from its samples alone, and how they are printed."""
from bisect import bisect_left

SHORT_QUEUE = 50    # ms: after a step down the sender has settled when the queue stays below
FULL_LINK = 0.8     # of the rate: otherwise when it sends that much
WINDOW = 1          # s over which either must hold

HEADER = (f'{"scenario":8} {"sender":8} {"phase":13} {"link %":>6} {"media %":>7} {"queue ms p50/p95":>16} {"fps":>5} {"width":>5} '
          f'{"frozen s":>8} {"settled after s":>15} {"drop %":>6} {"fair":>5}')


def value_at(samples, time, column):
    """Of a counter: what it was at that time, between two samples in proportion."""
    after = bisect_left(samples, time, key=lambda sample: sample[0])
    if after == 0 or after == len(samples):
        return samples[min(after, len(samples) - 1)][column] if samples else 0
    (t0, v0), (t1, v1) = ((samples[i][0], samples[i][column]) for i in (after - 1, after))
    return v0 + (v1 - v0) * (time - t0) / (t1 - t0)


def increase(samples, start, end, column):
    return value_at(samples, end, column) - value_at(samples, start, column)


def percentile(values, part):
    ordered = sorted(values)
    return ordered[round(part * (len(ordered) - 1))] if ordered else 0


def frozen(frames, start, end):
    """Seconds without a picture, as the W3C statistics count a freeze: a gap of more than three average frames and
    of more than one and 150 ms; the average is of the 30 frames before. A freeze counts in the phases it lies in."""
    total = 0
    for number in range(2, len(frames) + 1):
        last = frames[number - 1]
        gap = (frames[number] if number < len(frames) else end) - last
        known = frames[max(0, number - 31):number]
        average = (known[-1] - known[0]) / (len(known) - 1)
        if gap > max(3 * average, average + 0.15):
            total += max(0, min(last + gap, end) - max(last, start))
    return total


def settled_down(queue, start, end):
    """Seconds until the queue stays short for a while; None: it never does."""
    long = [time for time, delay in queue if start <= time < end and delay >= SHORT_QUEUE]
    edges = [start, *long, end]
    for earlier, later in zip(edges, edges[1:]):
        if later - earlier >= min(WINDOW, end - start):
            return earlier - start
    return None


def settled_up(link, phase):
    """Seconds until so much of the link is used over a window; None: never."""
    goal = FULL_LINK * phase['rate'] / 8 * WINDOW
    for time, *_ in link:
        if phase['start'] + WINDOW <= time <= phase['end'] and increase(link, time - WINDOW, time, 1) >= goal:
            return time - phase['start']
    return None


def fairness(shares):
    """Jain's index: 1 when all are equal, 1/n when one has everything."""
    return sum(shares) ** 2 / (len(shares) * sum(share ** 2 for share in shares)) if any(shares) else None


def figure(recording, phase, before):
    start, end, rate = phase['start'], phase['end'], phase['rate']
    link, flows, seconds = recording['link'], recording['flows'], end - start
    capacity = rate / 8 * seconds
    queue = [(time, 8000 * waiting / rate) for time, _, _, waiting, _ in link if start <= time < end]
    delays = [delay for _, delay in queue]
    sent = increase(link, start, end, 1)
    narrower = before is not None and rate < before['rate']
    received = [increase(flow['stats'], start, end, 1) for flow in flows]
    widths = [sample[5] for flow in flows for sample in flow['stats'] if start <= sample[0] < end]
    dropped = increase(link, start, end, 4)
    return {
        'phase': phase['name'],
        'utilizationPercent': 100 * sent / capacity,
        'mediaPercent': 100 * (sent - increase(recording['tcp'], start, end, 1)) / capacity,
        'queueMedianMs': percentile(delays, 0.5), 'queueP95Ms': percentile(delays, 0.95),
        'framesPerSecond': sum(sum(start <= time < end for time in flow['frames']) for flow in flows) / seconds / len(flows),
        'meanWidth': sum(widths) / max(1, len(widths)),
        'frozenSeconds': sum(frozen(flow['frames'], start, end) for flow in flows) / len(flows),
        # TCP fills the link whatever the sender does.
        'settledSeconds': None if phase['tcp'] else settled_down(queue, start, end) if narrower else settled_up(link, phase),
        'droppedPercent': 100 * dropped / max(1, dropped + increase(link, start, end, 2)),
        'fairness': fairness(received) if len(flows) > 1 else None,
    }


def figures(recording):
    phases = recording['phases']
    return [figure(recording, phase, before) for phase, before in zip(phases, [None, *phases])]


def _or(value, text):
    return f'{value:{text}}' if value is not None else '-'


def rows(run):
    return [f'{run["scenario"]:8} {run["sender"]:8} {row["phase"]:13} {row["utilizationPercent"]:6.1f} '
            f'{row["mediaPercent"]:7.1f} {row["queueMedianMs"]:8.0f} /{row["queueP95Ms"]:6.0f} '
            f'{row["framesPerSecond"]:5.1f} {row["meanWidth"]:5.0f} {row["frozenSeconds"]:8.1f} {_or(row["settledSeconds"], ".1f"):>15} '
            f'{row["droppedPercent"]:6.1f} {_or(row["fairness"], ".2f"):>5}' for row in run['figures']]


RATIOS = (('link', 'mediaPercent'), ('queue p95', 'queueP95Ms'), ('fps', 'framesPerSecond'),
          ('frozen', 'frozenSeconds'), ('settled', 'settledSeconds'))


def ratios(runs):
    """rtcsink's figures divided by Chromium's in the same scenario, phase by phase; "-" where one is none or zero."""
    by_sender = {run['sender']: run for run in runs}
    if not {'rtcsink', 'chromium'} <= by_sender.keys():
        return
    for ours, theirs in zip(by_sender['rtcsink']['figures'], by_sender['chromium']['figures']):
        parts = (f'{name} {_or(ours[key] / theirs[key] if theirs[key] and ours[key] is not None else None, ".2f")}'
                 for name, key in RATIOS)
        yield f'rtcsink / chromium, {runs[0]["scenario"]}, {ours["phase"]}: {", ".join(parts)}'
