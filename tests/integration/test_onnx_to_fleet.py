"""docs/tutorials/onnx-to-fleet.md, as it is written: every block runs, and prints what it says."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("OFFRAMP_SOURCE_DIR",
                                     pathlib.Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("OFFRAMP_BINARY", str(SOURCE / "build" / "offramp"))
TUTORIAL = SOURCE / "docs" / "tutorials" / "onnx-to-fleet.md"
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")


class TutorialTest(unittest.TestCase):
    @unittest.skipUnless(FASHION.is_dir(), "the images of dataset-fashion-mnist are not here")
    def test_every_block_runs(self):
        text = TUTORIAL.read_text()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-tutorial-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        script = [f"set -eu -o pipefail; DIR={folder}"]
        for language, block in re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            if language == "python":
                (folder / "whole.py").write_text(block)
            else:
                self.assertEqual(language, "bash")
                script.append(block.replace("python3 whole.py", f"python3 {folder}/whole.py"))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OFFRAMP_")}
        environment["PATH"] = ":".join([os.path.dirname(BINARY), os.path.dirname(sys.executable),
                                        environment["PATH"]])
        environment["XDG_RUNTIME_DIR"] = str(folder)
        try:
            done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=SOURCE, text=True,
                                  env=environment, capture_output=True, check=False)
        finally:
            subprocess.run([BINARY, "down", str(folder / "fleet.yaml")], cwd=SOURCE, env=environment,
                           capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for said in re.findall(r"^<!-- prints: (.*) -->", text, re.MULTILINE):
            self.assertRegex(done.stdout, said)

    def test_links_lead_somewhere(self):
        for link in re.findall(r"\]\(([^)#]+)\)", TUTORIAL.read_text()):
            self.assertTrue((TUTORIAL.parent / link).exists(), link)


if __name__ == "__main__":
    unittest.main()
