"""Sums up meson's test logs: prints the tests that failed and, last, "N passed, N failed, N skipped".

    test_summary.py [--passed N] [--failed N] testlog.json...

Programs that report single cases (GoogleTest, node, unittest) count by case, others as one test.
"""
import argparse
import json
import re
import sys

FAILED = {'FAIL', 'ERROR', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS'}
# One pattern per framework: its totals of passed, failed and skipped cases.
FRAMEWORKS = (
    {'passed': r'^\[  PASSED  \] (\d+) test', 'failed': r'^\[  FAILED  \] (\d+) test', 'skipped': r'^\[  SKIPPED \] (\d+) test'},
    {'passed': r'^(?:#|ℹ) pass (\d+)$', 'failed': r'^(?:#|ℹ) fail (\d+)$', 'skipped': r'^(?:#|ℹ) skipped (\d+)$'},
)


def unittest_counts(output):
    ran = re.search(r'^Ran (\d+) tests? in ', output, re.M)
    if not ran:
        return None
    detail = {name: int(number) for name, number in re.findall(r'(failures|errors|skipped)=(\d+)', output[ran.end():])}
    failed = detail.get('failures', 0) + detail.get('errors', 0)
    skipped = detail.get('skipped', 0)
    return {'passed': int(ran[1]) - failed - skipped, 'failed': failed, 'skipped': skipped}


def case_counts(output):
    """The totals the program itself printed last, or None."""
    for patterns in FRAMEWORKS:
        found = {name: re.findall(pattern, output, re.M) for name, pattern in patterns.items()}
        if found['passed'] or found['failed']:
            return {name: int(numbers[-1]) if numbers else 0 for name, numbers in found.items()}
    return unittest_counts(output)


def count(test):
    result = test['result']
    if result == 'SKIP':
        return {'passed': 0, 'failed': 0, 'skipped': 1}
    counts = case_counts(test.get('stdout', '') + '\n' + test.get('stderr', '')) or {'passed': 1, 'failed': 0, 'skipped': 0}
    if result in FAILED and not counts['failed']:
        # It crashed, hung or leaked: what it said about its cases is not the last word.
        counts = {'passed': max(counts['passed'] - 1, 0), 'failed': 1, 'skipped': counts['skipped']}
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--passed', type=int, default=0)
    parser.add_argument('--failed', type=int, default=0)
    parser.add_argument('logs', nargs='*')
    arguments = parser.parse_args()
    total = {'passed': arguments.passed, 'failed': arguments.failed, 'skipped': 0}
    for log in arguments.logs:
        with open(log, encoding='utf-8') as lines:
            for test in map(json.loads, lines):
                for name, number in count(test).items():
                    total[name] += number
                if test['result'] in FAILED:
                    print(f'{test["result"]}: {test["name"]} ({log})')
    print(f'{total["passed"]} passed, {total["failed"]} failed, {total["skipped"]} skipped')
    return 1 if total['failed'] else 0


if __name__ == '__main__':
    sys.exit(main())
