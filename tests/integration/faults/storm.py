"""Random faults on the nodes of a fleet, seeded, several at a time; each stage keeps a well one."""

import collections
import os
import random
import signal
import threading
import time

from faults.processes import Frozen, exit_code

KINDS = ["kill", "freeze", "drain"]


class Storm:
    """`test` is the FleetTest whose fleet suffers. Its own processes must be the test's children
    (processes.adopt_orphans)."""

    def __init__(self, test, fleet, seed, at_once=4):
        self.test, self.random, self.at_once = test, random.Random(seed), at_once
        self.stage_of = {node["name"]: node["stage"] for node in fleet["nodes"]}
        self.pids = {node["name"]: node["pid"] for node in fleet["nodes"]}
        self.lock = threading.Lock()
        self.hurt = set()  # guarded by lock, like all below
        self.counts, self.drain_codes, self.trouble = collections.Counter(), [], []

    def rage(self, seconds):
        """Returns when the time is over and every node is well again."""
        end, threads = time.monotonic() + seconds, []
        while time.monotonic() < end and not self.trouble:
            name = self._choose()
            if name:
                plan = (self.random.choice(KINDS), self.random.uniform(0.3, 3))
                threads.append(threading.Thread(target=self._afflict, args=(name, *plan)))
                threads[-1].start()
            time.sleep(self.random.uniform(0.1, 0.8))
        for thread in threads:
            thread.join()

    def _choose(self):
        with self.lock:
            if len(self.hurt) >= self.at_once:
                return None
            spare = [name for name in sorted(self.stage_of)
                     if name not in self.hurt and self._well(self.stage_of[name]) >= 2]
            if not spare:
                return None
            name = self.random.choice(spare)
            self.hurt.add(name)
            return name

    def _well(self, stage):
        return sum(s == stage and n not in self.hurt for n, s in self.stage_of.items())

    def _afflict(self, name, kind, seconds):
        try:
            pid = self.pids[name]
            if kind == "freeze":
                with Frozen(pid):
                    time.sleep(seconds)
                time.sleep(0.5)  # until its neighbours have heard from it
            else:
                self._end(name, pid, kind)
                time.sleep(seconds / 2)
                self.pids[name] = self.test.start_node(name)
            with self.lock:
                self.counts[kind] += 1
        except Exception as error:  # pylint: disable=broad-except; told by the main thread
            with self.lock:
                self.trouble.append(f"{kind} of {name}: {error!r}")
        finally:
            with self.lock:
                self.hurt.discard(name)

    def _end(self, name, pid, kind):
        if kind == "kill":
            os.kill(pid, signal.SIGKILL)
            exit_code(pid)
            return
        self.test.run_command("drain", self.test.fleet, name)
        code = exit_code(pid, 30)
        with self.lock:
            self.drain_codes.append(code)
