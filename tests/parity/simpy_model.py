"""An independent simulation of scenario files in SimPy: one process a task, nodes as resources.

Written from the description of the format alone, for static policies (shares by capacity, fixed
threshold). The tests hold `offramp simulate` to it, the benchmark measures against it.

    simpy_model.py FILE.yaml TASKS SEED THRESHOLD      prints one JSON object
"""

import csv
import json
import math
import pathlib
import random
import sys
import time

import simpy
import yaml

WARMUP_SHARE = 0.1
BATCHES = 30
STUDENT = 2.0452  # 97.5 % quantile, 29 degrees of freedom


class Node:
    def __init__(self, env, stage, tasks_per_s):
        self.stage = stage
        self.tasks_per_s = tasks_per_s
        self.server = simpy.Resource(env, capacity=1)
        self.changed = env.event()
        self.busy_s = 0.0


class Link:
    def __init__(self, env, entry):
        self.to = entry["to"]
        self.mbit_per_s = float(entry["mbit_per_s"])
        self.latency_s = float(entry.get("latency_ms", 0)) / 1e3
        self.wire = simpy.Resource(env, capacity=1) if entry.get("queue") else None


class Model:
    def __init__(self, path, threshold, seed):
        path = pathlib.Path(path)
        file = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.env = simpy.Environment()
        self.random = random.Random(seed)
        self.threshold = threshold
        self.exponential = file.get("service", "exponential") == "exponential"
        self.stages = file["model"]["stages"]
        self.input_bytes = file["model"]["input_bytes"]
        self.rows = []
        if "exits" in file["model"]:
            with open(path.parent / file["model"]["exits"], newline="") as lines:
                self.rows = [
                    {key: float(value) for key, value in row.items()}
                    for row in csv.DictReader(lines)
                ]
        self.rates = {d["name"]: float(d["tasks_per_s"]) for d in file["devices"]}
        self.rate_changed = {name: self.env.event() for name in self.rates}
        self.nodes = {
            n["name"]: Node(
                self.env,
                n["stage"],
                n["gflops_per_s"] / self.stages[n["stage"] - 1]["gflops"],
            )
            for n in file["nodes"]
        }
        self.ways = {}
        self.link_of = {}
        for entry in file["links"]:
            link = Link(self.env, entry)
            self.ways.setdefault(entry["from"], []).append(link)
            self.link_of[entry["from"], entry["to"]] = link
        # Shares are those of the speeds at the start.
        self.weights = {
            name: [self.nodes[link.to].tasks_per_s for link in links]
            for name, links in self.ways.items()
        }
        self.changes = file.get("changes", [])

        self.done = []  # (arrival, delay, exit stage, right)
        self.warmup_s = 0.0
        self.left = 0
        self.arrived = 0
        self.end_s = None

    def run(self, tasks):
        total = sum(self.rates.values())
        self.warmup_s = tasks / total / (1 - WARMUP_SHARE) * WARMUP_SHARE
        self.left = tasks
        for name in self.rates:
            self.env.process(self.device(name))
        self.env.process(self.change())
        self.env.run()

    def change(self):
        for change in self.changes:
            yield self.env.timeout(change["at_s"] - self.env.now)
            if "device" in change:
                self.rates[change["device"]] = float(change["tasks_per_s"])
                event = self.rate_changed[change["device"]]
                self.rate_changed[change["device"]] = self.env.event()
                event.succeed()
            elif "link" in change:
                self.link_of[tuple(change["link"])].mbit_per_s = float(change["mbit_per_s"])
            else:
                node = self.nodes[change["node"]]
                gflops = self.stages[node.stage - 1]["gflops"]
                node.tasks_per_s = change["gflops_per_s"] / gflops
                node.changed.succeed()
                node.changed = self.env.event()

    def device(self, name):
        while self.left > 0:
            if self.rates[name] <= 0:
                yield self.rate_changed[name]
                continue
            # The distance is memoryless: after a change it is simply drawn anew.
            next_task = self.env.timeout(self.random.expovariate(self.rates[name]))
            yield next_task | self.rate_changed[name]
            if not next_task.processed or self.left <= 0:
                continue
            if self.env.now >= self.warmup_s:
                self.left -= 1
                self.arrived += 1
                if self.left == 0:
                    self.end_s = self.env.now
            self.env.process(self.task(name))

    def task(self, at):
        arrival_s = self.env.now
        row = self.random.choice(self.rows) if self.rows else {}
        size = self.input_bytes
        for stage in range(1, len(self.stages) + 1):
            link = self.random.choices(self.ways[at], weights=self.weights[at])[0]
            wire_s = 8 * size / (link.mbit_per_s * 1e6)
            if link.wire is None:
                yield self.env.timeout(wire_s + link.latency_s)
            else:
                with link.wire.request() as turn:
                    yield turn
                    yield self.env.timeout(wire_s)
                yield self.env.timeout(link.latency_s)
            node = self.nodes[link.to]
            with node.server.request() as turn:
                yield turn
                begin_s = self.env.now
                yield from self.serve(node)
                if arrival_s >= self.warmup_s:
                    node.busy_s += self.env.now - begin_s
            at = link.to
            size = self.stages[stage - 1].get("output_bytes", 0)
            if stage == len(self.stages) or self.leaves(stage, row):
                break
        if arrival_s >= self.warmup_s:
            right = row.get(f"correct_{stage}", 0.0)
            self.done.append((arrival_s, self.env.now - arrival_s, stage, right))

    def serve(self, node):
        work = self.random.expovariate(1) if self.exponential else 1.0
        while work > 0:
            since_s, rate = self.env.now, node.tasks_per_s
            ready = self.env.timeout(work / rate)
            if not self.changes:
                yield ready
                return
            yield ready | node.changed
            if ready.processed:
                return
            work -= (self.env.now - since_s) * rate

    def leaves(self, stage, row):
        confidence = row.get(f"confidence_{stage}")
        return confidence is not None and confidence >= self.threshold

    def result(self):
        self.done.sort()
        delays = [delay for _, delay, _, _ in self.done]
        count = len(delays)
        means = [
            sum(part) / len(part)
            for part in (
                delays[count * b // BATCHES : count * (b + 1) // BATCHES] for b in range(BATCHES)
            )
        ]
        mean = sum(delays) / count
        spread = math.sqrt(sum((m - mean) ** 2 for m in means) / (BATCHES - 1) / BATCHES)
        shares = {}
        for _, _, stage, _ in self.done:
            shares[str(stage)] = shares.get(str(stage), 0) + 1 / count
        return {
            "mean_delay_s": mean,
            "mean_ci95": [mean - STUDENT * spread, mean + STUDENT * spread],
            "accuracy": sum(right for _, _, _, right in self.done) / count,
            "exit_share": shares,
            "utilisation": {
                name: node.busy_s / (self.end_s - self.warmup_s)
                for name, node in self.nodes.items()
            },
            "finished": count,
        }


def main():
    path, tasks, seed, threshold = sys.argv[1:]
    model = Model(path, float(threshold), int(seed))
    begin_s = time.process_time()
    model.run(int(tasks))
    result = model.result()
    result["cpu_s"] = time.process_time() - begin_s
    print(json.dumps(result))


if __name__ == "__main__":
    main()
