#!/usr/bin/env python3
"""What a gateway and four node hops add to a task whose stages do nothing.

The `relay` bundle passes a tensor of 3 kB on from stage to stage. Delay with one request
outstanding, and CPU time over all processes of the fleet (the client apart) with 16, over gRPC and
over REST; in the same rounds the bare TCP round trips that the same way costs.
"""

import sys

from harness import client, command_line, data, fleet, paths, report, stats

MODEL_WIDTH = 768  # 3072 bytes
GOAL_GRPC_S, AIM_GRPC_S = 0.8e-3, 0.5e-3
GOAL_REST_S = 1.0e-3
GOAL_CPU_S = 350e-6


def relay_fleet():
    return {
        "model": {"bundle": str(paths.test_bundle("relay"))},
        "objective": {"accuracy_weight_s": 1.0},
        "gateways": [{"name": "gw0", "http": "127.0.0.1:0", "grpc": "127.0.0.1:0"}],
        "nodes": [
            {"name": f"s{stage}", "stage": stage, "listen": "127.0.0.1:0"} for stage in (1, 2, 3, 4)
        ],
    }


def measure(rounds, seconds):
    """One dict a round: floor and loops, in turn, so that a busy moment hits all of them."""
    model = data.noise("relay", "x", MODEL_WIDTH)
    found = []
    with fleet.Fleet(relay_fleet()) as running:
        targets = {"grpc": running.grpc()[0], "rest": running.http()[0]}
        for number in range(rounds):
            command_line.say(f"overhead: round {number + 1} of {rounds}")
            one = {"floor": client.floor(hops=5, request_bytes=4 * MODEL_WIDTH, seconds=0.5)}
            for protocol, target in targets.items():
                for outstanding in (1, 16):
                    one[protocol, outstanding] = client.loop(
                        model, target, running.pids, protocol, outstanding, seconds
                    )
            found.append(one)
    return found


def main():
    options = command_line.parse(__doc__)
    rounds = options.repeat or (5 if options.quick else 11)
    seconds = 1.5 if options.quick else 4.0
    figure = report.Figure(
        "overhead", "Added by the fleet itself", command_line.shown("overhead", options)
    )
    found = measure(rounds, seconds)

    def middle(key, field):
        return stats.median([one[key][field] for one in found])

    grpc, rest = middle(("grpc", 1), "p50_s"), middle(("rest", 1), "p50_s")
    floor = middle("floor", "p50_s")
    cpu = {p: middle((p, 16), "cpu_per_answer_s") for p in ("grpc", "rest")}
    figure.goal("added p50, gRPC", "<= 0.8 ms (aim 0.5)", report.ms(grpc, 3), grpc, GOAL_GRPC_S)
    figure.goal("added p50, REST", "<= 1.0 ms", report.ms(rest, 3), rest, GOAL_REST_S)
    for protocol, name in (("grpc", "gRPC"), ("rest", "REST")):
        figure.goal(f"CPU a task at 16 outstanding, {name}", "<= 350 us",
                    f"{cpu[protocol] * 1e6:.0f} us", cpu[protocol], GOAL_CPU_S)
    rows = [("five loopback round trips (TCP alone)", report.ms(floor, 3),
             report.ms(middle("floor", "p99_s"), 2), "", "")]
    for key in [k for k in found[0] if k != "floor"]:
        rows.append((f"{key[0]}, {key[1]} outstanding", report.ms(middle(key, "p50_s"), 3),
                     report.ms(middle(key, "p99_s"), 2),
                     f"{middle(key, 'cpu_per_answer_s') * 1e6:.0f} us",
                     f"{middle(key, 'per_s'):.0f}"))
    figure.sections.append(
        f"Medians of {rounds} interleaved rounds, 3 kB tensors on every hop; the delay is all that "
        "a client in another process sees, its own library included. CPU: gateway and nodes.\n\n"
        + report.table(("", "p50", "p99", "CPU a task", "tasks/s"), rows)
    )
    figure.data = {
        "rounds": [{k if k == "floor" else f"{k[0]}-{k[1]}": v for k, v in one.items()}
                   for one in found]
    }
    figure.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
