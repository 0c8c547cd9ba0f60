#!/usr/bin/python3
"""Publishes a picture in two renditions and, at each SIGUSR1, gives the viewer the other one.

    renditions_publisher.py URI        prints "ready", and "switched HEIGHT NUMBER" when the change is on its way
"""
import signal
import sys

import gi

gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402

SIZES = ('640x360', '320x180')


class Publisher:
    def __init__(self, uri):
        self.pipeline = Gst.parse_launch(
            'videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 ! '
            f'rtcsink name=s uri={uri} stream=test renditions=640x360@500k,320x180@150k')
        self.sink = self.pipeline.get_by_name('s')
        self.session = None
        self.wanted = self.switched = 0
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect('message', self.heard)
        self.pipeline.set_state(Gst.State.PLAYING)

    def heard(self, _bus, message):
        event = message.get_structure()
        if message.type == Gst.MessageType.ERROR:
            sys.exit(message.parse_error()[0].message)
        elif message.type == Gst.MessageType.WARNING:
            print(message.parse_warning()[0].message, flush=True)
        elif event and event.has_name('rtc-ready'):
            print('ready', flush=True)
        elif event and event.has_name('rtc-viewer-connected'):
            self.session = event.get_value('session')
        elif event and event.has_name('rtc-rendition'):
            self.switched += 1
            print('switched', event.get_value('rendition').split('@')[0].split('x')[1], self.switched, flush=True)

    def switch(self):
        self.wanted += 1
        if not self.sink.emit('set-viewer-rendition', self.session, 'video_0', SIZES[self.wanted % 2]):
            sys.exit('refused')
        return GLib.SOURCE_CONTINUE


Gst.init(None)
publisher = Publisher(sys.argv[1])
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, publisher.switch)
loop = GLib.MainLoop()
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)
loop.run()
publisher.pipeline.set_state(Gst.State.NULL)
