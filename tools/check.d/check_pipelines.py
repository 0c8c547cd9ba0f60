"""Every pipeline is in the index, pipelines/README.md, is run by a test in tests/pipelines, and says on top what one
must see."""
from project import Finding

FOLDER = 'pipelines/'
INDEX = FOLDER + 'README.md'
HEADER_LINES = 20


def findings(project):
    names = [name for name in project.files('.sh', '.py', '.cpp') if name.startswith(FOLDER)]
    if not names:
        return
    if INDEX not in project.files('.md'):
        yield Finding(INDEX, 1, 'the index of the pipelines is missing')
        return
    index = '\n'.join(project.lines(INDEX))
    tests = '\n'.join(line for name in project.files('.py', '.sh', '.build') if name.startswith('tests/pipelines/')
                      for line in project.lines(name))
    for name in names:
        base = name[len(FOLDER):]
        if f'({base})' not in index and f'`{base}`' not in index:
            yield Finding(INDEX, 1, f'{base} is not listed')
        if base.rsplit('.', 1)[0] not in tests:
            yield Finding(name, 1, 'no test in tests/pipelines runs it')
        if not any('You must see' in line for line in project.lines(name)[:HEADER_LINES]):
            yield Finding(name, 1, 'its header does not say "You must see"')
