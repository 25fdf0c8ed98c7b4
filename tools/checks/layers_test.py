"""The layer check finds each kind of violation, and nothing in a tree that has none."""

import unittest

import layers
from source_tree_test import make_tree

CLEAN = {
    "offramp/base/status.h": "#pragma once\n#include <string>\n",
    "offramp/base/README.md": "base\n",
    "offramp/core/cost.h": '#pragma once\n#include "offramp/base/status.h"\n',
    "offramp/core/README.md": "core\n",
    "offramp/wire/transport.cc": '#include "offramp/v1/node.pb.h"\n#include <grpcpp/grpcpp.h>\n',
    "offramp/wire/README.md": "wire\n",
}


class LayersTest(unittest.TestCase):
    def findings(self, changes):
        with make_tree({**CLEAN, **changes}) as folder:
            return layers.check(folder)

    def assert_found(self, changes, *parts):
        findings = self.findings(changes)
        self.assertEqual(len(findings), 1, findings)
        for part in parts:
            self.assertIn(part, findings[0])

    def test_clean_tree(self):
        self.assertEqual(self.findings({}), [])

    def test_upward_include(self):
        text = '#include "offramp/core/cost.h"\n'
        self.assert_found({"offramp/base/x.cc": text}, "offramp/base/x.cc:1", "may not include core")

    def test_sideways_include(self):
        self.assert_found(
            {
                "offramp/node/x.cc": '#include "offramp/optimize/y.h"\n',
                "offramp/node/README.md": "node\n",
            },
            "node may not include optimize",
        )

    def test_the_program_may_include_all(self):
        includes = "".join(f'#include "offramp/{name}/x.h"\n' for name in layers.LIBRARIES)
        self.assertEqual(
            self.findings({"offramp/cli/x.cc": includes, "offramp/cli/README.md": "cli\n"}), []
        )

    def test_heavy_type_in_a_header_that_installs_alone(self):
        for name in ("<nlohmann/json.hpp>", "<grpcpp/grpcpp.h>", '"offramp/v1/node.pb.h"',
                     "<onnxruntime_cxx_api.h>", "<google/protobuf/message.h>"):
            header = f"#pragma once\n#include {name}\n"
            with self.subTest(name):
                self.assert_found({"offramp/base/x.h": header}, "install alone")
                self.assertEqual(self.findings({"offramp/wire/x.h": header}), [])

    def test_examples_and_the_python_package_use_what_is_installed(self):
        for folder in ("examples/cpp", "python/native"):
            self.assertEqual(
                self.findings({f"{folder}/x.cc": '#include "offramp/core/cost.h"\n'}), [])
            self.assert_found({f"{folder}/x.cc": '#include "offramp/wire/frame.h"\n'},
                              "may only include what installs alone", "wire")

    def test_threads_in_the_core(self):
        self.assert_found({"offramp/core/x.cc": "#include <mutex>\n"}, "core has no threads")

    def test_include_beside_itself(self):
        self.assert_found({"offramp/core/x.cc": '#include "cost.h"\n'}, "offramp/core/cost.h")

    def test_tests_are_not_for_production(self):
        self.assert_found({"offramp/core/x.cc": '#include "tests/fakes/f.h"\n'}, "may not include")

    def test_header_without_guard(self):
        self.assert_found({"offramp/core/x.h": "int x;\n"}, "#pragma once")

    def test_one_name_for_two_types(self):
        guard = "#pragma once\n"
        self.assert_found({"offramp/core/x.h": guard + "struct Plan {\n};\n",
                           "offramp/wire/y.h": guard + "class Plan final : public Base {\n};\n"},
                          "offramp/wire/y.h:2", "Plan is a type in offramp/core/x.h:2")
        self.assertEqual(self.findings({"offramp/core/x.h": guard + "class Plan {\n};\n",
                                        "offramp/core/y.h": guard + "class Plan;\n",
                                        "offramp/core/z.h": guard + "struct Plan::Part {\n};\n"}), [])

    def test_long_file(self):
        self.assertEqual(self.findings({"offramp/core/x.cc": "\n" * layers.MAX_LINES}), [])
        text = "\n" * (layers.MAX_LINES + 1)
        self.assert_found({"offramp/core/x.cc": text}, f"{layers.MAX_LINES + 1} lines")

    def test_unfinished_business(self):
        word = "TO" + "DO"
        self.assert_found({"tests/unit/core/x.cc": f"// {word}: more\n"}, "x.cc:1", "finish it")

    def test_folder_without_readme(self):
        self.assert_found({"offramp/files/x.cc": "\n"}, "offramp/files", "README.md is missing")

    def test_folder_that_the_table_does_not_know(self):
        self.assert_found(
            {"offramp/utils/x.cc": "\n", "offramp/utils/README.md": "utils\n"}, "not in the table"
        )


if __name__ == "__main__":
    unittest.main()
