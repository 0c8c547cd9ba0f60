"""One sender on the link through the phases of a scenario, and what was seen of it."""
import json
import os
import pathlib
import shutil
import time

import clip
from laboratory import Lab
from laboratory.process import Process
from link import Link
from tcp_flow import TcpFlow

BROWSER = str(pathlib.Path(__file__).with_name('browser.mjs'))
START = 60  # seconds for Chromium and the first picture


class Browser(Process):
    """`flows`: for each video of a viewer its frames and statistics; see browser.mjs."""

    def __init__(self, command, name, env=None):
        self.said = set()
        self.flows = []
        super().__init__(command, name, env)

    def heard(self, line):
        try:
            event = json.loads(line)
        except ValueError:
            return  # of Chromium's own
        self.said.add(event.get('said'))
        for number, flow in enumerate(event.get('flows', [])):
            if number == len(self.flows):
                self.flows.append({'frames': [], 'stats': []})
            self.flows[number]['frames'] += flow['frames']
            self.flows[number]['stats'] += flow['stats']
        if 'flows' in event:
            self.lines.pop()  # kept above

    def seen_until(self):
        """The time of the newest statistics."""
        return max((flow['stats'][-1][0] for flow in self.flows if flow['stats']), default=0)

    def wait_said(self, word):
        self.wait_until(lambda: word in self.said, f'"{word}"', START)


def browser(lab, side, *words, camera=''):
    environment = {'CHROMIUM': shutil.which('chromium'), 'CAMERA': str(camera)}
    return side.spawn(['node', BROWSER, words[0], lab.signaling.page(), 'film', *words[1:]],
                      f'chromium ({words[0]})', {**os.environ, **environment}, kind=Browser)


def _rtcsink(lab, scenario):
    publisher = lab.publish('video-codecs=VP8', ice_servers='', source=clip.make(scenario)[1])
    publisher.wait_message('rtc-ready', START)


def _chromium(lab, scenario):
    words = (str(scenario.width), str(scenario.height))
    publisher = browser(lab, lab.publisher, 'publish', *words, camera=clip.make(scenario)[0])
    publisher.wait_said('published')


SENDERS = {'rtcsink': _rtcsink, 'chromium': _chromium}


def run(sender, scenario, seconds):
    """A recording: phases with their times, samples of the link and of TCP, flows as Chromium got them."""
    phases, tcp_samples = [], []
    with Lab() as lab, Link(lab) as link:
        link.shape(scenario.phases[0])
        lab.signaling.start()
        SENDERS[sender](lab, scenario)
        viewer = browser(lab, lab.viewer, 'view', str(scenario.viewers))
        viewer.wait_said('playing')
        for number, phase in enumerate(scenario.phases):
            if number:
                link.shape(phase)
            start = time.time()
            tcp = TcpFlow(lab) if phase.tcp else None
            time.sleep(seconds)
            if tcp:
                tcp.stop()
                tcp_samples += tcp.samples
            phases.append({'name': phase.name, 'rate': phase.rate, 'loss': phase.loss, 'tcp': phase.tcp,
                           'start': start, 'end': time.time()})
        viewer.wait_until(lambda: viewer.seen_until() > phases[-1]['end'], 'last statistics')
        return {'phases': phases, 'link': link.samples, 'tcp': tcp_samples, 'flows': viewer.flows}
