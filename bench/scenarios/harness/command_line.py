"""The options that all figures share."""

import argparse
import signal
import sys

from harness import paths


def parse(description, add=None):
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the short form, as in `make bench`")
    parser.add_argument("--repeat", type=int, metavar="N", help="repetitions; medians are printed")
    if add:
        add(parser)
    options = parser.parse_args()
    prepare()
    return options


def prepare():
    """Builds what is missing; makes SIGTERM unwind, so that fleets are stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    paths.build_tools()


def say(text):
    """Progress, for people."""
    print(text, file=sys.stderr, flush=True)


def shown(name, options):
    """The command as a reader would type it."""
    flags = " --quick" if options.quick else ""
    if options.repeat:
        flags += f" --repeat {options.repeat}"
    return f".venv/bin/python bench/scenarios/{name}.py{flags}"
