"""Runs each pipeline of pipelines/ and looks at what comes out."""
import os
import pathlib
import random
import shutil
import socket
import sys
import tempfile
import unittest

from support import BUILD, ROOT, Process, discover, duration, wait_until

PIPELINES = ROOT / 'pipelines'


class Pipelines(unittest.TestCase):
    def setUp(self):
        for tool in ('gst-launch-1.0', 'gst-discoverer-1.0'):
            if not shutil.which(tool):
                self.skipTest(f'{tool} is not installed')
        folder = tempfile.TemporaryDirectory(prefix='rtc-pipelines-')
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, *command, **variables):
        process = Process(*command, **variables)
        self.addCleanup(process.kill)
        return process

    def server(self, *options):
        """The signaling address of a new server."""
        server = self.start(BUILD / 'tools' / 'rtc-server' / 'rtc-server', '--listen', '127.0.0.1:0', *options)
        return server.wait_for(r'http://(\S+?)/')[1].join(('ws://', '/'))

    def recorder(self, uri, stream, name='got.mkv'):
        path = self.folder / name
        return self.start(PIPELINES / 'receive-record.sh', uri, stream, path), path

    def sample(self, seconds=5):
        """A VP8 and Opus file, as browsers take it."""
        path = self.folder / 'sample.webm'
        made = self.start(
            'gst-launch-1.0', '-q', *f'videotestsrc num-buffers={seconds * 30} ! video/x-raw,width=320,height=240,framerate=30/1 '
            '! vp8enc deadline=1 keyframe-max-dist=15 ! queue ! mux. '
            f'audiotestsrc num-buffers={seconds * 50} samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! opusenc ! queue '
            f'! mux. webmmux name=mux ! filesink location={path}'.split())
        self.assertEqual(made.wait(), 0, made.output())
        return path

    def assert_recorded(self, path, *codecs, at_least):
        found = discover(path)
        for codec in codecs:
            self.assertIn(codec, found)
        self.assertGreaterEqual(duration(found), at_least, found)

    def record_until(self, recorder, path, publisher, size=600_000):
        """Lets a live stream be recorded for a while, then ends the publisher, and with it the recorder."""
        wait_until(lambda: recorder.child.poll() is not None or path.exists() and path.stat().st_size > size,
                   f'{size} recorded bytes:\n{recorder.output()}\n{publisher.output()}')
        publisher.interrupt()
        self.assertEqual(recorder.wait(), 0, recorder.output())

    def test_publish_test(self):
        uri = self.server()
        recorder, path = self.recorder(uri, 'bars')
        publisher = self.start(PIPELINES / 'publish-test.sh', URI=uri, STREAM='bars')
        self.record_until(recorder, path, publisher)
        self.assert_recorded(path, 'video/x-vp8', 'audio/x-opus', at_least=0.3)

    def test_publish_file(self):
        uri = self.server()
        recorder, path = self.recorder(uri, 'film')
        publisher = self.start(PIPELINES / 'publish-file.sh', self.sample(), URI=uri)
        self.assertEqual(publisher.wait(), 0, publisher.output())
        self.assertEqual(recorder.wait(), 0, recorder.output())
        self.assert_recorded(path, 'video/x-vp8', 'audio/x-opus', at_least=2)

    def test_send_file(self):
        uri = self.server()
        sent, got = self.folder / 'sent', self.folder / 'got'
        sent.write_bytes(random.Random(1).randbytes(3_000_000))
        sender = self.start(PIPELINES / 'send-file.sh', uri, 'drop', sent)
        receiver = self.start(PIPELINES / 'receive-file.sh', uri, 'drop', got)
        self.assertEqual(sender.wait(), 0, sender.output())
        self.assertEqual(receiver.wait(), 0, receiver.output())
        self.assertTrue(got.read_bytes() == sent.read_bytes())

    def test_receive_file(self):
        uri = self.server()
        sent, got = self.folder / 'sent', self.folder / 'got'
        sent.write_bytes(random.Random(2).randbytes(200_000_000))
        receiver = self.start(PIPELINES / 'receive-file.sh', uri, 'drop', got)
        sender = self.start(PIPELINES / 'send-file.sh', uri, 'drop', sent)
        wait_until(lambda: got.exists() and got.stat().st_size > 0 or receiver.child.poll() is not None, 'first bytes')
        sender.interrupt()
        self.assertNotEqual(receiver.wait(), 0, 'a part is taken for the whole')
        self.assertIn('is cut short', receiver.output())
        self.assertLess(got.stat().st_size, sent.stat().st_size)

    def test_chat(self):
        uri = self.server()
        chats, lines = {}, {}
        for me, other in (('ann', 'bob'), ('bob', 'ann')):
            typed = self.folder / me
            os.mkfifo(typed)
            chats[me] = self.start('bash', '-c', f'exec "$0" "$@" < {typed}', PIPELINES / 'chat.sh', uri, me, other)
            lines[me] = open(typed, 'w', buffering=1)
            self.addCleanup(lines[me].close)
        for me, other in (('ann', 'bob'), ('bob', 'ann')):
            def heard(me=me, other=other):
                lines[me].write(f'hello from {me}\n')  # until somebody is there
                return f'hello from {me}' in chats[other].output()
            wait_until(heard, f'what {me} says:\n{chats[me].output()}\n{chats[other].output()}')

    def test_receive_record(self):
        uri = self.server()
        recorder, path = self.recorder(uri, 'sample')
        publisher = self.start('rtc-play', '--once', '--uri', uri, self.sample())
        publisher.wait_for('Video: VP8 .* untouched')
        self.assertEqual(publisher.wait(), 0, publisher.output())
        self.assertEqual(recorder.wait(), 0, recorder.output())
        self.assert_recorded(path, 'video/x-vp8', 'audio/x-opus', at_least=2)

    def test_receive_show(self):
        uri = self.server()
        video, audio = self.folder / 'video', self.folder / 'audio'
        shown = self.start(PIPELINES / 'receive-show.sh', uri, 'bars', VIDEO_SINK=f'filesink location={video}',
                           AUDIO_SINK=f'filesink location={audio}')
        publisher = self.start(PIPELINES / 'publish-test.sh', URI=uri, STREAM='bars')
        one_frame = 1280 * 720 * 3 // 2
        wait_until(lambda: video.exists() and video.stat().st_size > 5 * one_frame and audio.stat().st_size > 10_000,
                   'decoded video and audio')
        publisher.interrupt()
        self.assertEqual(shown.wait(), 0, shown.output())

    def test_relay(self):
        studio, edge = self.server(), self.server()
        recorder, path = self.recorder(edge, 'bars')
        self.start(PIPELINES / 'relay.sh', studio, 'bars', edge)
        publisher = self.start(PIPELINES / 'publish-test.sh', URI=studio, STREAM='bars')
        self.record_until(recorder, path, publisher)
        self.assert_recorded(path, 'video/x-vp8', 'audio/x-opus', at_least=0.3)

    def test_rtsp_to_webrtc(self):
        camera = self.start('/usr/bin/python3', pathlib.Path(__file__).with_name('rtsp_camera.py'))
        found = camera.wait_for(r'port (\d+)|no RTSP server')
        if not found[1]:
            self.skipTest(camera.output())
        uri = self.server()
        recorder, path = self.recorder(uri, 'camera')
        publisher = self.start(PIPELINES / 'rtsp-to-webrtc.sh', f'rtsp://127.0.0.1:{found[1]}/camera', URI=uri)
        self.record_until(recorder, path, publisher)
        self.assert_recorded(path, 'video/x-h264', 'audio/x-opus', at_least=0.3)

    def turn_server(self, secret):
        """The address of a new coturn: that of this machine, since ICE leaves out loopback where there is another."""
        if not shutil.which('turnserver'):
            self.skipTest('turnserver is not installed (package coturn)')
        with socket.socket(type=socket.SOCK_DGRAM) as udp:
            host = '127.0.0.1'
            if udp.connect_ex(('192.0.2.1', 9)) == 0:
                host = udp.getsockname()[0]
        with socket.create_server((host, 0)) as free:
            port = free.getsockname()[1]
        coturn = self.start(
            'turnserver', '-n', f'--listening-ip={host}', f'--relay-ip={host}', f'--listening-port={port}', '--realm=test',
            '--use-auth-secret', f'--static-auth-secret={secret}', '--allow-loopback-peers', '--no-cli', '--no-tls', '--no-dtls',
            '--log-file=stdout', '--pidfile=', f'--userdb={self.folder}/turn.db')

        def answers():
            with socket.socket() as tcp:
                return tcp.connect_ex((host, port)) == 0
        wait_until(lambda: coturn.child.poll() is not None or answers(), 'coturn')
        self.assertIsNone(coturn.child.poll(), coturn.output())
        return f'{host}:{port}'

    def test_behind_nat(self):
        turn = self.turn_server('a-secret')
        uri = self.server('--ice-server', f'turn:{turn}?transport=udp', '--turn-secret', 'a-secret')
        recorder, path = self.recorder(uri, 'nat')
        publisher = self.start(PIPELINES / 'behind-nat.sh', uri, POLICY='relay')
        publisher.wait_for(r'rtc-path, .*local-candidate-type=\(string\)relay, .*relay-protocol=\(string\)udp')
        self.record_until(recorder, path, publisher)
        self.assert_recorded(path, 'video/x-vp8', 'audio/x-opus', at_least=0.3)

    def test_renditions(self):
        for renditions, size in (('', '1280x720'), ('320x180/15@150k', '320x180')):
            uri = self.server()
            recorder, path = self.recorder(uri, 'bars', f'{size}.mkv')
            publisher = self.start(PIPELINES / 'renditions.sh', URI=uri, STREAM='bars', RENDITIONS=renditions)
            self.record_until(recorder, path, publisher, 50_000)
            width, height = size.split('x')
            self.assertRegex(discover(path), rf'Width: {width}\s+Height: {height}')

    def embedded(self, *command):
        application = self.start(*command, '127.0.0.1:0')
        uri = application.wait_for(r'Watch at http(://\S+/)')[1]
        recorder, path = self.recorder('ws' + uri, 'embedded')
        application.wait_for('A viewer came, now 1')
        wait_until(lambda: path.exists() and path.stat().st_size > 20_000, f'a recording:\n{recorder.output()}')
        recorder.kill()
        application.wait_for('A viewer went, now 0')
        application.interrupt()
        self.assertEqual(application.wait(), 0, application.output())

    def test_embed_cpp(self):
        self.embedded(BUILD / 'pipelines' / 'embed')

    def test_embed_py(self):
        self.embedded('/usr/bin/python3', PIPELINES / 'embed.py')

    def test_estimate_py(self):
        application = self.start('/usr/bin/python3', PIPELINES / 'estimate.py')
        application.wait_for(r'The path takes \d+ kbit/s, the encoder makes [3-9]\d\d')
        application.interrupt()
        self.assertEqual(application.wait(), 0, application.output())


if __name__ == '__main__':
    program = unittest.main(exit=False)
    outcome = program.result
    # What skipped everything counts as skipped for meson.
    sys.exit(1 if not outcome.wasSuccessful() else 77 if outcome.skipped and len(outcome.skipped) == outcome.testsRun else 0)
