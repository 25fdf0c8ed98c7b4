"""docs/tutorials/onnx-to-fleet.md, as it is written: every block runs, and prints what it says."""

import pathlib
import shutil
import tempfile
import unittest

from fleet_fixture import SOURCE
from tutorial_fixture import check_links, run_tutorial

TUTORIAL = SOURCE / "docs" / "tutorials" / "onnx-to-fleet.md"
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")


class TutorialTest(unittest.TestCase):
    @unittest.skipUnless(FASHION.is_dir(), "the images of dataset-fashion-mnist are not here")
    def test_every_block_runs(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-tutorial-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        run_tutorial(self, TUTORIAL, folder, "whole.py", folder / "fleet.yaml",
                     f"set -eu -o pipefail; DIR={folder}")

    def test_links_lead_somewhere(self):
        check_links(self, TUTORIAL)


if __name__ == "__main__":
    unittest.main()
