"""Includes, their closure and the memory of what passed: what every cached check rests on."""

import pathlib
import tempfile
import unittest

import source_tree


def make_tree(files):
    folder = tempfile.TemporaryDirectory()
    for name, text in files.items():
        path = pathlib.Path(folder.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


class IncludesTest(unittest.TestCase):
    def test_lines_kinds_and_names(self):
        text = '\n\n#include <a>\n  # include "offramp/b.h"  // why\n// #include "c.h"\n'
        self.assertEqual(
            list(source_tree.includes(text)), [(3, False, "a"), (4, True, "offramp/b.h")]
        )


class ContentKeyTest(unittest.TestCase):
    FILES = {
        "offramp/core/a.cc": '#include "offramp/core/a.h"\n',
        "offramp/core/a.h": '#include "offramp/base/b.h"\n',
        "offramp/base/b.h": "int b;\n",
        "offramp/base/other.h": "int o;\n",
    }

    def key_with(self, changes, *extra):
        with make_tree({**self.FILES, **changes}) as folder:
            return source_tree.SourceTree(folder).content_key("offramp/core/a.cc", *extra)

    def test_changes_with_an_indirect_include(self):
        changed = self.key_with({"offramp/base/b.h": "int c;\n"})
        self.assertNotEqual(self.key_with({}), changed)

    def test_ignores_what_is_not_included_and_where_the_tree_lies(self):
        self.assertEqual(self.key_with({}), self.key_with({"offramp/base/other.h": "int x;\n"}))

    def test_changes_with_the_tool(self):
        self.assertNotEqual(self.key_with({}, "tidy 14"), self.key_with({}, "tidy 15"))

    def test_a_cycle_of_includes_ends(self):
        changes = {"offramp/base/b.h": '#include "offramp/core/a.h"\n'}
        self.assertNotEqual(self.key_with({}), self.key_with(changes))


class RunCachedTest(unittest.TestCase):
    def test_what_passed_is_not_run_again_and_what_failed_is(self):
        runs = []

        def run(job):
            runs.append(job)
            return "wrong" if job == "bad" else ""

        jobs = [("good", "11" * 32), ("bad", "22" * 32)]
        with tempfile.TemporaryDirectory() as folder:
            cache = source_tree.PassCache("check", folder)
            for _ in range(2):
                failures, _ = source_tree.run_cached(jobs, run, cache, 1, lambda *_: None)
                self.assertEqual(failures, [("bad", "wrong")])
        self.assertEqual(runs, ["good", "bad", "bad"])


if __name__ == "__main__":
    unittest.main()
