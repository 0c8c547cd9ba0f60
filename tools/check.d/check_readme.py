"""README.md against gst-inspect-1.0: every element, property and signal of the built plugins is described, none that
does not exist, properties with the type and default that they have.

The format of README.md: for each element a heading `### <element>`, and below it, before the next heading, one table
with the columns property, default and meaning, and if wanted type:

    ### rtcsink

    | property | type | default | meaning |
    |---|---|---|---|
    | `listen` | string | null | host:port of its own server |
    | `viewers` | uint | read-only | sessions that are connected |

Property names stand in backquotes. Types: string, boolean, int, uint, int64, uint64, double, enum, flags, structure,
array, object. Defaults: null or the text for a string, true or false, the number as gst-inspect-1.0 prints it, the
nick of an enum, null for what has no default; read-only for a property that cannot be written. An empty string is "".
Properties that the element inherits have no row. Signals and actions stand in a table of their own below, the first column
named signal: `name (arguments)`.
"""
import os
import re
import subprocess

from project import Finding

README = 'README.md'
# What the base classes bring along; gst-inspect-1.0 does not tell where a property comes from.
INHERITED = {
    'GstObject': {'name', 'parent'},
    'GstBin': {'async-handling', 'message-forward'},
    'GstBaseSrc': {'blocksize', 'num-buffers', 'typefind', 'do-timestamp', 'automatic-eos'},
    'GstBaseSink': {'sync', 'max-lateness', 'qos', 'async', 'ts-offset', 'enable-last-sample', 'last-sample', 'blocksize',
                    'render-delay', 'throttle-time', 'max-bitrate', 'processing-deadline', 'stats'},
    'GstBaseTransform': {'qos'},
}
INHERITED_SIGNALS = {'pad-added', 'pad-removed', 'no-more-pads'}
TYPES = (('String.', 'string'), ('Boolean.', 'boolean'), ('Unsigned Integer64.', 'uint64'), ('Integer64.', 'int64'),
         ('Unsigned Integer.', 'uint'), ('Integer.', 'int'), ('Double.', 'double'), ('Float.', 'double'), ('Enum ', 'enum'),
         ('Flags ', 'flags'), ('Boxed pointer of type "GstStructure"', 'structure'), ('GstValueArray', 'array'),
         ('Object of type', 'object'), ('Boxed pointer', 'structure'))


def inspect(project, *arguments):
    environment = dict(os.environ, GST_INSPECT_NO_COLORS='1', LC_ALL='C')
    return subprocess.run([str(project.root / 'tools' / 'env'), 'gst-inspect-1.0', *arguments], env=environment,
                          capture_output=True, text=True)


def parse_default(kind, text, flags):
    if 'writable' not in flags:
        return 'read-only'
    match = re.search(r'Default: (.*)$', text)
    if not match:
        return 'null'
    default = match[1].removesuffix('Write only').strip()
    if kind == 'string':
        return default if default == 'null' else default[1:-1] or '""'
    if kind in ('enum', 'flags'):
        return default.split(',', 1)[1].strip().strip('"')
    return default


def parse_properties(output):
    """{property: (type, default)} of the element's own properties, from the text of gst-inspect-1.0 <element>."""
    inherited = set().union(*(names for parent, names in INHERITED.items() if re.search(rf'\+----{parent}$', output, re.M)
                              or re.search(rf'^{parent}$', output, re.M)))
    section = re.search(r'^Element Properties:\n(.*?)(?=^\S|\Z)', output, re.M | re.S)
    properties = {}
    for match in re.finditer(r'^  ([\w-]+) *:.*\n +flags: (.*)\n +(.*)$', section[1] if section else '', re.M):
        name, flags, text = match.groups()
        if name in inherited:
            continue
        kind = next((kind for start, kind in TYPES if text.startswith(start)), text.split(' ')[0].lower())
        properties[name] = (kind, parse_default(kind, text, flags))
    return properties


def parse_signals(output):
    """The names of the element's own signals and actions."""
    sections = re.findall(r'^Element (?:Signals|Actions):\n(.*?)(?=^Element|\Z)', output, re.M | re.S)
    return {name for section in sections for name in re.findall(r'^  "([\w-]+)" :', section, re.M)} - INHERITED_SIGNALS


def built_elements(project):
    """{element: (properties, signals)} of all plugins in the build tree; None where gst-inspect-1.0 fails on one."""
    elements = {}
    for library in sorted(project.build.glob('plugins/*/libgst*.so')):
        listed = inspect(project, str(library))
        if listed.returncode:
            return None
        for name in re.findall(r'^  ([\w-]+): ', listed.stdout, re.M):
            output = inspect(project, name).stdout
            elements[name] = parse_properties(output), parse_signals(output)
    return elements


def cells(line):
    return [cell.strip().replace('\\|', '|') for cell in re.split(r'(?<!\\)\|', line.strip())[1:-1]]


def described(lines):
    """{element: (line, {property: (line, row as dict)}, {signal: line})}: headings `### name` with tables below."""
    elements, current, header, fenced = {}, None, None, False
    for number, line in enumerate(lines, 1):
        fenced ^= line.startswith('```')
        if fenced:
            continue
        if line.startswith('#'):
            match = re.fullmatch(r'### `?([a-z0-9]+)`?', line.strip())
            current, header = (match[1] if match else None), None
            if current:
                elements[current] = (number, {}, {})
        elif not line.startswith('|'):
            header = None
        elif current and header is None:
            header = [cell.lower() for cell in cells(line)]
        elif current and not re.match(r'\|[\s:|-]+$', line):
            row = dict(zip(header, cells(line)))
            if header[:1] == ['property']:
                elements[current][1][row['property'].strip('`')] = (number, row)
            elif header[:1] == ['signal']:
                elements[current][2][row['signal'].strip('`').split(' ')[0]] = number
    return elements


def compare(built, lines):
    """Yields (line, text) for each difference."""
    readme = described(lines)
    for element, (properties, signals) in built.items():
        if element not in readme:
            yield 1, f'the element {element} is not described: heading "### {element}" with a property table'
            continue
        heading, rows, signal_rows = readme[element]
        for name, (kind, default) in properties.items():
            if name not in rows:
                yield heading, f'{element}: no row for the property `{name}` ({kind}, default {default})'
                continue
            line, row = rows[name]
            if row.get('type', kind) != kind:
                yield line, f'{element}: `{name}` is of type {kind}'
            if row.get('default', '').strip('`') != default:
                yield line, f'{element}: the default of `{name}` is {default}'
            if not row.get('meaning'):
                yield line, f'{element}: `{name}` has no meaning'
        for name, (line, _) in rows.items():
            if name not in properties:
                yield line, f'{element} has no property `{name}`'
        for name in sorted(signals - set(signal_rows)):
            yield heading, f'{element}: no row for the signal `{name}`'
        for name, line in signal_rows.items():
            if name not in signals:
                yield line, f'{element} has no signal `{name}`'
    for element, (line, rows, _) in readme.items():
        if rows and element not in built:
            yield line, f'there is no element {element}'


def findings(project):
    if not any(project.build.glob('plugins/*/libgst*.so')):
        print(f'{README}: properties not checked, there is no build in {project.build}')
        return
    built = built_elements(project)
    if built is None:
        yield Finding(README, 1, 'gst-inspect-1.0 fails on a built plugin: try tools/env gst-inspect-1.0 rtcsink')
        return
    for line, text in compare(built, project.lines(README)):
        yield Finding(README, line, text)
