"""The CPU time of a process and of all below it, from /proc."""
import os
import pathlib

TICK = os.sysconf('SC_CLK_TCK')


def _read():
    """{process: (parent, seconds of its own and of its children that are gone)}"""
    found = {}
    for entry in pathlib.Path('/proc').iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            fields = (entry / 'stat').read_text().rpartition(')')[2].split()
        except OSError:
            continue  # gone meanwhile
        found[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICK)
    return found


def cpu_seconds(process):
    processes = _read()

    def below(top):
        return processes[top][1] + sum(below(child) for child, (parent, _) in processes.items() if parent == top)
    return below(process) if process in processes else 0
