#!/usr/bin/env python3
"""The layer check: who may include whom, and a few rules on files. Exit code 1 on any finding.

The table is the architecture: a line that is not here is not allowed.
"""

import os
import pathlib
import re
import sys

import source_tree

LIBRARIES = {
    "base": [],
    "core": [],
    "optimize": ["core"],
    "simulate": ["optimize", "core"],
    "model": ["core"],
    "files": ["model", "core"],
    "engine": ["model", "core"],
    "partition": ["engine", "files", "model", "core"],
    "text": ["core"],
    "data": ["text", "model", "core"],
    "profiling": ["data", "engine", "files", "model", "core"],
    "exits": ["profiling", "partition", "data", "engine", "files", "model", "core"],
    "placement": ["partition", "optimize", "engine", "files", "model", "core"],
    "wire": ["core"],
    "offload": ["optimize", "wire", "core"],
    "daemon": ["offload", "optimize", "model", "files", "wire", "core"],
    "node": ["daemon", "offload", "engine", "model", "files", "wire", "core"],
    "gateway": ["daemon", "offload", "text", "model", "files", "wire", "core"],
}
# Any library may include base; cli, the program, may include all of them.
ALLOWED = {name: {name, "base", *below} for name, below in LIBRARIES.items()}
ALLOWED["base"] = {"base"}
ALLOWED["cli"] = {"cli", *LIBRARIES}

# These install alone: none of the types below may show in their headers.
STANDALONE = {"base", "core", "optimize", "simulate", "files"}
USERS = {"examples", "python"}
HEAVY = re.compile(
    r"^(grpc|grpcpp|google/protobuf|nlohmann|simdjson|onnx|boost)\b|^onnxruntime|\.pb\.h$"
)

# The problem and the algorithms are pure values: they must run unchanged in the simulator.
PURE = {"core", "optimize", "simulate"}
IMPURE = re.compile(
    r"^(thread|mutex|shared_mutex|condition_variable|future|atomic|fstream|filesystem|ctime|time\.h"
    r"|unistd\.h|sys/.*|netinet/.*|arpa/.*|poll\.h|pthread\.h|random)$"
)

MAX_LINES = 400
COUNTED_SUFFIXES = (".h", ".cc", ".py", ".sh", ".cmake", ".proto")
COUNTED_FOLDERS = (*source_tree.CPP_FOLDERS, "tools", "cmake", "models", "proto")
# At the beginning of a line: in the library's namespace. Not a declaration alone.
TYPE = re.compile(r"^(?:class|struct|enum class) (\w+)(?: final)?(?:\s*:(?!:)[^;{]*)?\s*\{",
                  re.MULTILINE)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def library_of(path):
    """offramp/core/cost.h -> core; None outside our libraries (also for generated offramp/v1)."""
    parts = pathlib.PurePath(path).parts
    if len(parts) >= 3 and parts[0] == "offramp" and parts[1] in ALLOWED:
        return parts[1]
    return None


def check_includes(tree, path):
    library = library_of(path)
    for line, quoted, name in source_tree.includes(tree.text(path)):
        where = f"{path}:{line}"
        target = library_of(name)
        if not quoted and target:
            yield f'{where}: include our own header as "{name}", not <{name}>'
        if quoted and "/" not in name and (tree.root / path.parent / name).is_file():
            yield f'{where}: write the path from the repository\'s root: "{path.parent / name}"'
        if path.parts[0] in USERS and target and target not in STANDALONE:
            yield f"{where}: {path.parts[0]} may only include what installs alone, not {target}"
        if library is None:
            continue
        if name.startswith(("tests/", "bench/", "fuzz/")):
            yield f"{where}: offramp/ may not include {name}"
        if target and target not in ALLOWED[library]:
            allowed = ", ".join(sorted(ALLOWED[library] - {library})) or "nothing of ours"
            yield f"{where}: {library} may not include {target} (it may include: {allowed})"
        if library in STANDALONE and path.suffix == ".h" and HEAVY.search(name):
            yield f"{where}: headers of {library} install alone and may not include {name}"
        if library in PURE and not quoted and IMPURE.search(name):
            yield f"{where}: {library} has no threads, files, clocks or hidden state: not <{name}>"


def check_header(tree, path):
    if path.suffix == ".h" and "#pragma once" not in tree.text(path):
        yield f"{path}:1: a header starts with #pragma once"


def check_text(tree, path):
    lines = tree.text(path).splitlines()
    if len(lines) > MAX_LINES:
        yield f"{path}:{len(lines)}: {len(lines)} lines; split what is over {MAX_LINES}"
    if pathlib.Path(__file__).parent.name in path.parts:
        return  # The checks name the words they look for.
    for number, line in enumerate(lines, start=1):
        match = UNFINISHED.search(line)
        if match:
            yield f"{path}:{number}: {match.group(1)}: finish it or file an issue"


def check_readmes(tree):
    for directory, names, files in sorted(os.walk(tree.root / "offramp")):
        names[:] = [name for name in names if name not in source_tree.SKIPPED_FOLDERS]
        folder = pathlib.Path(directory).relative_to(tree.root)
        if len(folder.parts) == 1:
            continue
        if (names or files) and "README.md" not in files:
            yield f"{folder}: README.md is missing: ten lines on what lives here"
        if len(folder.parts) == 2 and files and folder.name not in ALLOWED:
            yield f"{folder}: not in the table of tools/checks/layers.py"


def check_type_names(tree, headers):
    """Two types of one name in namespace offramp are one type to the linker, whatever they hold."""
    seen = {}
    for path in headers:
        text = tree.text(path)
        for match in TYPE.finditer(text):
            where = f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
            first = seen.setdefault(match.group(1), where)
            if first != where:
                yield f"{where}: {match.group(1)} is a type in {first} already: name it apart"


def check(root):
    tree = source_tree.SourceTree(root)
    findings = []
    for path in source_tree.cpp_files(tree.root):
        findings += check_includes(tree, path)
        findings += check_header(tree, path)
    headers = [p for p in source_tree.cpp_files(tree.root) if p.suffix == ".h" and library_of(p)]
    findings += check_type_names(tree, headers)
    for path in source_tree.files_below(tree.root, COUNTED_FOLDERS, COUNTED_SUFFIXES):
        findings += check_text(tree, path)
    findings += check_readmes(tree)
    return findings


def main():
    findings = check(source_tree.ROOT)
    for finding in findings:
        print(finding)
    if findings:
        print(f"layers: {len(findings)} findings")
        return 1
    print(f"layers: {len(source_tree.cpp_files())} files keep to the table")
    return 0


if __name__ == "__main__":
    sys.exit(main())
