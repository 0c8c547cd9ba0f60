#!/usr/bin/python3
"""Publishes a chat, and answers each message of a viewer with the same one; ends when one says "bye". Beside it a box
that sends nothing and takes what viewers send over channels of theirs.

    data_replies_publisher.py URI      prints "ready", for each message its label, text or bytes, its size and what the
                                       pad tells of the channel, and "closed" with its label when it has ended
"""
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstApp', '1.0')
from gi.repository import GLib, Gst, GstApp  # noqa: E402, F401


def say(*words):
    """Prints a line; pads of several threads have something to say."""
    GLib.idle_add(lambda: print(*words, flush=True))


class Publisher:
    def __init__(self, uri):
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.parse_launch(
            f'rtcsink name=s uri={uri} stream=echo data_0::label=chat data_1::label=bytes '
            f'rtcsink name=box uri={uri} stream=box accept-data=true '
            'appsrc name=chat caps=text/x-raw,format=utf8 format=time ! s.data_0 '
            'appsrc name=bytes caps=application/octet-stream format=time ! s.data_1')
        self.sinks = {}
        self.trouble = None
        for name in ('s', 'box'):
            self.pipeline.get_by_name(name).connect('pad-added', self.came)
            self.pipeline.get_by_name(name).connect('pad-removed', self.gone)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect('message', self.heard)
        self.pipeline.set_state(Gst.State.PLAYING)

    def came(self, _element, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        sink = Gst.ElementFactory.make('appsink')
        sink.set_properties(emit_signals=True, sync=False)
        sink.set_property('async', False)
        sink.connect('new-sample', self.answer, pad)
        self.sinks[pad] = sink
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad('sink'))

    def gone(self, _element, pad):
        if pad in self.sinks:
            GLib.idle_add(self.remove, self.sinks.pop(pad), pad.get_property('label'))

    def remove(self, sink, label):
        if sink.get_property('eos'):
            print('closed', label, flush=True)
        sink.set_state(Gst.State.NULL)
        self.pipeline.remove(sink)

    def answer(self, sink, pad):
        sample = sink.emit('pull-sample')
        buffer = sample.get_buffer()
        data = buffer.extract_dup(0, buffer.get_size())
        kind = 'text' if sample.get_caps().get_structure(0).has_name('text/x-raw') else 'bytes'
        channel = (f'{name}={pad.get_property(name)}' for name in ('ordered', 'max-retransmits', 'id'))
        say(pad.get_property('label'), kind, len(data), *channel)
        back = self.pipeline.get_by_name('chat' if kind == 'text' else 'bytes')
        back.emit('push-buffer', Gst.Buffer.new_wrapped(data))
        if data == b'bye':
            self.loop.quit()
        return Gst.FlowReturn.OK

    def heard(self, _bus, message):
        if message.type in (Gst.MessageType.ERROR, Gst.MessageType.WARNING):
            self.trouble = str(message.parse_error() if message.type == Gst.MessageType.ERROR else message.parse_warning())
            self.loop.quit()
        elif message.type == Gst.MessageType.ELEMENT and message.get_structure().has_name('rtc-ready'):
            print('ready', flush=True)


Gst.init(None)
publisher = Publisher(sys.argv[1])
publisher.loop.run()
publisher.pipeline.set_state(Gst.State.NULL)
sys.exit(publisher.trouble)
