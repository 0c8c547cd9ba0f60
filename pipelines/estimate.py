#!/usr/bin/python3
"""A bare webrtcbin with rtcgcc: the encoder follows what the path takes. Sender and receiver are two webrtcbins in this
process; in yours the other one is a browser, and descriptions and candidates go through your own signaling.

    pipelines/estimate.py [seconds]                 needs the packages python3-gi and gir1.2-gst-plugins-bad-1.0

You must see: "The path takes ... kbit/s, the encoder makes ..." with numbers that rise to what the encoder makes at most.
"""
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstWebRTC', '1.0')
from gi.repository import GLib, Gst, GstWebRTC  # noqa: E402

LEAST, MOST = 100_000, 2_000_000
RTP = ('application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000,'
       'extmap-1=http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01')
SENDER = ('webrtcbin name=rtc bundle-policy=max-bundle '
          'videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 ! queue ! '
          f'vp8enc name=encoder deadline=1 cpu-used=8 end-usage=cbr target-bitrate=300000 keyframe-max-dist=300 ! '
          f'rtpvp8pay ! {RTP} ! rtc.')


def add_estimator(_webrtcbin, _transport, encoder):
    # Reaches the most at ten ninths of what the encoder makes, since its rate counts headers and retransmissions.
    estimator = Gst.ElementFactory.make('rtcgcc')
    estimator.set_property('max-bitrate', MOST * 10 // 9)
    estimator.connect('notify::estimated-bitrate', follow, encoder)
    return estimator


def follow(estimator, _property, encoder):
    path = estimator.get_property('estimated-bitrate')
    rate = min(max(path * 9 // 10, LEAST), MOST)
    encoder.set_property('target-bitrate', rate)
    print(f'The path takes {path // 1000} kbit/s, the encoder makes {rate // 1000}', flush=True)


def negotiate(sender, receiver):
    def offered(promise):
        reply = promise.get_reply()  # owns what it holds
        offer = reply.get_value('offer')
        sender.emit('set-local-description', offer, None)
        receiver.emit('set-remote-description', offer, None)
        receiver.emit('create-answer', None, Gst.Promise.new_with_change_func(answered))

    def answered(promise):
        reply = promise.get_reply()
        answer = reply.get_value('answer')
        receiver.emit('set-local-description', answer, None)
        sender.emit('set-remote-description', answer, None)

    sender.emit('create-offer', None, Gst.Promise.new_with_change_func(offered))


def show(_webrtcbin, pad, pipeline):
    sink = Gst.ElementFactory.make('fakesink')
    sink.set_property('async', False)
    pipeline.add(sink)
    sink.sync_state_with_parent()
    pad.link(sink.get_static_pad('sink'))


def main():
    Gst.init(None)
    sending, receiving = Gst.parse_launch(SENDER), Gst.Pipeline()
    sender, encoder = sending.get_by_name('rtc'), sending.get_by_name('encoder')
    receiver = Gst.ElementFactory.make('webrtcbin')
    receiver.set_property('bundle-policy', GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
    receiving.add(receiver)

    # Retransmission repairs the picture, and lets rtcgcc probe.
    sender.emit('get-transceiver', 0).set_property('do-nack', True)
    wanted = receiver.emit('add-transceiver', GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(RTP))
    wanted.set_property('do-nack', True)
    sender.connect('request-aux-sender', add_estimator, encoder)
    sender.connect('on-ice-candidate', lambda _, line, text: receiver.emit('add-ice-candidate', line, text))
    receiver.connect('on-ice-candidate', lambda _, line, text: sender.emit('add-ice-candidate', line, text))
    sender.connect('on-negotiation-needed', lambda _: negotiate(sender, receiver))
    receiver.connect('pad-added', show, receiving)

    loop = GLib.MainLoop()
    if len(sys.argv) > 1:
        GLib.timeout_add_seconds(int(sys.argv[1]), loop.quit)
    receiving.set_state(Gst.State.PLAYING)
    sending.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except KeyboardInterrupt:
        pass
    sending.set_state(Gst.State.NULL)
    receiving.set_state(Gst.State.NULL)


main()
