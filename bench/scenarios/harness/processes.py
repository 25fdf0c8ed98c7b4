"""CPU time and memory of processes, from the system itself."""

import os
import time

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_CPUCLOCK_SCHED = 2


def cpu_seconds(pid):
    """CPU time of a process with all its threads, to the nanosecond; 0 when it is gone."""
    # The clock id of another process, as clock_getcpuclockid(3) makes it: /proc has ticks only.
    try:
        return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)
    except OSError:
        return 0.0


def total_cpu_seconds(pids):
    return sum(cpu_seconds(pid) for pid in pids)


def rss_bytes(pid):
    """Resident memory; 0 when the process is gone."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def private_bytes(pid):
    """The part of resident memory that no file backs: heap and stacks, not shared libraries."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon:"))
    except (OSError, StopIteration):
        return 0


def threads(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except OSError:
        return False


def start_ticks(pid):
    """When the process started, in ticks since boot: with the id it names a process for good."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return int(file.read().rsplit(")", 1)[1].split()[19])
    except OSError:
        return None
