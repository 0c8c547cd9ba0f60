"""Watches a stream as a player does. It sends a mouse to it, or, with a time in seconds, seeks there, waits until the
position says so, and pauses and plays it.

    steering_viewer.py URI STREAM [SECONDS]
"""
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstVideo', '1.0')
from gi.repository import Gst, GstVideo  # noqa: E402

Gst.init(None)
uri, stream = sys.argv[1:3]
viewer = Gst.parse_launch(f'rtcsrc name=r uri={uri} stream={stream} r.video_0 ! decodebin ! fakesink name=sink')
viewer.set_state(Gst.State.PLAYING)
bus = viewer.get_bus()


def event(name, wanted=lambda fields: True):
    """Waits for an element message with fields as wanted."""
    while True:
        message = bus.timed_pop_filtered(30 * Gst.SECOND, Gst.MessageType.ELEMENT | Gst.MessageType.ERROR)
        if message is None or message.type == Gst.MessageType.ERROR:
            sys.exit(f'waited in vain for {name}')
        fields = message.get_structure()
        if fields.get_name() == name and wanted(fields):
            return fields


def ask(request):
    fields = Gst.Structure.from_string(f'rtc-playback, request={request}')[0]
    assert viewer.get_by_name('r').send_event(Gst.Event.new_custom(Gst.EventType.CUSTOM_UPSTREAM, fields))


def position():
    known, time = viewer.query_position(Gst.Format.TIME)
    return time / Gst.SECOND if known else -1


def shown():
    """The sink's pad, once a picture has come to it."""
    bus.timed_pop_filtered(30 * Gst.SECOND, Gst.MessageType.ASYNC_DONE)
    return viewer.get_by_name('sink').get_static_pad('sink')


if len(sys.argv) > 3:
    seconds = float(sys.argv[3])
    event('rtc-playback', lambda fields: fields.get_boolean('seekable').value)
    shown()
    assert viewer.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH, int(seconds * Gst.SECOND))
    while not seconds <= position() < seconds + 5:
        bus.timed_pop(20 * Gst.MSECOND)
    print(f'the position is {position():.1f}', flush=True)
    ask('pause')
    event('rtc-playback', lambda fields: not fields.get_boolean('playing').value)
    ask('play')
    event('rtc-playback', lambda fields: fields.get_boolean('playing').value)
    print('it was paused and plays', flush=True)
else:
    sink = shown()
    while not sink.push_event(GstVideo.navigation_event_new_mouse_move(320, 180, 0)):
        bus.timed_pop(20 * Gst.MSECOND)
    bus.timed_pop_filtered(Gst.SECOND, Gst.MessageType.ERROR)
viewer.set_state(Gst.State.NULL)
