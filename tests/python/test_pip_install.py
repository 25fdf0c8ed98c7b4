"""`pip install .` into a clean environment gives the package that the tests import, and nothing else.

Takes as long as a build of the libraries does; run again only after a change of what goes into it.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import unittest

from package_fixture import BUILD, EXAMPLES, SOURCE

FOLDER = BUILD / "pip"
STAMP = FOLDER / "passed"
# Beside the main build: as deep as that, so that ccache finds its objects by relative paths too.
PIP_BUILD = BUILD.with_name(f"{BUILD.name}-pip")
INPUTS = ("pyproject.toml", "CMakeLists.txt", "cmake", "python", "examples", "offramp/base",
          "offramp/core", "offramp/optimize", "offramp/simulate", "offramp/model", "offramp/files",
          "tests/python/test_pip_install.py")


def digest_of_inputs():
    digest = hashlib.sha256(sys.version.encode())
    for name in INPUTS:
        root = SOURCE / name
        files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
        for path in files:
            if "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(SOURCE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class PipInstall(unittest.TestCase):
    def run_here(self, *words):
        """In a folder without sources and with nothing on the module path."""
        env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        # ccache knows the main build's objects by the compiler's name.
        env["CXX"] = os.environ.get("OFFRAMP_CXX", "g++")
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                              check=False, cwd=FOLDER, env=env)
        if done.returncode != 0:
            self.fail(f"{words}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout

    def test_installs_and_runs_the_examples(self):
        digest = digest_of_inputs()
        if STAMP.is_file() and STAMP.read_text() == digest:
            print("nothing has changed since it passed")
            return
        shutil.rmtree(FOLDER / "venv", ignore_errors=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        STAMP.unlink(missing_ok=True)
        # pip, numpy and what builds the package are those of this interpreter: no network.
        self.run_here(sys.executable, "-m", "venv", "--without-pip", FOLDER / "venv")
        site = next((FOLDER / "venv").glob("lib/python*/site-packages"))
        (site / "tools.pth").write_text(sysconfig.get_path("purelib") + "\n")
        python = FOLDER / "venv" / "bin" / "python"
        self.run_here(python, "-m", "pip", "install", "--disable-pip-version-check", "--no-index",
                      "--no-build-isolation", f"--config-settings=build-dir={PIP_BUILD}",
                      SOURCE)
        installed = {path.name for path in (site / "offramp").iterdir()}
        self.assertEqual({name for name in installed if not name.startswith("__pycache__")},
                         {path.name for path in (BUILD / "python" / "offramp").iterdir()
                          if not path.name.startswith("__pycache__")})
        for example in sorted((EXAMPLES / "python").glob("*.py")):
            here = subprocess.run([sys.executable, str(example), str(EXAMPLES / "campus.yaml")],
                                  capture_output=True, text=True, check=True).stdout
            self.assertEqual(self.run_here(python, example, EXAMPLES / "campus.yaml"), here)
        where = self.run_here(python, "-c", "import offramp; print(offramp.__file__)")
        self.assertTrue(pathlib.Path(where).is_relative_to(FOLDER), where)
        STAMP.write_text(digest)


if __name__ == "__main__":
    unittest.main()
