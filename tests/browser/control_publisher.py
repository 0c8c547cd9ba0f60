"""Publishes a test picture whose viewers may control it, and prints each navigation event that comes to its source.

    control_publisher.py URI
"""
import sys

import gi

gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402

Gst.init(None)
pipeline = Gst.parse_launch(
    'videotestsrc name=camera is-live=true ! video/x-raw,width=640,height=360,framerate=30/1 '
    f'! rtcsink name=s uri={sys.argv[1]} stream=test control=navigation renditions=320x180 audiotestsrc is-live=true ! s.')


def watch(_pad, info):
    event = info.get_event()
    if event.type == Gst.EventType.NAVIGATION:
        print(event.get_structure().to_string(), flush=True)
        return Gst.PadProbeReturn.HANDLED
    return Gst.PadProbeReturn.OK


pipeline.get_by_name('camera').get_static_pad('src').add_probe(Gst.PadProbeType.EVENT_UPSTREAM, watch)
pipeline.set_state(Gst.State.PLAYING)
GLib.MainLoop().run()
