#!/usr/bin/env python3
"""Networks that go away and come back, addresses that change, a TURN server that dies: what is torn down, and how soon
media flows again. The times are those promised; "again" is counted from when the network, or signaling, is back."""
import sys
import time
import unittest

sys.dont_write_bytecode = True

from laboratory import Lab, build, enter  # noqa: E402


class Healing(unittest.TestCase):
    def play(self, lab, publisher_options='', viewer_options='', **more):
        lab.start()
        self.publisher = lab.publish(publisher_options, **more)
        self.publisher.wait_message('rtc-ready')
        self.viewer = lab.view(viewer_options, **more)
        self.viewer.wait_frames(45)

    def messages(self, name):
        return [m for m in self.publisher.messages + self.viewer.messages if m['message'] == name]

    def frames_again(self, since, limit):
        """Seconds from then to the next frame; they then keep coming."""
        def late():
            return next((at for at, _ in self.viewer.frames if at > since + 0.05), None)
        waited = self.viewer.wait_until(late, 'a frame', limit) - since
        self.viewer.wait_frames(30)
        return waited

    def assert_continuous_time(self):
        """Time stamps follow the time of arrival through the gap, from the next sender report on at the latest."""
        def offset(frames):
            # Of those that come soonest: the first ones of a connection come all at once.
            return min(at - pts / 1e9 for at, pts in frames)

        frames = list(self.viewer.frames)
        pauses = [later[0] - earlier[0] for earlier, later in zip(frames, frames[1:])]
        before = offset(frames[:pauses.index(max(pauses)) + 1])
        self.viewer.wait_until(lambda: abs(offset(self.viewer.frames[-5:]) - before) < 0.5,
                               f'frame in step with those before the gap, {before}', 10)
        stamps = [pts for _, pts in self.viewer.frames]
        self.assertEqual(stamps, sorted(stamps))

    def away(self, seconds, side):
        end = time.monotonic() + seconds
        getattr(self.lab, side).unplug()
        while (left := end - time.monotonic()) > 0:
            time.sleep(left)  # the outage itself: what is tested is its length
        getattr(self.lab, side).plug()
        return time.monotonic()

    def outage(self, seconds, side, limit):
        with Lab() as self.lab:
            self.play(self.lab)
            back = self.away(seconds, side)
            waited = self.frames_again(back, limit)
            print(f'{seconds} s without the {side}\'s network: a frame {waited:.2f} s after its return, '
                  f'{len(self.messages("rtc-healed"))} healed')
            self.assertLess(waited, limit)
            removed = [m['reason'] for m in self.messages('rtc-viewer-removed')]
            # A request that was under way when the network failed may arrive at its return.
            self.assertLessEqual(set(removed), {'the viewer connected anew',
                                                'its signaling was lost before it was connected'})
            self.assertEqual(self.messages('rtc-stream-ended'), [])
            self.assert_continuous_time()

    def test_three_seconds_tear_nothing_down(self):
        for side in ('viewer', 'publisher'):
            with self.subTest(side):
                self.outage(3, side, 1.5)
                self.assertEqual(self.messages('rtc-healing'), [])

    def test_twenty_seconds(self):
        for side in ('viewer', 'publisher'):
            with self.subTest(side):
                self.outage(20, side, 3)

    def test_unanswered_checks_tear_nothing_down(self):
        """Consent (RFC 7675) lasts for 30 s, so that it survives that checks are lost; some come every 4 to 6 s."""
        with Lab() as self.lab:
            self.play(self.lab)
            self.lab.internet.lose_stun('view')
            self.viewer.wait_frames(15 * 20, 25)
            self.assertGreater(self.lab.internet.dropped(), 3)
            self.assertEqual(self.messages('rtc-healing'), [])

    def test_both_addresses_change(self):
        with Lab('port_restricted', 'port_restricted') as self.lab:
            self.play(self.lab)
            for side in (self.lab.publisher, self.lab.viewer):
                side.change_address()
            changed = time.monotonic()
            for player in (self.publisher, self.viewer):
                player.wait_message('rtc-ready', 40, count=2)
            back = max(m['at'] for m in self.messages('rtc-ready'))
            waited = self.frames_again(back, 8)
            print(f'both addresses changed: signaling back after {back - changed:.1f} s, a frame {waited:.2f} s later')
            self.assertLess(waited, 5)
            self.viewer.wait_message('rtc-healed')
            self.assert_continuous_time()

    def test_turn_server_restarts(self):
        with Lab('symmetric', 'symmetric') as self.lab:
            self.play(self.lab)
            self.lab.turn.restart()
            back = time.monotonic()
            waited = self.frames_again(back, 20)
            print(f'TURN server restarted: a frame {waited:.2f} s later')
            self.assertGreaterEqual(len(self.messages('rtc-healed')), 1)
            for player in (self.publisher, self.viewer):
                self.assertRegex(player.read_stats(), r'CandidateType=\(string\)relay')
            self.assertRegex(self.viewer.read_stats(), r'healed=\(uint\)[12]')
            self.assert_continuous_time()

    def test_publisher_address_changes(self):
        with Lab() as self.lab:
            self.play(self.lab)
            self.lab.publisher.change_address()
            changed = time.monotonic()
            waited = self.frames_again(changed, 30)
            print(f'the publisher\'s address changed: a frame {waited:.2f} s later')
            self.assert_continuous_time()


if __name__ == '__main__':
    enter()
    build.environment()
    unittest.main(verbosity=1)
