"""What a figure was measured on."""

import os
import platform
import re
import resource
import time


def _first(path, pattern):
    try:
        with open(path, encoding="utf-8") as file:
            match = re.search(pattern, file.read())
            return match.group(1).strip() if match else "unknown"
    except OSError:
        return "unknown"


def cores():
    return len(os.sched_getaffinity(0))


def load_average():
    """Runnable processes, mean of the last minute: what else the machine did."""
    return os.getloadavg()[0]


def facts():
    memory_kb = _first("/proc/meminfo", r"MemTotal:\s+(\d+)")
    return {
        "processor": _first("/proc/cpuinfo", r"model name\s*:\s*(.+)"),
        "cores": cores(),
        "memory_gb": round(int(memory_kb) / 1e6, 1) if memory_kb.isdigit() else None,
        "kernel": platform.release(),
        "virtual": "hypervisor" in _first("/proc/cpuinfo", r"flags\s*:\s*(.+)"),
    }


class OtherWork:
    """How busy the machine was with anything but us, from the object's making on.

    Ours are this process, its children once they have ended, and what was added: processes of
    fleets, which are nobody's children.
    """

    _added_s = 0.0

    @classmethod
    def add_own(cls, cpu_s):
        cls._added_s += cpu_s

    def __init__(self):
        self._start = self._now()

    @classmethod
    def _now(cls):
        with open("/proc/stat", encoding="ascii") as file:
            ticks = [int(word) for word in file.readline().split()[1:9]]
        user, nice, system, _, _, irq, softirq, steal = ticks
        busy_s = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
        own_s = cls._added_s
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
            usage = resource.getrusage(who)
            own_s += usage.ru_utime + usage.ru_stime
        return time.monotonic(), busy_s - own_s

    def share(self):
        """Of all cores, 0 to 1."""
        (then, before_s), (now, after_s) = self._start, self._now()
        return max(0.0, (after_s - before_s) / ((now - then) * os.cpu_count()))


def line(what, load, other):
    kind = "virtual machine" if what["virtual"] else "machine"
    return (
        f"{what['processor']}, {what['cores']} cores, {what['memory_gb']} GB, {kind}, "
        f"Linux {what['kernel']}; load average before the run {load:.1f}, "
        f"other work meanwhile {other:.0%} of the machine"
    )
