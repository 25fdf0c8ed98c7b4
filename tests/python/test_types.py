"""The package's type hints: mypy's strict mode accepts the package and what a typed user writes."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from package_fixture import BUILD, SOURCE

USER = '''\
import numpy as np
import numpy.typing as npt
import offramp
from collections.abc import Sequence


class Mine(offramp.Policy):
    name = "mine"

    def choose(self, task: offramp.Task,
               receivers: Sequence[offramp.Receiver]) -> offramp.Receiver | int | None:
        return min(receivers, key=lambda receiver: receiver.outstanding)

    def threshold(self, task: offramp.Task) -> float:
        return 0.5 + 0.5 * task.draw


scenario = offramp.Scenario.from_dict({"version": 1})
run = offramp.simulate(scenario, Mine(), seconds=10)
delays: npt.NDArray[np.float64] = run.series.delay_s
wrong: str = run.mean_delay_s
'''


class Types(unittest.TestCase):
    def mypy(self, *words):
        return subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(BUILD / "mypy"),
             "--config-file", str(SOURCE / "pyproject.toml"), *map(str, words)],
            capture_output=True, text=True, check=False, cwd=BUILD,
            env={**os.environ, "MYPYPATH": str(SOURCE / "python")})

    def test_the_package(self):
        done = self.mypy("-p", "offramp")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_typed_user(self):
        with tempfile.TemporaryDirectory() as folder:
            user = pathlib.Path(folder) / "user.py"
            user.write_text(USER)
            done = self.mypy(user)
        self.assertIn("Found 1 error", done.stdout)
        self.assertIn('"float", variable has type "str"', done.stdout)


if __name__ == "__main__":
    unittest.main()
