"""The build tree under test: its programs, and the environment in which GStreamer finds its plugin.

The tree is $RTC_BUILD, or build/ of the checkout.
"""
import functools
import os
import pathlib
import subprocess
import sys
import threading

from .enclosure import FOLDER, skip

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get('RTC_BUILD') or ROOT / 'build')
_lock = threading.Lock()
_environment = {}


def program(name):
    path = BUILD / 'tools' / name / name
    if not path.exists():
        skip(f'{path} is not built')
    return str(path)


@functools.cache
def python():
    """One that has the bindings of GStreamer."""
    for candidate in ('/usr/bin/python3', sys.executable):
        test = [candidate, '-c', 'import gi; gi.require_version("Gst", "1.0")']
        if subprocess.run(test, capture_output=True).returncode == 0:
            return candidate
    skip('no Python with GStreamer (packages python3-gi, gir1.2-gstreamer-1.0)')


def environment():
    """With a registry of this enclosure, filled once: programs that start together would all scan."""
    with _lock:
        if not _environment:
            plugins = ':'.join(sorted({str(path.parent) for path in BUILD.glob('plugins/*/libgst*.so')}))
            values = {'GST_PLUGIN_PATH': plugins, 'GST_REGISTRY': str(FOLDER / 'registry.bin'),
                      'GST_REGISTRY_1_0': str(FOLDER / 'registry.bin'), 'XDG_RUNTIME_DIR': '/run'}
            found = subprocess.run(['gst-inspect-1.0', 'rtcsink'], env={**os.environ, **values}, capture_output=True)
            if found.returncode != 0:
                skip(f'the element rtcsink is not in {BUILD}/plugins')
            _environment.update(values)
    return dict(_environment)
