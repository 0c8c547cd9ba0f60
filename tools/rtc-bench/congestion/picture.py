"""Rate against link, queue and frames over time, drawn with matplotlib where it is installed."""
import sys

from report import increase

STEP = 0.5  # seconds that a point stands for


def rate_of(run):
    start, end = run['phases'][0]['start'], run['phases'][-1]['end']
    points = [start + STEP * (number + 1) for number in range(int((end - start) / STEP))]
    return ([point - start for point in points],
            [8e-6 * increase(run['link'], point - STEP, point, 1) / STEP for point in points],
            [8e-6 * (increase(run['link'], point - STEP, point, 1) - increase(run['tcp'], point - STEP, point, 1)) / STEP
             for point in points],
            [sum(point - STEP <= time < point for flow in run['flows'] for time in flow['frames'])
             / STEP / len(run['flows']) for point in points])


def draw(runs, file):
    try:
        import matplotlib
    except ImportError:
        print('no picture: matplotlib is not installed (package python3-matplotlib)', file=sys.stderr)
        return
    matplotlib.use('Agg')
    from matplotlib import pyplot
    scenarios = list(dict.fromkeys(run['scenario'] for run in runs))
    senders = list(dict.fromkeys(run['sender'] for run in runs))
    figure, axes = pyplot.subplots(3 * len(scenarios), len(senders), squeeze=False,
                                   figsize=(7 * len(senders), 7 * len(scenarios)))
    for run in runs:
        top = 3 * scenarios.index(run['scenario'])
        rate, queue, frames = axes[top:top + 3, senders.index(run['sender'])]
        times, sent, media, pictures = rate_of(run)
        start = run['phases'][0]['start']
        edges = [phase['start'] - start for phase in run['phases']] + [run['phases'][-1]['end'] - start]
        rate.stairs([phase['rate'] / 1e6 for phase in run['phases']], edges, color='black', label='link')
        if run['tcp']:
            rate.plot(times, sent, color='gray', label='all')
        rate.plot(times, media, label='media')
        rate.set_ylabel('Mbit/s')
        rate.set_ylim(0)
        rate.legend()
        rate.set_title(f'{run["sender"]}, {run["scenario"]}')
        rates = [(time, phase['rate'], waiting) for time, _, _, waiting, _ in run['link']
                 for phase in run['phases'] if phase['start'] <= time < phase['end']]
        queue.plot([time - start for time, _, _ in rates], [8000 * waiting / bits for _, bits, waiting in rates])
        queue.set_ylabel('queue, ms')
        frames.plot(times, pictures)
        frames.set_ylabel('frames/s')
        frames.set_ylim(0)
        frames.set_xlabel('s')
    figure.tight_layout()
    figure.savefig(file)
