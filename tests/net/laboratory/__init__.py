"""The NAT laboratory: network namespaces, NAT, coturn and rtc-server for one test, gone when it ends.

A test enters the enclosure (namespaces of its own), builds a Lab with two sides, runs programs in their
namespaces and waits for what they print:

    from laboratory import Lab, enter
    enter()
    with Lab('port_restricted', 'symmetric') as lab:
        publisher = lab.publish()
        viewer = lab.view()
        viewer.wait_frames(30)
        lab.viewer.unplug()

../README.md has the drawing and the kinds.
"""
from .enclosure import enter, skip
from .kinds import KINDS
from .lab import Lab
from .process import Process, TimedOut

__all__ = ['KINDS', 'Lab', 'Process', 'TimedOut', 'enter', 'skip']
