"""What a figure was measured on."""

import os
import platform
import re


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


def line(what, load):
    kind = "virtual machine" if what["virtual"] else "machine"
    return (
        f"{what['processor']}, {what['cores']} cores, {what['memory_gb']} GB, {kind}, "
        f"Linux {what['kernel']}; load average before the run {load:.1f}"
    )
