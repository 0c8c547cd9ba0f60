"""C++ is formatted as .clang-format says."""
import re
import shutil
import subprocess

from project import Finding

MESSAGE = re.compile(r'^(?P<file>[^:\n]+):(?P<line>\d+):\d+: error: ')


def findings(project):
    files = project.files('.cpp', '.hpp')
    if not files:
        return
    if not shutil.which('clang-format'):
        yield Finding('.clang-format', 1, 'clang-format is not installed. Remedy: apt-get install clang-format')
        return
    done = subprocess.run(['clang-format', '--dry-run', '-Werror', *files], cwd=project.root, capture_output=True, text=True)
    seen = set()
    for line in done.stderr.splitlines():
        match = MESSAGE.match(line)
        if match and match['file'] not in seen:
            seen.add(match['file'])
            yield Finding(match['file'], int(match['line']), f'not formatted. Remedy: clang-format -i {match["file"]}')
    if done.returncode and not seen:
        yield Finding('.clang-format', 1, done.stderr.strip() or 'clang-format failed')
