"""Publisher and viewer pipelines in a laboratory: what they say on the bus, and every frame that passes.

Each is a process of play.py, which prints one JSON object per line.
"""
import json
import os
import pathlib
import signal
import shutil
import time

from . import build, certificate
from .process import DEADLINE, Process

PLAY = str(pathlib.Path(__file__).with_name('play.py'))
BROWSER = str(pathlib.Path(__file__).with_name('browser.mjs'))
SIZE = 'video/x-raw,width=320,height=240,framerate=15/1'


class Player(Process):
    """`messages`: element messages as dicts; `frames`: (time of arrival, time stamp in ns)."""

    def __init__(self, command, name, env=None):
        self.messages = []
        self.stats = []
        self.frames = []
        self.playing_since = None
        super().__init__(command, name, env)

    def heard(self, line):
        try:
            event = json.loads(line)
        except ValueError:
            return  # a warning of a library, or a debug log
        if 'frame' in event:
            self.frames.append((event['at'], event['pts']))
        elif 'playing' in event:
            self.playing_since = event['playing']
        elif 'stats' in event:
            self.stats.append(event['stats'])
        elif 'message' in event:
            self.messages.append(event)

    def read_stats(self):
        """The element's statistics as GStreamer writes a structure, without the escapes of nested ones."""
        end = time.monotonic() + DEADLINE
        while True:
            known = len(self.stats)
            self.send_signal(signal.SIGUSR1)
            self.wait_until(lambda: len(self.stats) > known, 'statistics')
            text = self.stats[-1].replace('\\', '')
            # Without fields: the element had no time to answer.
            if '=' in text or time.monotonic() > end:
                return text

    def paths(self):
        """The rtc-path messages so far."""
        return [message for message in self.messages if message['message'] == 'rtc-path']

    def wait_message(self, name, timeout=DEADLINE, count=1, **fields):
        """The count-th element message of that name whose fields have these values."""
        def found():
            hits = [message for message in self.messages if message['message'] == name
                    and all(message.get(key.replace('_', '-')) == value for key, value in fields.items())]
            return hits[count - 1] if len(hits) >= count else None
        return self.wait_until(found, f'message {name}', timeout)

    def wait_frames(self, count, timeout=DEADLINE):
        """Until that many frames more have passed."""
        goal = len(self.frames) + count
        self.wait_until(lambda: len(self.frames) >= goal, f'{count} frames', timeout)

    def wait_flow(self, seconds, timeout=DEADLINE):
        """Frames per second over that time from the first frame that was; the last one may be late by a second."""
        self.wait_until(lambda: self.frames, 'first frame', timeout)
        start = self.frames[0][0]
        try:
            self.wait_until(lambda: self.frames[-1][0] >= start + seconds, 'more frames', seconds + 3)
        finally:
            self.rate = sum(at < start + seconds for at, _ in self.frames) / seconds
        return self.rate

    def first_frame(self):
        """Seconds from PLAYING to the first frame, or None."""
        return self.frames[0][0] - self.playing_since if self.frames and self.playing_since else None

    def largest_gap(self, since=0.0):
        """Seconds without a frame, at most, from that time of the monotonic clock on."""
        times = [since or self.playing_since, *(at for at, _ in self.frames if at >= since), time.monotonic()]
        return max(later - earlier for earlier, later in zip(times, times[1:]))


def _play(lab, side, text, name, env):
    words = [build.python(), PLAY, text]
    return side.spawn(words, name, {**build.environment(), **(env or {})},
                      kind=Player)


def common(lab, side, ice_servers):
    """The properties both elements have. ICE servers: all of coturn unless others are given; '' for none."""
    servers = lab.turn.ice_servers(side.family) if ice_servers is None else ice_servers
    text = f'uri={lab.signaling.uri(side.family)} stream=film tls-ca-file={certificate.authority()}'
    return f'{text} ice-servers="{servers}"' if servers else text


def Publisher(lab, side, options='', ice_servers=None, source=None, env=None):
    source = source or f'videotestsrc is-live=true ! {SIZE}'
    text = f'{source} ! identity name=frames ! rtcsink name=rtc {common(lab, side, ice_servers)} {options}'
    return _play(lab, side, text, 'publisher', env)


def Viewer(lab, side, options='', ice_servers=None, sink='video/x-raw ! identity name=frames ! fakesink sync=false',
           env=None):
    text = f'rtcsrc name=rtc {common(lab, side, ice_servers)} {options} ! {sink}'
    return _play(lab, side, text, 'viewer', env)


def chromium(lab, side, mode, seconds=5):
    """Chromium on the page of rtc-server; `mode` is "play" or "publish". See browser.mjs for what it prints."""
    words = ['node', BROWSER, mode, lab.signaling.page(side.family), 'film', str(seconds)]
    return side.spawn(words, f'chromium ({mode})', {'CHROMIUM': shutil.which('chromium')}, kind=Player)


def keep_log(process, name):
    """Writes the output where $RTC_LAB_LOGS says, if it does."""
    folder = os.environ.get('RTC_LAB_LOGS')
    if folder:
        os.makedirs(folder, exist_ok=True)
        pathlib.Path(folder, name + '.log').write_text(process.output() + '\n')
