"""How processes fare: exit codes of daemons, memory, signals."""

import ctypes
import os
import pathlib
import signal
import time

_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """Daemons that outlive `offramp up -d` become ours, so that their exit codes can be read."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def exit_code(pid, seconds=10):
    """As subprocess gives it (negative: a signal); fails when `pid` runs on for `seconds`."""
    end = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended == pid:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            raise AssertionError(f"process {pid} has not ended within {seconds} s")
        time.sleep(0.01)


def bury_children():
    """No child that ended stays a zombie."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        pass


def rss_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


class Frozen:
    """`with Frozen(pid):` the process is stopped."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)
