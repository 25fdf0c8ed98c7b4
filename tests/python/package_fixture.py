"""A scenario in a folder of its own, and the command `offramp` to compare the package with."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import offramp

SOURCE = pathlib.Path(os.environ.get("OFFRAMP_SOURCE_DIR",
                                     pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("OFFRAMP_BUILD_DIR", SOURCE / "build"))
BINARY = os.environ.get("OFFRAMP_BINARY", str(BUILD / "offramp"))
EXAMPLES = SOURCE / "examples"


class PackageTest(unittest.TestCase):
    """`self.path` is a copy of the examples' scenario, `self.scenario` what the package reads of it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("campus.yaml", "campus.exits.csv"):
            shutil.copy(EXAMPLES / name, self.folder)
        self.path = self.folder / "campus.yaml"
        self.scenario = offramp.Scenario.load(self.path)

    def run_command(self, *words):
        env = {k: v for k, v in os.environ.items() if not k.startswith("OFFRAMP_")}
        return subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, env=env,
                              timeout=100, check=False)

    def command_json(self, *words):
        done = self.run_command(*words, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def command_error(self, *words):
        """The line after "offramp: " of a command that refuses its input."""
        done = self.run_command(*words)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertTrue(done.stderr.startswith("offramp: "), done.stderr)
        return done.stderr.removeprefix("offramp: ").strip()

    def assert_refused(self, message, call, *args, **kwargs):
        """The call raises ValueError with this one line."""
        with self.assertRaises(ValueError) as caught:
            call(*args, **kwargs)
        self.assertEqual(str(caught.exception), message)
        self.assertNotIn("\n", str(caught.exception))
