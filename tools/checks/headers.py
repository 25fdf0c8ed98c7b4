#!/usr/bin/env python3
"""The header check: each header under offramp/ compiles alone, with our warnings as errors.

Usage: headers.py [BUILD_FOLDER], after a build (generated headers must exist). What passed is
remembered by content, so only changed headers compile again.
"""

import pathlib
import re
import shlex
import subprocess
import sys

import compile_commands
import source_tree


def compile_alone(root, command, header):
    """The compiler's complaints about the header as the only include of a file; "" if none."""
    result = subprocess.run(
        [*command, "-fsyntax-only", "-x", "c++", "-"],
        input=f'#include "{header}"\n',
        capture_output=True,
        text=True,
        cwd=root,
    )
    return "" if result.returncode == 0 else result.stderr.strip()


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build")
    root = source_tree.ROOT
    entries = compile_commands.load(build, root)
    command = compile_commands.common_command(entries)
    tree = source_tree.SourceTree(root)
    headers = [p for p in source_tree.cpp_files(root) if p.suffix == ".h" and p.parts[0] == "offramp"]
    # Where folders lie must not matter to what was found to pass.
    portable = re.sub(re.escape(str(root)), "ROOT", shlex.join(command))
    generated = compile_commands.generated_key(build)
    jobs = [(header, tree.content_key(header, portable, generated)) for header in headers]
    failures, ran = source_tree.run_cached(
        jobs,
        lambda header: compile_alone(root, command, header),
        source_tree.PassCache("headers"),
        source_tree.worker_count(),
        source_tree.show_progress("headers", sys.stderr),
    )
    for header, error in failures:
        print(f"{header} does not compile alone:\n{error}\n")
    if failures:
        print(f"headers: {len(failures)} of {len(headers)} do not compile alone")
        return 1
    print(f"headers: {len(headers)} compile alone ({ran} checked now)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
