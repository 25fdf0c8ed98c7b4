#!/usr/bin/env python3
"""The demo's long form: what `make bench-live` runs.

Every policy serves the same Poisson arrivals and the same images through a quiet part, a surge, the
death of the fastest node of stage 2 and its slow-down by four: over seeds, the demo's fleet and two
fresh ones, one and four gateways, each baseline at several thresholds. Prints what came out, and
the comparison at equal accuracy; draws bench/out/live.html. Finished runs are kept in
bench/out/live.jsonl, and `--resume` goes on after them. All of it takes hours; `--quick` is one
seed of the demo's fleet with four gateways, fewer policies and thresholds, about ten minutes.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "scenarios"))

from harness import command_line, data, fleet, paths, report  # noqa: E402  (the path above)
from live import chart, compare, matrix, runner  # noqa: E402

RATE = 120.0
TRIES = 3  # of a run that other work disturbs


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def words(text):
        return tuple(text.split(","))

    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int, metavar="N", help="how many (5; quick: 1)")
    parser.add_argument("--fleets", type=words, help="demo, fresh-N (demo,fresh-1,fresh-2)")
    parser.add_argument("--gateways", type=words, help="1 to 4 (1,4; quick: 4)")
    parser.add_argument("--policies", type=words, help="baselines")
    parser.add_argument("--thresholds", type=words, help="of the baselines")
    parser.add_argument("--rate", type=float, default=RATE, help="tasks/s (%(default)g)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N",
                        help="runs side by side; one takes about a tenth of two cores (%(default)s)")
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args()


def all_cases(options):
    quick = options.quick
    return list(matrix.cases(
        options.fleets or (("demo",) if quick else ("demo", "fresh-1", "fresh-2")),
        [int(n) for n in options.gateways or (("4",) if quick else ("1", "4"))],
        range(1, (options.seeds or (1 if quick else 5)) + 1),
        options.policies or (matrix.QUICK_BASELINES if quick else (*matrix.BASELINES, "no-exit")),
        options.thresholds or (matrix.QUICK_THRESHOLDS if quick else matrix.THRESHOLDS),
    ))


def read_done(log):
    if not log.exists():
        return {}
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return {(matrix.Case(*one["case"]), one["rate"]): one["parts"] for one in lines}


def run_all(options, cases, log):
    """{case: parts}, in the order of the cases, and what failed."""
    model, labels = data.fashion_mnist()
    done = read_done(log) if options.resume else {}
    if not options.resume:
        log.unlink(missing_ok=True)
    failures = {}
    tries = {case: 0 for case in cases if (case, options.rate) not in done}
    while waiting := [case for case, count in tries.items() if count < TRIES]:
        group = waiting[:options.jobs]
        command_line.say(f"live: {len(cases) - len(waiting)} of {len(cases)} done: "
                         f"{', '.join(case.key() for case in group)}")
        for case, found in zip(group, start_and_run(group, options.rate, model, labels)):
            tries[case] += 1
            if isinstance(found, Exception):
                failures[case] = f"{case.key()}: {found}"
                continue
            failures.pop(case, None)
            key = (case, options.rate)
            if key not in done or found["late_s"] < done[key]["late_s"]:
                done[key] = found
            if done[key]["late_s"] <= runner.DISTURBED_S or runner.saturated(done[key]):
                tries[case] = TRIES
        with log.open("a", encoding="utf-8") as file:
            for case in group:
                if tries[case] == TRIES and (case, options.rate) in done:
                    line = {"case": list(case), "rate": options.rate,
                            "parts": done[case, options.rate]}
                    print(json.dumps(line), file=file)
    results = {c: done[c, options.rate] for c in cases if (c, options.rate) in done}
    return results, list(failures.values())


def start_and_run(group, rate, model, labels):
    try:
        return runner.run_side_by_side(group, rate, model, labels)
    except fleet.FleetError as error:  # one did not start
        return [error] * len(group)


def main():
    options = parse()
    command_line.prepare()
    paths.OUT.mkdir(parents=True, exist_ok=True)
    command = " ".join(["bench/live.py", *sys.argv[1:]])
    figure = report.Figure("live", "The demo's long form", command)
    results, failures = run_all(options, all_cases(options), paths.OUT / "live.jsonl")
    if results:
        worst = max(parts["late_s"] for parts in results.values())
        figure.sections.append(
            f"{len(results)} runs at {options.rate:g} tasks/s, {options.jobs} at a time. A run whose "
            f"load generator was more than {report.ms(runner.DISTURBED_S)} late at the 99th "
            f"percentile was made again, at most {TRIES} times in all, unless the fleet itself was "
            f"saturated (more is outstanding then than the generator has threads); in the most "
            f"disturbed run that counts it was {report.ms(worst)}."
        )
        compare.plain_tables(results, figure, ("0.8", "tuned"))
        compare.gain_tables(results, figure)
        chart.write(results, paths.OUT / "live.html")
    figure.data = {"runs": [{"case": list(c), "parts": p} for c, p in results.items()],
                   "failures": failures}
    figure.finish()
    for failure in failures:
        print(f"live: failed: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
