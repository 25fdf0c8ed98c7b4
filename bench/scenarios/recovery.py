#!/usr/bin/env python3
"""How long users notice that a node died, became slow or froze.

The demo's fleet under a steady Poisson load. In each round the fastest node of stage 2 is killed
(and started again), slowed four times (and restored), and frozen (and thawed). Delay has recovered
as soon as the mean of half a second's arrivals is within 20 % of the new steady state (the mean of
the window's last part) and so is that of three seconds. A frozen node is left when every sender
says that it is down.
"""

import sys
import time

import numpy as np

from harness import client, command_line, data, fleet, report, stats

NODE = "s2-a"
RATE = 80.0          # tasks/s over four gateways; the demo's fleet carries about 120
SLOWER = 4.0
GOAL_KILL_S, GOAL_SLOW_S, GOAL_FROZEN_S = 5.0, 10.0, 1.5
WITHIN = 1.2
STEP_S, WINDOW_S, STAY_S = 0.1, 0.5, 3.0
IN_FLIGHT_S = 0.2    # tasks of that long before an event may be hit by it
DEADLINE_S = 10.0


class Timeline:
    """Seconds of each part of a round; an event starts its part."""

    def __init__(self, quick):
        self.quiet_s = 5.0
        self.kill_s = 9.0 if quick else 15.0
        self.slow_s = 12.0 if quick else 20.0
        self.frozen_s = 4.0 if quick else 6.0
        self.calm_s = 4.0 if quick else 8.0  # after each repair

    @property
    def kill_at(self):
        return self.quiet_s

    @property
    def slow_at(self):
        return self.kill_at + self.kill_s + self.calm_s

    @property
    def frozen_at(self):
        return self.slow_at + self.slow_s + self.calm_s

    @property
    def end(self):
        return self.frozen_at + self.frozen_s + self.calm_s


def recovery_s(run, start, end):
    """Seconds from `start` until delay is back at what it is in the last 40 % before `end`."""
    delay = np.where(run.ok(), run.delay, DEADLINE_S)

    def mean_between(a, b):
        mask = run.between(a, min(b, end))
        return float(delay[mask].mean()) if mask.any() else np.nan

    steady = mean_between(end - 0.4 * (end - start), end)
    at = start - IN_FLIGHT_S
    while at < end:
        if (mean_between(at, at + WINDOW_S) <= WITHIN * steady
                and mean_between(at, at + STAY_S) <= WITHIN * steady):
            return max(0.0, at - start), steady
        at += STEP_S
    return end - start, steady


def freeze(running, limit_s):
    """Freezes the node; the time of it, and seconds until no sender holds it for alive."""
    senders = [node["name"] for node in running.spec["nodes"] if node["stage"] == 1]
    at = running.freeze(NODE)
    waiting = set(senders)
    while waiting and time.monotonic() < at + limit_s:
        time.sleep(0.02)
        waiting = {name for name in waiting if running.part_status(name)["receiver_up"][NODE]}
    return at, time.monotonic() - at


def one_round(running, model, labels, timeline, seed):
    random = np.random.default_rng(seed)
    due = stats.poisson_arrivals(random, [(timeline.end, RATE)])
    samples = random.integers(0, len(labels), len(due))
    speed = next(n["gflops_per_s"] for n in running.spec["nodes"] if n["name"] == NODE)
    happened = {}

    def note(what, action):
        def happen():
            happened[what] = action()
        return happen

    events = [
        (timeline.kill_at, note("kill", lambda: running.kill(NODE))),
        (timeline.kill_at + timeline.kill_s, lambda: running.restart(NODE)),
        (timeline.slow_at, note("slow", lambda: running.set_speed(NODE, speed / SLOWER))),
        (timeline.slow_at + timeline.slow_s, lambda: running.set_speed(NODE, speed)),
        (timeline.frozen_at, note("frozen", lambda: freeze(running, timeline.frozen_s - 0.2))),
        (timeline.frozen_at + timeline.frozen_s, lambda: running.thaw(NODE)),
    ]
    run = client.play(model, running.grpc(), due, samples, events, deadline=DEADLINE_S)
    frozen, left_s = happened["frozen"]
    kill, slow, frozen = (at - run.start for at in (happened["kill"], happened["slow"], frozen))
    found = {"quiet_s": stats.mean(run.delay[run.between(1.0, kill)]), "frozen_s": left_s}
    found["kill_s"], found["kill_steady_s"] = recovery_s(run, kill, kill + timeline.kill_s)
    found["slow_s"], found["slow_steady_s"] = recovery_s(run, slow, slow + timeline.slow_s)
    for part, start, seconds in (("kill", kill, timeline.kill_s), ("slow", slow, timeline.slow_s),
                                 ("frozen", frozen, timeline.frozen_s)):
        mask = run.between(start - 0.5, start + seconds)
        found[f"{part}_worst_s"] = float(run.delay[mask].max())
    found["lost"] = int((~run.ok()).sum())
    found["requests"] = len(run.due)
    found["series"] = _series(run, timeline.end)
    found["events"] = {"kill": kill, "slow": slow, "frozen": frozen}
    return found


def _series(run, end):
    """Mean delay by half seconds, for whoever wants to draw it."""
    edges = np.arange(0, end, 0.5)
    return [stats.mean(run.delay[run.between(a, a + 0.5)]) for a in edges]


def main():
    options = command_line.parse(__doc__)
    rounds = options.repeat or 5
    timeline = Timeline(options.quick)
    model, labels = data.fashion_mnist()
    figure = report.Figure("recovery", "Recovery", command_line.shown("recovery", options))
    found = []
    with fleet.Fleet(fleet.demo()) as running:
        for number in range(rounds):
            command_line.say(f"recovery: round {number + 1} of {rounds}")
            found.append(one_round(running, model, labels, timeline, seed=number + 1))

    def middle(key):
        return stats.median([one[key] for one in found])

    for key, what, goal, limit in (
        ("kill_s", "killed: delay back within 20 %", "<= 5 s", GOAL_KILL_S),
        ("slow_s", "four times slower: delay back within 20 %", "<= 10 s", GOAL_SLOW_S),
        ("frozen_s", "frozen: left within", "<= 1.5 s", GOAL_FROZEN_S),
    ):
        figure.goal(what, goal, f"{middle(key):.2f} s", middle(key), limit)
    lost = sum(one["lost"] for one in found)
    figure.goal("requests without an answer", "0",
                f"{lost} of {sum(one['requests'] for one in found)}", lost, 0)
    rows = [
        ("killed", report.ms(middle("quiet_s")), report.ms(middle("kill_steady_s")),
         report.ms(middle("kill_worst_s"), 0), _all(found, "kill_s")),
        ("four times slower", report.ms(middle("quiet_s")), report.ms(middle("slow_steady_s")),
         report.ms(middle("slow_worst_s"), 0), _all(found, "slow_s")),
        ("frozen", report.ms(middle("quiet_s")), "", report.ms(middle("frozen_worst_s"), 0),
         _all(found, "frozen_s")),
    ]
    figure.sections.append(
        f"Demo fleet, {RATE:.0f} tasks/s, node {NODE}; medians of {rounds} rounds.\n\n"
        + report.table(("event", "mean before", "new steady mean", "longest delay",
                        "recovery, each round (s)"), rows)
    )
    figure.data = {"rounds": found}
    figure.finish()
    return 0


def _all(found, key):
    return ", ".join(f"{one[key]:.1f}" for one in found)


if __name__ == "__main__":
    sys.exit(main())
