"""A camera for the test: serves H.264 baseline and PCMA on rtsp://127.0.0.1:<port printed>/camera."""
import sys

try:
    import gi
    gi.require_version('GstRtspServer', '1.0')
    from gi.repository import GLib, Gst, GstRtspServer
except (ImportError, ValueError) as error:
    print(f'no RTSP server: {error}')
    sys.exit(77)

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address('127.0.0.1')
server.set_service('0')
factory = GstRtspServer.RTSPMediaFactory()
factory.set_shared(True)
factory.set_launch(
    '( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 '
    '! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! video/x-h264,profile=baseline '
    '! rtph264pay name=pay0 pt=96 '
    'audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8 )')
server.get_mount_points().add_factory('/camera', factory)
server.attach(None)
print('port', server.get_bound_port(), flush=True)
GLib.MainLoop().run()
