"""A room of plugins/common includes only itself and rooms above it, in the order of its meson.build; nothing in
common knows a plugin, no GType is defined there, and GObject glue (gst*.cpp) is in plugin folders only."""
import re

from project import Finding

COMMON = 'plugins/common/'
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
GTYPE = re.compile(r'\b(G_DEFINE_\w+|RTC_DEFINE_TYPE|GST_ELEMENT_REGISTER_DEFINE\w*|g_(?:type|enum|flags)_register_static)\s*\(')
SUBDIR = re.compile(r"^\s*subdir\('([^']+)'\)")


def rooms(project):
    matches = (SUBDIR.match(line) for line in project.lines(COMMON + 'meson.build'))
    return [match[1] for match in matches if match]


def findings(project):
    order = rooms(project)
    for name in project.files('.cpp', '.hpp', '.c', '.h'):
        base = name.rsplit('/', 1)[-1]
        in_common = name.startswith(COMMON)
        if base.startswith('gst') and base.endswith('.cpp') and (in_common or not re.match(r'plugins/[^/]+/', name)):
            yield Finding(name, 1, 'GObject glue (gst*.cpp) belongs in the folder of a plugin, plugins/*/')
        if not in_common:
            continue
        room = name[len(COMMON):].split('/')[0]
        if room not in order:
            yield Finding(name, 1, f'the room {room} is not in {COMMON}meson.build')
            continue
        allowed = order[:order.index(room) + 1]
        for number, line in enumerate(project.lines(name), 1):
            include = INCLUDE.match(line)
            if include and include[1].split('/')[0] not in allowed:
                yield Finding(name, number, f'{room} may not include "{include[1]}": only rooms above it ({", ".join(allowed)})')
            # The border itself defines the macro.
            elif GTYPE.search(line) and name != COMMON + 'base/gobject_class.hpp':
                yield Finding(name, number, 'no GType in plugins/common: a type in two plugins fails to register')
