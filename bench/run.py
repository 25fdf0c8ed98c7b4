#!/usr/bin/env python3
"""Every figure in its short form, one after the other: what `make bench` runs.

    run.py                  all of them, less than half an hour
    run.py overhead idle    these
    run.py --full           the long forms
    run.py --document       also puts what was printed into docs/benchmarks.md

Each is a script of its own in bench/scenarios; results lie in bench/out.
"""

import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SCENARIOS = HERE / "scenarios"
sys.path.insert(0, str(SCENARIOS))

FIGURES = ("overhead", "throughput", "haproxy", "recovery", "parity", "idle")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(FIGURES))
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--document", action="store_true")
    options = parser.parse_args()
    unknown = set(options.figures) - set(FIGURES)
    if unknown:
        there_are = ", ".join(FIGURES)
        parser.error(f"no such figure: {', '.join(sorted(unknown))}; there are {there_are}")
    failed = []
    for name in options.figures or FIGURES:
        command = [sys.executable, "-B", str(SCENARIOS / f"{name}.py")]
        if subprocess.run(command + ([] if options.full else ["--quick"])).returncode != 0:
            failed.append(name)
    if options.document:
        from harness import report

        report.update_document(HERE.parent / "docs" / "benchmarks.md")
    if failed:
        print(f"bench: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
