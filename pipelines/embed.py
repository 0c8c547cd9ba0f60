#!/usr/bin/python3
"""An application that publishes with rtcsink and follows who is watching. The C++ one is embed.cpp.

    pipelines/embed.py [host:port] [seconds]        needs the packages python3-gi and gir1.2-gstreamer-1.0

You must see: "Watch at http://...", there a moving ball with a tone, and for every viewer a line when it comes and one
when it goes.
"""
import sys

import gi

gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402


def on_message(_bus, message, loop):
    if message.type == Gst.MessageType.ERROR:
        print(message.parse_error()[0].message, file=sys.stderr)
        loop.quit()
    elif message.type == Gst.MessageType.ELEMENT:
        event = message.get_structure()
        if event.has_name('rtc-ready'):
            print('Watch at', event.get_value('url'), flush=True)
        elif event.has_name('rtc-viewer-added'):
            print('A viewer came, now', event.get_value('viewers'), flush=True)
        elif event.has_name('rtc-viewer-removed'):
            print('A viewer went, now', event.get_value('viewers'), flush=True)
    return True


def main():
    Gst.init(None)
    pipeline = Gst.parse_launch(
        'rtcsink name=sink stream=embedded '
        'videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 ! queue ! sink.video_0 '
        'audiotestsrc is-live=true volume=0.1 ! queue ! sink.audio_0')
    pipeline.get_by_name('sink').set_property('listen', sys.argv[1] if len(sys.argv) > 1 else '127.0.0.1:8080')

    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect('message', on_message, loop)
    if len(sys.argv) > 2:
        GLib.timeout_add_seconds(int(sys.argv[2]), loop.quit)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except KeyboardInterrupt:
        pass
    pipeline.set_state(Gst.State.NULL)


main()
