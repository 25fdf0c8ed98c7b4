"""docs/own-policy.md: its code is the examples' code, and its examples run and mean what it says."""

import os
import re
import subprocess
import sys
import unittest

from package_fixture import EXAMPLES, SOURCE, PackageTest

TUTORIAL = (SOURCE / "docs" / "own-policy.md").read_text()
FILES = {"python": EXAMPLES / "python" / "own_policy.py",
         "cpp": EXAMPLES / "cpp" / "own_policy.cc",
         "cmake": EXAMPLES / "cpp" / "CMakeLists.txt"}


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TUTORIAL, re.MULTILINE | re.DOTALL)


def run(script, scenario):
    return subprocess.run([sys.executable, str(script), str(scenario)], capture_output=True,
                          text=True, check=True).stdout


class Tutorial(PackageTest):
    def test_every_block_stands_in_its_example(self):
        for language, path in FILES.items():
            found = blocks(language)
            self.assertTrue(found, language)
            text = path.read_text()
            at = 0
            for block in found:
                self.assertIn(block, text[at:], f"{path}: not there, or not in this order")
                at = text.index(block, at) + len(block)
        self.assertEqual(set(re.findall(r"^```(\w+)", TUTORIAL, re.MULTILINE)), set(FILES))

    def test_the_python_blocks_alone_are_a_program(self):
        program = self.folder / "own_policy.py"
        program.write_text("\n\n".join(blocks("python")))
        printed = run(program, self.path)
        self.assertEqual(printed, run(FILES["python"], self.path))
        rows = [line.split()[0] for line in printed.splitlines()]
        self.assertEqual(rows, ["POLICY", "dto-ee", "peak-ewma", "impatient"])

    def test_packages_it_names_are_those_that_make_deps_installs(self):
        named = re.search(r"apt-get install (.*?)\n    python3 -m venv", TUTORIAL, re.DOTALL)[1]
        known = (SOURCE / "tools" / "debian-packages.txt").read_text().split()
        for package in named.replace("\\", "").split():
            self.assertIn(package, known)

    def test_links_lead_somewhere(self):
        for link in re.findall(r"\]\(([^)#]+)\)", TUTORIAL):
            self.assertTrue((SOURCE / "docs" / link).exists(), link)


class Examples(PackageTest):
    def test_what_if_has_a_row_for_every_node_and_more_load_costs_more(self):
        rows = run(EXAMPLES / "python" / "what_if.py", self.path).splitlines()[1:]
        self.assertEqual([row.split()[0] for row in rows],
                         ["nothing", *self.scenario.nodes, "load", "load", "load"])
        use = [float(row.split()[5]) for row in rows[-3:]]
        self.assertEqual(use, sorted(use))

    def test_a_bad_file_is_one_line(self):
        done = subprocess.run([sys.executable, str(FILES["python"]), str(self.folder / "none.yaml")],
                              capture_output=True, text=True, check=False, env=os.environ)
        self.assertEqual(done.returncode, 1)
        self.assertIn("ValueError: ", done.stderr.splitlines()[-1])
        self.assertIn("none.yaml", done.stderr.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
