"""What rtc-server says of options that are wrong: the option and the remedy, and never a secret."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SERVER = os.environ['RTC_SERVER']
SECRET = 'sesame'


def refused(*options):
    done = subprocess.run([SERVER, '--listen', '127.0.0.1:0', *options], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1, (options, done)
    return done.stderr


class Options(unittest.TestCase):
    def test_ice_options_that_are_wrong(self):
        for options, words in [
            (['--ice-server', 'nonsense'], 'is no ICE server'),
            (['--ice-server', ''], '--ice-server is empty'),
            (['--ice-server', f'turn:u:{SECRET}@h:x'], 'turn:***@h:***'),
            (['--ice-server', f'turns:u:{SECRET}@h?transport=udp'], 'DTLS'),
            (['--ice-server', f'stun:u:{SECRET}@h'], 'no user and password'),
            (['--ice-server', 'turn:h'], '--turn-secret-file'),
            (['--turn-secret', SECRET], 'no TURN server to use it for'),
            (['--turn-secret', SECRET, '--ice-server', 'stun:h'], 'no TURN server to use it for'),
            (['--turn-secret', SECRET, '--ice-server', f'turn:u:{SECRET}@h'], 'no TURN server to use it for'),
            (['--turn-secret', '', '--ice-server', 'turn:h'], '--turn-secret is empty'),
            (['--turn-secret', SECRET, '--turn-secret-file', '/x', '--ice-server', 'turn:h'], 'not both'),
            (['--turn-secret-file', '/nonexistent', '--ice-server', 'turn:h'], '/nonexistent'),
            (['--turn-secret', SECRET, '--ice-server', 'turn:h', '--turn-ttl', '59'], '--turn-ttl must be at least 60'),
            (['--turn-ttl', 'soon'], 'see --help'),
            (['--token', SECRET, '--token-file', '/x'], 'not both'),
            ([f'turn:u:{SECRET}@h'], 'unknown argument'),
        ]:
            with self.subTest(options=options):
                said = refused(*options)
                self.assertIn(words, said)
                self.assertNotIn(SECRET, said)
                self.assertTrue(said.startswith('rtc-server: '), said)

    def test_good_options_start_the_server(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / 'secret'
            file.write_text(f'{SECRET}\r\nnot this line\n')
            server = subprocess.Popen(
                [SERVER, '--listen', '127.0.0.1:0', '--ice-server', 'stun:h', '--ice-server', 'turn:h,turns:h:443',
                 '--turn-secret-file', str(file), '--turn-ttl', '60'], stdout=subprocess.PIPE, text=True)
            try:
                self.assertIn('Listening on', server.stdout.readline())
            finally:
                server.terminate()
                self.assertEqual(server.wait(20), 0)
                server.stdout.close()


if __name__ == '__main__':
    unittest.main()
