"""Runs each pipeline of pipelines/ and looks at what comes out."""
import array
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


def tone(path):
    """The frequency in Hz of the last half second of a file of 16 bit samples at 48 kHz; 0 when there is less."""
    samples = array.array('h')
    data = path.read_bytes() if path.exists() else b''
    samples.frombytes(data[len(data) % 2:][-48000:] if len(data) >= 48001 else b'')
    return sum(a < 0 <= b for a, b in zip(samples, samples[1:])) * 2


def center(frame, width, height, lit):
    """The middle of what is lit in a frame of RGB pixels; None when nothing is."""
    points = [(i % width, i // width) for i in range(width * height) if lit(*frame[3 * i:3 * i + 3])]
    if not points:
        return None
    return tuple((min(p[axis] for p in points) + max(p[axis] for p in points)) / 2 for axis in (0, 1))


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

    def typing(self, name, *command, **environment):
        """A process, and what is typed into it."""
        typed = self.folder / name
        os.mkfifo(typed)
        process = self.start('bash', '-c', f'exec "$0" "$@" < {typed}', *command, **environment)
        lines = open(typed, 'w', buffering=1)
        self.addCleanup(lines.close)
        return process, lines

    def remote_control(self):
        uri = self.server()
        robot, telemetry = self.typing('telemetry', PIPELINES / 'robot.sh', uri, 'rover')
        video = self.folder / 'video'
        operator, commands = self.typing('commands', PIPELINES / 'operator.sh', uri, 'rover',
                                         VIDEO_SINK=f'filesink location={video}')
        return robot, telemetry, operator, commands, video

    def test_robot(self):
        robot, _, operator, commands, _ = self.remote_control()
        for command in ('forward', 'stop'):  # the first one waits for the robot
            commands.write(f'{command}\n')
            wait_until(lambda command=command: command in robot.output(), f'{command}:\n{operator.output()}')

    def test_operator(self):
        robot, telemetry, operator, _, video = self.remote_control()

        def told():
            telemetry.write('battery 80 %\n')  # until somebody is there
            return 'battery 80 %' in operator.output()
        wait_until(told, f'the telemetry:\n{robot.output()}\n{operator.output()}')
        wait_until(lambda: video.exists() and video.stat().st_size > 320 * 240, 'the picture')

    def caller(self, pipeline, uri, me, other, frequency, **variables):
        """One side of a call and the file with what it hears."""
        heard = self.folder / f'{me}.raw'
        started = self.start(
            PIPELINES / pipeline, uri, me, *other, SOURCE=f'audiotestsrc is-live=true freq={frequency}',
            SINK=f'audio/x-raw,format=S16LE,rate=48000,channels=1 ! filesink buffer-mode=unbuffered location={heard}',
            SCREEN=f'filesink buffer-mode=unbuffered location={heard}.seen', **variables)
        return started, heard

    def call(self, pipeline, **variables):
        """Two sides, when each hears the other's tone."""
        uri = self.server()
        waiting, at_door = self.caller(pipeline, uri, 'door', (), 400, **variables)
        calling, at_desk = self.caller(pipeline, uri, 'desk', ('door',), 1000, **variables)
        for heard, frequency in ((at_door, 1000), (at_desk, 400)):
            wait_until(lambda heard=heard, frequency=frequency: abs(tone(heard) - frequency) < 30,
                       f'a tone of {frequency} Hz:\n{waiting.output()}\n{calling.output()}')
        return waiting, calling

    def test_two_way_audio(self):
        waiting, calling = self.call('two-way-audio.sh')
        calling.interrupt()
        self.assertEqual(calling.wait(), 0, calling.output())
        waiting.interrupt()
        self.assertEqual(waiting.wait(), 0, waiting.output())

    def test_video_call(self):
        camera = 'videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=15/1'
        waiting, calling = self.call('video-call.sh', CAMERA=camera)
        for name in ('door', 'desk'):
            seen = self.folder / f'{name}.raw.seen'
            wait_until(lambda seen=seen: seen.exists() and seen.stat().st_size > 10 * 160 * 120, f'pictures at the {name}')
        calling.interrupt()
        self.assertEqual(calling.wait(), 0, calling.output())
        self.assertEqual(waiting.wait(), 0, waiting.output())  # the call is over for it, too

    def test_chat(self):
        uri = self.server()
        chats, lines = {}, {}
        for me, other in (('ann', 'bob'), ('bob', 'ann')):
            chats[me], lines[me] = self.typing(me, PIPELINES / 'chat.sh', uri, me, other)
        for me, other in (('ann', 'bob'), ('bob', 'ann')):
            def heard(me=me, other=other):
                lines[me].write(f'hello from {me}\n')  # until somebody is there
                return f'hello from {me}' in chats[other].output()
            wait_until(heard, f'what {me} says:\n{chats[me].output()}\n{chats[other].output()}')

    def test_klv_overlay_py(self):
        uri = self.server()
        path = self.folder / 'frames.rgb'
        publisher = self.start('/usr/bin/python3', PIPELINES / 'klv-overlay.py', 'publish', uri, 'scene')
        viewer = self.start('/usr/bin/python3', PIPELINES / 'klv-overlay.py', 'show', uri, 'scene',
                            SINK=f'video/x-raw,format=RGB ! filesink location={path}')
        size = 320 * 240 * 3
        wait_until(lambda: path.exists() and path.stat().st_size > 90 * size,
                   f'90 frames:\n{publisher.output()}\n{viewer.output()}')
        for process in (viewer, publisher):
            process.interrupt()
            self.assertEqual(process.wait(), 0, process.output())
        frames = path.read_bytes()
        apart = []
        for at in range(10 * size, 90 * size, 4 * size):
            frame = frames[at:at + size]
            ball = center(frame, 320, 240, lambda r, g, b: min(r, g, b) > 150)
            box = center(frame, 320, 240, lambda r, g, b: r > 120 and g < 80)
            self.assertTrue(ball and box, f'a ball and a box in frame {at // size}')
            apart.append(max(abs(one - other) for one, other in zip(ball, box)))
        # The ball moves by several pixels from each frame to the next.
        self.assertLess(max(apart), 3, apart)

    def steer(self, *arguments):
        return self.start('/usr/bin/python3', pathlib.Path(__file__).with_name('steering_viewer.py'), *arguments)

    def test_film_with_seek(self):
        uri = self.server()
        publisher = self.start(PIPELINES / 'film-with-seek.sh', self.sample(30), URI=uri)
        viewer = self.steer(uri, 'film', 20)
        self.assertEqual(viewer.wait(), 0, viewer.output() + publisher.output())
        self.assertRegex(viewer.output(), r'the position is 2[0-4]')
        self.assertIn('it was paused and plays', viewer.output())
        publisher.interrupt()

    def steer_alone(self, uri, publisher):
        """One viewer steers the film, and another one's is not there yet."""
        publisher.wait_for(r'Watch at|PLAYING')
        viewer = self.steer(uri, 'film', 20)
        self.assertEqual(viewer.wait(), 0, viewer.output() + publisher.output())
        self.assertRegex(viewer.output(), r'the position is 2[0-4]')
        self.assertIn('it was paused and plays', viewer.output())
        other = self.steer(uri, 'film', 2)
        self.assertEqual(other.wait(), 0, other.output() + publisher.output())
        self.assertRegex(other.output(), r'the position is [2-6]')
        publisher.interrupt()

    def test_film_private(self):
        uri = self.server()
        self.steer_alone(uri, self.start(PIPELINES / 'film-private.sh', self.sample(30), URI=uri))

    def test_rtc_play_private(self):
        uri = self.server()
        self.steer_alone(uri, self.start('rtc-play', '--private', '--max-private', '2', '--uri', uri, '--stream', 'film',
                                         self.sample(30)))

    def test_remote_control(self):
        uri = self.server()
        publisher = self.start(PIPELINES / 'remote-control.sh', URI=uri, GST_DEBUG='GST_EVENT:5', GST_DEBUG_NO_COLOR='1')
        viewer = self.steer(uri, 'desk')
        publisher.wait_for(r'navigationtest0:src> have event type navigation.*mouse-move, pointer_x=\(double\)\d+')
        self.assertEqual(viewer.wait(), 0, viewer.output())
        publisher.interrupt()

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
