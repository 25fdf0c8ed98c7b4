"""Reads a build folder's compile_commands.json for the checks."""

import hashlib
import json
import pathlib
import shlex
import sys


def load(build, root):
    """Source path relative to root -> list of arguments, for our own sources only."""
    database = pathlib.Path(build) / "compile_commands.json"
    if not database.is_file():
        sys.exit(f"{database} is missing: run `make build` first")
    entries = {}
    for entry in json.loads(database.read_text()):
        source = pathlib.Path(entry["directory"], entry["file"])
        try:
            relative = source.resolve().relative_to(root)
        except ValueError:
            continue
        # Generated sources lie in a build folder, which may be below the root.
        if not relative.parts[0].startswith("build"):
            arguments = shlex.split(entry["command"])
            entries[relative] = absolute(arguments, entry["directory"])
    return entries


def absolute(arguments, directory):
    """The include folders of a command, made independent of where it is run."""
    result = []
    for argument in arguments:
        if argument.startswith("-I") and not argument.startswith("-I/"):
            argument = f"-I{pathlib.Path(directory, argument[2:])}"
        result.append(argument)
    return result


def common_command(entries):
    """One compiler command with every include folder, definition and flag that our sources use."""
    if not entries:
        sys.exit("compile_commands.json names none of our sources: run `make build` first")
    flags, compiler = [], None
    for _, arguments in sorted(entries.items()):
        arguments = without_files(without_launcher(arguments))
        compiler = compiler or arguments[0]
        rest = iter(arguments[1:])
        for argument in rest:
            flag = (argument, next(rest)) if argument == "-isystem" else (argument,)
            if flag not in flags:
                flags.append(flag)
    return [compiler, *(argument for flag in flags for argument in flag)]


def without_launcher(arguments):
    """Drops `env NAME=value ccache` from the front."""
    for index, argument in enumerate(arguments):
        name = pathlib.PurePath(argument).name
        if name not in ("env", "ccache") and "=" not in argument:
            return arguments[index:]
    return arguments


def without_files(arguments):
    """Drops what names the input, the output and the dependency file."""
    result, skip = [], False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in ("-o", "-c", "-MF", "-MT"):
            skip = True
        elif argument not in ("-MD", "-MMD"):
            result.append(argument)
    return result


def generated_key(build):
    """A hash of all generated headers: they are not among our files, yet ours include them."""
    digest = hashlib.sha256()
    for folder in ("proto", "generated"):
        for header in sorted(pathlib.Path(build, folder).rglob("*.h")):
            # The version changes with every commit and no check depends on it.
            if header.name != "offramp_version.h":
                digest.update(header.read_bytes())
    return digest.hexdigest()
