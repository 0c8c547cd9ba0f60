"""Sums up meson's test logs: prints the tests that failed and why, and, last, "N passed, N failed, N skipped".

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
# Where a framework or a sanitizer begins to tell of a failure.
REASON = re.compile(r': Failure$|^(?:not ok|✖) |^(?:FAIL|ERROR): |^\w*(?:Error|Exception)\b|ERROR: \w+Sanitizer|runtime error:'
                    r'|^(?:Direct|Indirect) leak|Assertion')
# What goes on between failures, and frames of libraries that say nothing of ours.
NOISE = re.compile(r'^\[[ =-]*(?:OK|RUN|PASSED)?[ =-]*\]|^ *#\d+ .*(?:libsanitizer|\(/lib/)')


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


def reasons(test, most=8):
    """The lines of its output that say why a test failed: who has only the end of a long log reads them there."""
    output = (test.get('stdout', '') + '\n' + test.get('stderr', '')).splitlines()
    begins = [index for index, line in enumerate(output) if REASON.search(line)]
    if not begins:
        said = [line for line in output if line.strip()]
        return said[-most:]
    told = []
    for index, end in zip(begins, begins[1:] + [len(output)]):
        told += [line for line in output[index:end] if line.strip() and not NOISE.search(line)][:5]
    # What hung is told last.
    last = [line for line in output if line.strip()][-2:] if test.get('result') in ('TIMEOUT', 'INTERRUPT') else []
    return told[:most] + last


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
                    for line in reasons(test):
                        print(f'  {line[:200]}')
    print(f'{total["passed"]} passed, {total["failed"]} failed, {total["skipped"]} skipped')
    return 1 if total['failed'] else 0


if __name__ == '__main__':
    sys.exit(main())
