"""Runs cases and says what came out of each part."""

import concurrent.futures
import contextlib

import numpy as np

from harness import client, fleet, stats
from live import matrix

# A process of this machine that waits longer for its turn, at the 99th percentile, is disturbed by
# other work: so the run is made again. The load generator's own lateness tells.
DISTURBED_S = 0.002
# A part with this mean delay: the fleet falls behind, and the generator runs out of threads by it.
SATURATED_S = 1.0


def run_side_by_side(cases, rate, model, labels):
    """What came out of each case, in order: figures by part, or the error that ended it.

    Fleets start and stop together: loading models would disturb those that are being measured.
    """
    with contextlib.ExitStack() as stack:
        started = [_start(stack, case, rate) for case in cases]
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            plays = [pool.submit(_play, case, rate, model, labels, spec, running)
                     for case, (spec, running) in zip(cases, started)]
        return [_result(play) for play in plays]


def saturated(found):
    return any(found[part]["mean_s"] >= SATURATED_S for part in matrix.MEASURED)


def _start(stack, case, rate):
    spec = matrix.spec_of(case, rate)
    return spec, stack.enter_context(fleet.Fleet(spec))


def _result(play):
    try:
        return play.result()
    except (fleet.FleetError, RuntimeError) as error:
        return error


def _play(case, rate, model, labels, spec, running):
    random = np.random.default_rng([case.seed, 20])
    # The same for every policy: arrivals, images, gateways.
    due = stats.poisson_arrivals(random, [(p.seconds, p.rate * rate) for p in matrix.PARTS])
    samples = random.integers(0, len(labels), len(due))
    which = random.integers(0, case.gateways, len(due))
    events = _events(running, matrix.victim(spec))
    played = client.play(model, running.grpc(), due, samples, events, which=which,
                         deadline=matrix.DEADLINE_S + 1)
    late_s = stats.percentile(played.sent - played.due, 99)
    return {**_parts(played, labels), "late_s": late_s}


def _events(running, victim):
    name, speed = victim["name"], victim["gflops_per_s"]
    start = {"kill": lambda: running.kill(name),
             "slow": lambda: running.set_speed(name, speed / matrix.SLOWER)}
    end = {"kill": lambda: running.restart(name), "slow": lambda: running.set_speed(name, speed)}
    events, at = [], 0.0
    for part in matrix.PARTS:
        if part.event:
            events += [(at, start[part.event]), (at + part.seconds, end[part.event])]
        at += part.seconds
    return events


def _parts(played, labels):
    ok = played.ok()
    delay = np.where(ok, np.minimum(played.delay, matrix.DEADLINE_S), matrix.DEADLINE_S)
    right = ok & (played.answer == labels[played.sample])
    measured = np.zeros(len(ok), bool)
    found, at = {}, 0.0
    for part in matrix.PARTS:
        mask = played.between(at, at + part.seconds)
        at += part.seconds
        if part.measured:
            found[part.name] = _figures(mask, played, ok, delay, right)
            measured |= mask
    found["whole"] = _figures(measured, played, ok, delay, right)
    return found


def _figures(mask, played, ok, delay, right):
    answered = int((mask & ok).sum())
    return {
        "requests": int(mask.sum()),
        "refused": int((mask & (played.outcome == "refused")).sum()),
        "late": int((mask & (played.outcome == "late")).sum()),
        "failed": int((mask & (played.outcome == "failed")).sum()),
        "mean_s": stats.mean(delay[mask]),
        "p95_s": stats.percentile(delay[mask], 95),
        # Of the answers: a task that was refused was not answered wrongly.
        "accuracy": float((mask & right).sum()) / answered if answered else float("nan"),
    }
