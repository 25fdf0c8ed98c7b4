#!/usr/bin/env python3
"""The format check: every C++ file is as clang-format writes it. With --fix, makes it so.

Usage: format.py [--fix] [FILE...]: all of our C++ files when none is named.
"""

import pathlib
import shutil
import subprocess
import sys

import source_tree

# The version is fixed: two versions of clang-format disagree now and then.
NAMES = ("clang-format-14",)
FILES_PER_RUN = 40


def find_formatter():
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    sys.exit("clang-format-14 is missing: run `make deps`")


def unformatted(formatter, root, files):
    """The files that clang-format would change."""
    changed = []
    for start in range(0, len(files), FILES_PER_RUN):
        batch = [str(path) for path in files[start : start + FILES_PER_RUN]]
        result = subprocess.run(
            [formatter, "--dry-run", "-Werror", "--ferror-limit=1", *batch],
            capture_output=True,
            text=True,
            cwd=root,
        )
        if result.returncode != 0:
            marks = [line for line in result.stderr.splitlines() if ": error:" in line]
            changed += sorted({line.split(":", 1)[0] for line in marks})
            if not marks:
                sys.exit(result.stderr)
    return changed


def main():
    root = source_tree.ROOT
    fix = "--fix" in sys.argv[1:]
    named = [pathlib.Path(a).resolve().relative_to(root) for a in sys.argv[1:] if a != "--fix"]
    files = named or source_tree.cpp_files(root)
    formatter = find_formatter()
    changed = unformatted(formatter, root, files)
    if fix and changed:
        subprocess.run([formatter, "-i", *changed], cwd=root, check=True)
        print(f"format: {len(changed)} files rewritten")
    elif changed:
        for path in changed:
            print(f"{path}: not as clang-format writes it")
        print(f"format: {len(changed)} files; run `make format`")
        return 1
    else:
        print(f"format: {len(files)} files are well formatted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
