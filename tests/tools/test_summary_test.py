"""The sum of the test logs counts cases, and never counts a program that crashed as passed."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / 'tools'))

from test_summary import count, reasons  # noqa: E402


def counted(result, stdout='', stderr=''):
    counts = count({'result': result, 'stdout': stdout, 'stderr': stderr})
    return counts['passed'], counts['failed'], counts['skipped']


class Summary(unittest.TestCase):
    def test_a_program_without_cases_is_one(self):
        self.assertEqual(counted('OK'), (1, 0, 0))
        self.assertEqual(counted('TIMEOUT'), (0, 1, 0))
        self.assertEqual(counted('SKIP'), (0, 0, 1))

    def test_googletest(self):
        text = '[  PASSED  ] 5 tests.\n[  SKIPPED ] 2 tests, listed below:\n[  FAILED  ] 1 test, listed below:\n'
        self.assertEqual(counted('FAIL', text), (5, 1, 2))

    def test_a_leak_after_all_cases_passed_is_a_failure(self):
        self.assertEqual(counted('FAIL', '[  PASSED  ] 5 tests.\n'), (4, 1, 0))

    def test_unittest_and_node(self):
        self.assertEqual(counted('FAIL', '', 'Ran 4 tests in 1.0s\n\nFAILED (failures=1, skipped=1)\n'), (2, 1, 1))
        self.assertEqual(counted('OK', '# tests 3\n# pass 3\n# fail 0\n# skipped 0\n'), (3, 0, 0))


class Reasons(unittest.TestCase):
    def test_googletest(self):
        text = ('[ RUN      ] A.One\nnoise\none_test.cpp:12: Failure\nExpected: a\n  Actual: b\n[  FAILED  ] A.One (3 ms)\n'
                '[ RUN      ] A.Two\n[       OK ] A.Two (3 ms)\n')
        self.assertEqual(reasons({'stdout': text}),
                         ['one_test.cpp:12: Failure', 'Expected: a', '  Actual: b', '[  FAILED  ] A.One (3 ms)'])

    def test_what_hung_is_told_last(self):
        text = 'Error: none that matters\n[       OK ] A.One (3 ms)\n[ RUN      ] A.Two\n'
        self.assertEqual(reasons({'result': 'TIMEOUT', 'stdout': text})[-1], '[ RUN      ] A.Two')

    def test_a_leak(self):
        text = ('==1==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 8 byte(s)\n'
                '    #0 0x7f in malloc ../libsanitizer/asan.cpp:69\n    #1 0x7f in g_malloc (/lib/libglib.so)\n    #2 0x5 in lost lost.cpp:3\n')
        self.assertEqual(reasons({'stdout': '[  PASSED  ] 5 tests.\n', 'stderr': text}),
                         ['==1==ERROR: LeakSanitizer: detected memory leaks', 'Direct leak of 8 byte(s)', '    #2 0x5 in lost lost.cpp:3'])

    def test_unittest_and_node(self):
        self.assertEqual(reasons({'stdout': 'ok - one\nnot ok - two\n  got 3\n'}), ['not ok - two', '  got 3'])
        text = 'FAIL: test_it (m.Case)\n-----\nTraceback (most recent call last):\n  File "m.py", line 3\nAssertionError: 1 != 2\n'
        self.assertIn('AssertionError: 1 != 2', reasons({'stderr': text}))

    def test_who_says_nothing_known_is_quoted_from_the_end(self):
        self.assertEqual(reasons({'stdout': ''.join(f'{i}\n' for i in range(20))}, most=3), ['17', '18', '19'])
        self.assertEqual(reasons({}), [])


if __name__ == '__main__':
    unittest.main()
