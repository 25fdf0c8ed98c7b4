"""The installed libraries: the examples build against them alone, and say what Python's say."""

import os
import subprocess
import sys
import unittest

from install_fixture import BUILD, CMAKE, SOURCE, InstallTest

EXAMPLES = SOURCE / "examples"
COMPILER = [f"-DCMAKE_CXX_COMPILER={os.environ.get('OFFRAMP_CXX', 'g++')}",
            f"-DCMAKE_CXX_COMPILER_LAUNCHER={os.environ.get('OFFRAMP_CXX_LAUNCHER', '')}"]
# What the program needs and the libraries do not.
HEAVY = ("grpc", "protobuf", "onnxruntime", "absl", "boost", "prometheus")


class Package(InstallTest):
    component = "libraries"

    def test_holds_headers_libraries_and_the_cmake_package(self):
        files = self.installed()
        for library in ("base", "core", "optimize", "simulate", "model", "files"):
            self.assertTrue(any(name.endswith(f"/libofframp_{library}.a") for name in files))
            self.assertTrue((self.prefix / "include" / "offramp" / library).is_dir())
        for name in files:
            self.assertRegex(name, r"\.(h|a|cmake)$")
        for path in self.prefix.rglob("*.cmake"):
            text = path.read_text()
            self.assertNotIn(str(SOURCE), text)
            for word in HEAVY:
                self.assertNotIn(word, text.lower())

    def test_the_examples_build_against_it_and_print_what_pythons_print(self):
        build = self.folder / "examples"
        self.run_here(CMAKE, "-G", "Ninja", "-S", EXAMPLES / "cpp", "-B", build,
                      f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_BUILD_TYPE=Release", *COMPILER)
        self.run_here(CMAKE, "--build", build)
        scenario = EXAMPLES / "campus.yaml"
        for example in ("own_policy", "what_if"):
            printed = self.run_here(build / example, scenario)
            self.assertGreater(printed.count("\n"), 3)
            needed = self.run_here("ldd", build / example).lower()
            for word in HEAVY:
                self.assertNotIn(word, needed)
            if (BUILD / "python" / "offramp").is_dir():
                python = subprocess.run(
                    [sys.executable, str(EXAMPLES / "python" / f"{example}.py"), str(scenario)],
                    capture_output=True, text=True, check=True,
                    env={**os.environ, "PYTHONPATH": str(BUILD / "python")})
                self.assertEqual(printed, python.stdout)

    def test_a_user_without_files_needs_neither_yaml_nor_openssl(self):
        project = self.folder / "user"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(user LANGUAGES CXX)\n"
            "find_package(offramp REQUIRED)\nadd_executable(user user.cc)\n"
            "target_link_libraries(user PRIVATE offramp::offramp)\n")
        (project / "user.cc").write_text(
            '#include "offramp/optimize/generate_scenario.h"\n'
            '#include "offramp/optimize/plan.h"\n'
            "int main() {\n"
            "  const auto scenario = offramp::GenerateScenario({.devices = 4, .nodes = 4});\n"
            "  const auto problem = offramp::ProblemOf(*scenario);\n"
            "  return offramp::MakePlan(*problem, {.policy = offramp::Policy::kOptimum}).ok() ? 0 : 1;\n"
            "}\n")
        build = self.folder / "user-build"
        self.run_here(CMAKE, "-G", "Ninja", "-S", project, "-B", build,
                      f"-DCMAKE_PREFIX_PATH={self.prefix}", *COMPILER)
        self.run_here(CMAKE, "--build", build)
        self.run_here(build / "user")
        needed = self.run_here("ldd", build / "user")
        self.assertNotIn("yaml", needed)
        self.assertNotIn("crypto", needed)


class LibrariesOnly(InstallTest):
    component = "libraries"

    def test_looks_for_nothing_else(self):
        build = self.folder / "libraries"
        self.run_here(CMAKE, "-G", "Ninja", "-S", SOURCE, "-B", build, "-DOFFRAMP_LIBRARIES_ONLY=ON",
                      "-DOFFRAMP_PYTHON_MODULE=OFF", *COMPILER)
        # Names of what was looked for; comments and values aside.
        looked_for = " ".join(line.partition("=")[0].lower()
                              for line in (build / "CMakeCache.txt").read_text().splitlines()
                              if not line.startswith(("#", "/")))
        self.assertIn("ipopt", looked_for)
        for word in (*HEAVY, "gtest", "pybind11", "protoc"):
            self.assertNotIn(word, looked_for)


if __name__ == "__main__":
    unittest.main()
