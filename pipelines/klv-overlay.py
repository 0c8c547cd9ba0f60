#!/usr/bin/python3
"""Boxes in step with frames: one side finds a ball in each frame of its picture and sends where it is, as JSON, the other
one draws the box on that very frame. KLV or text goes the same way, with the caps meta/x-klv or text/x-raw.

    pipelines/klv-overlay.py publish ws://127.0.0.1:8080/ scene     # in one terminal
    pipelines/klv-overlay.py show ws://127.0.0.1:8080/ scene        # in another one, or open the page

Needs the packages python3-gi and gir1.2-gst-plugins-base-1.0, and gstreamer1.0-plugins-bad with rsvgoverlay.
Environment: SINK, the element that shows the picture (autovideosink).

You must see: a ball that bounces, and a red box that stays around it. Ctrl-C ends it.
"""
import bisect
import json
import os
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstApp', '1.0')
from gi.repository import GLib, Gst, GstApp  # noqa: E402, F401

WIDTH, HEIGHT = 320, 240
PUBLISHER = ('rtcsink name=s uri={} stream={} data_0::label=boxes data_0::sync-to=video_0 '
             'videotestsrc is-live=true pattern=ball name=camera ! '
             f'video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate=30/1 ! queue ! s.video_0 '
             'appsrc name=found format=time is-live=true caps=application/json ! s.data_0')
# Messages and frames come as the network brings them: clocksync holds each frame back until its time, so that its
# message is there.
VIEWER = ('rtcsrc name=r uri={} stream={} data-labels=boxes '
          'r.video_0 ! videoconvert ! clocksync ! rsvgoverlay name=overlay ! videoconvert ! {} '
          'r.data_0 ! appsink name=found sync=false async=false emit-signals=true')
MOST_KEPT = 300
HALF_A_FRAME = Gst.SECOND // 60


def find_ball(luma):
    """The smallest box around what is brighter than black, in pixels."""
    left, right, rows = WIDTH, 0, []
    for y in range(HEIGHT):
        row = luma[y * WIDTH:(y + 1) * WIDTH]
        if lit := row.strip(b'\x10'):
            start = len(row) - len(row.lstrip(b'\x10'))
            left, right = min(left, start), max(right, start + len(lit))
            rows.append(y)
    return {'x': left, 'y': rows[0], 'width': right - left, 'height': len(rows), 'label': 'ball'} if rows else None


def publish(pipeline):
    found = pipeline.get_by_name('found')

    def look(_pad, info):
        frame = info.get_buffer()
        ball = find_ball(frame.extract_dup(0, WIDTH * HEIGHT))
        text = json.dumps({'width': WIDTH, 'height': HEIGHT, 'boxes': [ball] if ball else []})
        message = Gst.Buffer.new_wrapped(text.encode())
        message.pts = frame.pts  # that tells which frame it belongs to
        found.emit('push-buffer', message)
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name('camera').get_static_pad('src').add_probe(Gst.PadProbeType.BUFFER, look)


def svg(picture, width, height):
    """The boxes are in pixels of the picture that was sent, what came may be smaller."""
    shapes = ''.join(f'<rect x="{box["x"]}" y="{box["y"]}" width="{box["width"]}" height="{box["height"]}"/>'
                     for box in picture['boxes'])
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {picture["width"]} {picture["height"]}">'
            f'<g fill="none" stroke="#f00" stroke-width="3">{shapes}</g></svg>')


def show(pipeline):
    overlay = pipeline.get_by_name('overlay')
    times, pictures = [], []

    # Has the PTS of its frame.
    def keep(sink):
        message = sink.emit('pull-sample').get_buffer()
        times.append(message.pts)
        pictures.append(json.loads(message.extract_dup(0, message.get_size())))
        del times[:-MOST_KEPT], pictures[:-MOST_KEPT]
        return Gst.FlowReturn.OK

    def draw(pad, info):
        at = bisect.bisect_right(times, info.get_buffer().pts + HALF_A_FRAME)
        caps = pad.get_current_caps().get_structure(0)
        if at:
            overlay.set_property('data', svg(pictures[at - 1], caps.get_value('width'), caps.get_value('height')))
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name('found').connect('new-sample', keep)
    overlay.get_static_pad('sink').add_probe(Gst.PadProbeType.BUFFER, draw)


def run(pipeline):
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect('message::eos', lambda *_: loop.quit())
    bus.connect('message::error', lambda _bus, message: sys.exit(message.parse_error()[0].message))
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except KeyboardInterrupt:
        pass
    pipeline.set_state(Gst.State.NULL)


if len(sys.argv) != 4 or sys.argv[1] not in ('publish', 'show'):
    sys.exit('Usage: pipelines/klv-overlay.py publish|show ws://HOST:PORT/ROOM NAME')
Gst.init(None)
what, uri, name = sys.argv[1:]
if what == 'publish':
    running = Gst.parse_launch(PUBLISHER.format(uri, name))
    publish(running)
else:
    running = Gst.parse_launch(VIEWER.format(uri, name, os.environ.get('SINK', 'autovideosink')))
    show(running)
run(running)
