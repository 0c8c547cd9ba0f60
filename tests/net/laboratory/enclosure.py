"""Namespaces around a whole test, so that nothing of a laboratory outlives it.

enter() moves the program into a network, mount and PID namespace of its own. The names of its network
namespaces lie in a /run of its own, so any number of tests run side by side; and however the test ends, also by
SIGKILL, the kernel ends every process in the PID namespace and frees what they held. Where that is not possible
the test ends with exit code 77 and says why.
"""
import ctypes
import os
import pathlib
import signal
import subprocess
import sys

SKIPPED = 77
FOLDER = pathlib.Path('/run/laboratory')  # certificates, configurations, logs: on the /run of the enclosure

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)

# What the laboratory asks of nftables.
PROBE = '''
table ip probe {
  map mapped { type inet_service : ipv4_addr; flags dynamic,timeout; timeout 1m; size 16; }
  chain postrouting { type nat hook postrouting priority srcnat; oifname "wan" masquerade fully-random; }
  chain forward { type filter hook forward priority filter; numgen random mod 100 < 1 drop; }
}
delete table ip probe
'''


def skip(reason):
    print(f'skipped: {reason}')
    sys.stdout.flush()
    os._exit(SKIPPED)


def enter(interactive=False):
    """Continues in the enclosure; the caller's process only waits for the end and passes its exit code on."""
    if os.geteuid() != 0:
        skip('the laboratory needs root')
    for program in ('ip', 'nft', 'tc', 'nsenter', 'turnserver', 'openssl'):
        if not any(os.access(os.path.join(folder, program), os.X_OK) for folder in os.get_exec_path()):
            skip(f'{program} is not installed (packages iproute2, nftables, coturn, openssl)')
    if libc.unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET) != 0:
        skip(f'no namespaces here: {os.strerror(ctypes.get_errno())}')
    sys.stdout.flush()
    child = os.fork()
    if child != 0:
        _wait(child, interactive)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _furnish()


def _wait(child, interactive):
    def end(number, _frame):
        os.kill(child, signal.SIGKILL)  # the first process of a PID namespace: everything in it ends, too
        os.waitpid(child, 0)
        os._exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end)
    if interactive:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for what runs in the shell
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def _furnish():
    """A /proc and a /run for the namespaces, names for the addresses, and the test of nftables."""
    commands = (
        ['mount', '--make-rprivate', '/'],
        ['mount', '-t', 'proc', 'proc', '/proc'],
        ['mount', '-t', 'tmpfs', 'tmpfs', '/run'],
        ['ip', 'link', 'set', 'lo', 'up'],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            skip(f'{" ".join(command)}: {done.stderr.strip()}')
    FOLDER.mkdir()
    os.environ['TMPDIR'] = '/run'
    done = subprocess.run(['nft', '-f', '-'], input=PROBE, capture_output=True, text=True)
    if done.returncode != 0:
        skip(f'nftables does not do NAT here: {done.stderr.strip()}')
