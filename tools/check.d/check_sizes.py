"""Source files stay readable in one sitting."""
from project import Finding

LIMIT = 400
SUFFIXES = ('.cpp', '.hpp', '.py', '.js', '.mjs', '.css', '.html', '.sh')


def findings(project):
    for name in project.files(*SUFFIXES):
        count = len(project.lines(name))
        if count > LIMIT:
            yield Finding(name, LIMIT + 1, f'{count} lines: split it, {LIMIT} is the limit')
