#!/usr/bin/env python3
"""clang-tidy over our sources, with the checks of .clang-tidy; exit code 1 on any finding.

Usage: tidy.py [BUILD_FOLDER] [SOURCE...]: all sources that the build folder compiles, or the named
ones. A source that was clean is not looked at again until it, a header of ours that it includes
(however indirectly), .clang-tidy or clang-tidy itself changes.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import compile_commands
import source_tree

NAMES = ("clang-tidy-14", "clang-tidy")
# GCC's own warning flags mean nothing to Clang; gtest's macros are not ours to judge.
EXTRA = ("-Wno-unknown-warning-option", "-Wthread-safety")
_NOISE = re.compile(
    r"^(\d+ (warning|error)s?( and \d+ errors?)? generated\.|Suppressed \d+ warnings.*"
    r"|Use -header-filter.*|Error while processing .*)$"
)


def find_tidy():
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    sys.exit("clang-tidy-14 is missing: run `make deps`")


def run_tidy(tidy, build, root, source):
    """What clang-tidy found in the source; "" when it is clean."""
    command = [tidy, "-p", str(build), "--quiet", *(f"--extra-arg={flag}" for flag in EXTRA)]
    result = subprocess.run(
        [*command, str(root / source)], capture_output=True, text=True, cwd=root
    )
    if result.returncode == 0:
        return ""
    lines = (result.stdout + result.stderr).splitlines()
    return "\n".join(line for line in lines if not _NOISE.match(line)).strip()


def distinct_findings(outputs):
    """Each finding once: one in a header comes back from every source that includes it."""
    starts_one = re.compile(r"^\S+:\d+:\d+: (error|warning):", re.MULTILINE)
    seen = {}
    for output in outputs:
        starts = [match.start() for match in starts_one.finditer(output)] or [0]
        for start, end in zip(starts, [*starts[1:], len(output)]):
            seen.setdefault(output[start:end].strip())
    return list(seen)


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
    root = source_tree.ROOT
    entries = compile_commands.load(build, root)
    sources = sorted(entries)
    if len(sys.argv) > 2:
        wanted = {pathlib.Path(name).resolve().relative_to(root) for name in sys.argv[2:]}
        sources = [source for source in sources if source in wanted]
    tidy = find_tidy()
    version = subprocess.run([tidy, "--version"], capture_output=True, text=True).stdout
    # The processor it was run on is part of that text.
    version = " ".join(re.findall(r"version \S+", version))
    config = (root / ".clang-tidy").read_text()
    generated = compile_commands.generated_key(build)
    tree = source_tree.SourceTree(root)
    jobs = [(s, tree.content_key(s, version, config, EXTRA, generated)) for s in sources]
    # Longest first, so that the last one to finish is a short one.
    jobs.sort(key=lambda job: -os.path.getsize(root / job[0]))
    failures, ran = source_tree.run_cached(
        jobs,
        lambda source: run_tidy(tidy, build, root, source),
        source_tree.PassCache("tidy"),
        source_tree.worker_count(),
        source_tree.show_progress("tidy", sys.stderr),
    )
    for finding in distinct_findings(error or str(source) for source, error in sorted(failures)):
        print(f"{finding}\n")
    if failures:
        print(f"tidy: findings in {len(failures)} of {len(sources)} files")
        return 1
    print(f"tidy: {len(sources)} files are clean ({ran} checked now)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
