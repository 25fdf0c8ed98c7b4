"""The two checks that drive Clang's tools: a finding is reported, clean code is not."""

import json
import pathlib
import shutil
import unittest

import format as format_check
import source_tree
import tidy
from source_tree_test import make_tree


@unittest.skipUnless(shutil.which("clang-format-14"), "needs clang-format-14")
class FormatTest(unittest.TestCase):
    def test_names_only_the_files_that_would_change(self):
        style = (source_tree.ROOT / ".clang-format").read_text()
        files = {".clang-format": style, "a.cc": "int a;\n", "b.cc": "int   b ;\n"}
        with make_tree(files) as folder:
            found = format_check.unformatted(
                format_check.find_formatter(), folder, [pathlib.Path("a.cc"), pathlib.Path("b.cc")]
            )
        self.assertEqual(found, ["b.cc"])


@unittest.skipUnless(shutil.which("clang-tidy-14"), "needs clang-tidy-14")
class TidyTest(unittest.TestCase):
    def finding(self, body):
        config = (source_tree.ROOT / ".clang-tidy").read_text()
        text = f"#include <string>\n#include <utility>\n{body}\n"
        with make_tree({".clang-tidy": config, "offramp/a.cc": text}) as folder:
            root = pathlib.Path(folder)
            entry = {
                "directory": folder,
                "file": str(root / "offramp/a.cc"),
                "command": "g++ -std=c++20 -Wall -Werror -Wlogical-op -c offramp/a.cc",
            }
            (root / "compile_commands.json").write_text(json.dumps([entry]))
            return tidy.run_tidy(tidy.find_tidy(), root, root, pathlib.Path("offramp/a.cc"))

    def test_clean_code_and_flags_of_gcc(self):
        self.assertEqual(self.finding("std::string F(std::string a) { return a; }"), "")

    def test_use_after_move(self):
        body = (
            "void G(std::string s);\n"
            "int F(std::string a) { G(std::move(a)); return static_cast<int>(a.size()); }"
        )
        self.assertIn("bugprone-use-after-move", self.finding(body))

    def test_a_finding_in_a_header_is_shown_once(self):
        header = "/r/a.h:1:2: error: bad [check]\n  code\n"
        outputs = [header + "/r/b.cc:3:4: error: worse [check]\n", header]
        self.assertEqual(
            tidy.distinct_findings(outputs),
            ["/r/a.h:1:2: error: bad [check]\n  code", "/r/b.cc:3:4: error: worse [check]"],
        )


if __name__ == "__main__":
    unittest.main()
