"""docs/tutorials/published-model.md, as it is written: a model that nobody here trained, from its
package to answers of a fleet."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from fleet_fixture import BINARY, SOURCE

TUTORIAL = SOURCE / "docs" / "tutorials" / "published-model.md"
PACKAGE = "magika==1.0.3"


def blocks(text):
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


class PublishedModel(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-published-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("OFFRAMP_")}
        self.environment["PATH"] = ":".join([os.path.dirname(BINARY), os.path.dirname(sys.executable),
                                             self.environment["PATH"]])
        self.environment["XDG_RUNTIME_DIR"] = str(self.folder)

    def run_script(self, script):
        return subprocess.run(["bash", "-c", script], cwd=self.folder, text=True,
                              env=self.environment, capture_output=True, check=False)

    def test_as_written(self):
        text = TUTORIAL.read_text()
        self.assertIn(f"--no-deps {PACKAGE}\n", text)
        tried = self.run_script(f"{sys.executable} -m pip download --quiet --no-deps "
                                f"-d downloaded {PACKAGE}")
        if tried.returncode != 0:
            self.skipTest(f"{PACKAGE} cannot be had: {tried.stderr.strip().splitlines()[-1]}")
        work = self.folder / "published"
        work.mkdir()
        names = iter(["files.py", "ask.py"])
        script = ["set -eu -o pipefail"]
        for language, block in blocks(text):
            if language == "python":
                (work / next(names)).write_text(block)
            else:
                self.assertEqual(language, "bash")
                # What was downloaded a moment ago.
                script.append(block.replace("pip download", "pip download --no-index "
                                            f"--find-links {self.folder}/downloaded"))
        try:
            done = self.run_script("\n".join(script))
        finally:
            subprocess.run([BINARY, "down", "fleet.yaml"], cwd=work, env=self.environment,
                           capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for said in re.findall(r"^<!-- prints: (.*) -->", text, re.MULTILINE):
            self.assertRegex(done.stdout, said)

    def test_links_lead_somewhere(self):
        for link in re.findall(r"\]\(([^)#]+)\)", TUTORIAL.read_text()):
            if not link.startswith("https://"):
                self.assertTrue((TUTORIAL.parent / link).exists(), link)


if __name__ == "__main__":
    unittest.main()
