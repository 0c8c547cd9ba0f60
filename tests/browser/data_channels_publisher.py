#!/usr/bin/python3
"""Publishes messages over data channels, of text and of bytes, ordered and not, reliable and not.

    data_channels_publisher.py URI FOLDER      prints "ready"

Says "hello" on every channel until SIGUSR1, because nobody gets what was sent before its channel opened. Then every
file of FOLDER goes out as one message, in the order of the names: *.txt as text, *.bin as bytes; and then it ends.
"""
import pathlib
import signal
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstApp', '1.0')
from gi.repository import GLib, Gst, GstApp  # noqa: E402, F401

CHANNELS = {
    'words': ('data_0', 'txt', 'data_0::protocol=chat'),
    'bytes': ('data_1', 'bin', ''),
    'loose': ('data_2', 'bin', 'data_2::ordered=false'),
    'lossy': ('data_3', 'bin', 'data_3::ordered=false data_3::max-retransmits=0'),
    'brief': ('data_4', 'bin', 'data_4::max-packet-lifetime=500'),
}
CAPS = {'txt': 'text/x-raw,format=utf8', 'bin': 'application/octet-stream'}


def launch_line(uri):
    parts = [f'rtcsink name=s uri={uri} stream=messages']
    for label, (pad, kind, options) in CHANNELS.items():
        parts.append(f'{pad}::label={label} {options}')
    for label, (pad, kind, _) in CHANNELS.items():
        parts.append(f'appsrc name={label} caps={CAPS[kind]} is-live=true format=time do-timestamp=true ! s.{pad}')
    return ' '.join(parts)


class Publisher:
    def __init__(self, uri, folder):
        self.files = sorted(pathlib.Path(folder).iterdir())
        self.greeting = True
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.parse_launch(launch_line(uri))
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect('message', self.heard)
        self.pipeline.set_state(Gst.State.PLAYING)

    def heard(self, _bus, message):
        if message.type == Gst.MessageType.ERROR:
            sys.exit(message.parse_error()[0].message)
        elif message.type == Gst.MessageType.WARNING:
            print(message.parse_warning()[0].message, flush=True)
        elif message.type == Gst.MessageType.EOS:
            self.loop.quit()
        elif message.type == Gst.MessageType.ELEMENT and message.get_structure().has_name('rtc-ready'):
            print('ready', flush=True)

    def push(self, label, data):
        self.pipeline.get_by_name(label).emit('push-buffer', Gst.Buffer.new_wrapped(data))

    def greet(self):
        for label in CHANNELS if self.greeting else ():
            self.push(label, b'hello')
        return self.greeting

    def send_all(self):
        self.greeting = False
        for path in self.files:
            for label, (_, kind, _) in CHANNELS.items():
                if path.suffix == '.' + kind:
                    self.push(label, path.read_bytes())
        for label in CHANNELS:
            self.pipeline.get_by_name(label).emit('end-of-stream')


Gst.init(None)
publisher = Publisher(*sys.argv[1:])
GLib.timeout_add(50, publisher.greet)
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, publisher.send_all)
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, publisher.loop.quit)
publisher.loop.run()
publisher.pipeline.set_state(Gst.State.NULL)
