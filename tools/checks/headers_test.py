"""The header check tells a header that stands alone from one that needs another before it."""

import pathlib
import shutil
import unittest

import headers
from source_tree_test import make_tree

COMPILER = shutil.which("c++")


@unittest.skipUnless(COMPILER, "needs a compiler")
class HeadersTest(unittest.TestCase):
    def complaint(self, text):
        with make_tree({"offramp/core/x.h": text}) as folder:
            command = [COMPILER, "-std=c++20", f"-I{folder}"]
            return headers.compile_alone(folder, command, pathlib.Path("offramp/core/x.h"))

    def test_complete_header(self):
        self.assertEqual(self.complaint("#pragma once\n#include <string>\nstd::string F();\n"), "")

    def test_header_that_needs_another(self):
        self.assertIn("string", self.complaint("#pragma once\nstd::string F();\n"))


if __name__ == "__main__":
    unittest.main()
