"""A folder of its own with one component of the build installed."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("OFFRAMP_SOURCE_DIR",
                                     pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("OFFRAMP_BUILD_DIR", SOURCE / "build"))
CMAKE = os.environ.get("OFFRAMP_CMAKE", "cmake")


class InstallTest(unittest.TestCase):
    """`self.prefix` is where `component` is installed, `self.folder` empty."""

    component = ""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.prefix = self.folder / "prefix"
        self.run_here(CMAKE, "--install", BUILD, "--prefix", self.prefix, "--component",
                      self.component)

    def run_here(self, *words, env=None):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                              check=False, cwd=self.folder, env=env)
        if done.returncode != 0:
            self.fail(f"{words}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout

    def installed(self):
        """Relative paths of all files."""
        return {str(path.relative_to(self.prefix))
                for path in self.prefix.rglob("*") if not path.is_dir()}
