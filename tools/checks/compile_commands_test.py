"""What the checks read from compile_commands.json."""

import json
import pathlib
import tempfile
import unittest

import compile_commands


class LoadTest(unittest.TestCase):
    def test_only_our_sources_with_absolute_includes(self):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name).resolve()
            build = root / "build"
            build.mkdir()
            entries = [
                {"directory": str(build), "file": f"{root}/offramp/a.cc", "command": "g++ -Igen a.cc"},
                {"directory": str(build), "file": f"{build}/proto/x.pb.cc", "command": "g++ x.cc"},
                {"directory": str(build), "file": "/elsewhere/y.cc", "command": "g++ y.cc"},
            ]
            (build / "compile_commands.json").write_text(json.dumps(entries))
            loaded = compile_commands.load(build, root)
            self.assertEqual(
                loaded, {pathlib.Path("offramp/a.cc"): ["g++", f"-I{build}/gen", "a.cc"]}
            )


class CommonCommandTest(unittest.TestCase):
    def test_union_of_flags_without_files_and_launcher(self):
        launcher = ["/usr/bin/env", "CCACHE_NOHASHDIR=1", "/usr/bin/ccache"]
        entries = {
            "a.cc": [*launcher, "g++", "-I/r", "-isystem", "/s1", "-o", "a.o", "-c", "a.cc"],
            "b.cc": [*launcher, "g++", "-I/r", "-isystem", "/s2", "-MD", "-MF", "d", "-c", "b.cc"],
        }
        self.assertEqual(
            compile_commands.common_command(entries),
            ["g++", "-I/r", "-isystem", "/s1", "-isystem", "/s2"],
        )


class GeneratedKeyTest(unittest.TestCase):
    def test_follows_generated_headers_but_not_the_version(self):
        with tempfile.TemporaryDirectory() as build:
            folder = pathlib.Path(build, "generated")
            folder.mkdir()
            keys = []
            for name in ("offramp_version.h", "other.h"):
                keys.append(compile_commands.generated_key(build))
                (folder / name).write_text("1")
            keys.append(compile_commands.generated_key(build))
            self.assertEqual(keys[0], keys[1])
            self.assertNotEqual(keys[1], keys[2])


if __name__ == "__main__":
    unittest.main()
