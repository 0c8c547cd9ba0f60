"""Plays a pipeline and prints, as a JSON object per line: element messages, errors, and each buffer that
passes the element named "frames"; at SIGUSR1 the statistics of the element named "rtc". Times are of the monotonic clock. Ends with the stream, an error or SIGTERM.

    python3 play.py 'videotestsrc num-buffers=3 ! identity name=frames ! fakesink'
"""
import json
import signal
import sys
import threading
import time

import gi

gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402


# Frames are told by streaming threads: of two that write at once a long line would be torn.
speaking = threading.Lock()


def say(**fields):
    line = json.dumps(fields, default=str) + '\n'
    with speaking:
        sys.stdout.write(line)
        sys.stdout.flush()


def fields_of(structure):
    names = [structure.nth_field_name(number) for number in range(structure.n_fields())]
    return {name: structure.get_value(name) for name in names}


def frame(_pad, info):
    buffer = info.get_buffer()
    say(frame=1, at=time.monotonic(), pts=buffer.pts if buffer.pts != Gst.CLOCK_TIME_NONE else None)
    return Gst.PadProbeReturn.OK


def on_message(_bus, message, loop, result):
    structure = message.get_structure()
    if message.type == Gst.MessageType.ELEMENT and structure.get_name().startswith('rtc'):
        say(message=structure.get_name(), at=time.monotonic(), source=message.src.get_name(), **{
            key: value for key, value in fields_of(structure).items() if key not in ('message', 'at', 'source')})
    elif message.type in (Gst.MessageType.ERROR, Gst.MessageType.WARNING):
        error = message.type == Gst.MessageType.ERROR
        what, detail = message.parse_error() if error else message.parse_warning()
        say(**{'error' if error else 'warning': what.message}, detail=detail, source=message.src.get_name())
        if error:
            result.append(1)
            loop.quit()
    elif message.type == Gst.MessageType.EOS:
        say(eos=True, at=time.monotonic())
        loop.quit()


def say_stats(pipeline):
    say(stats=pipeline.get_by_name('rtc').get_property('stats').to_string())
    return GLib.SOURCE_CONTINUE


def main(text):
    Gst.init(None)
    pipeline = Gst.parse_launch(text)
    frames = pipeline.get_by_name('frames')
    if frames:
        frames.get_static_pad('src').add_probe(Gst.PadProbeType.BUFFER, frame)
    loop, result = GLib.MainLoop(), []
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect('message', on_message, loop, result)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, say_stats, pipeline)
    say(playing=time.monotonic())
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    return 1 if result else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
