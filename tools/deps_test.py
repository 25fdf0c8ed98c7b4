"""What `make deps` does when something is missing, with apt, sudo and npm replaced by fakes."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent


class Sandbox:
    """A copy of the scripts in an empty tree, with fake programs first on the PATH."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self._folder.name)
        (self.root / "tools").mkdir()
        (self.root / "tests").mkdir()
        for name in ("deps.sh", "onnxruntime.sh", "debian-packages.txt"):
            shutil.copy(TOOLS / name, self.root / "tools")
        self.bin = self.root / "bin"
        self.bin.mkdir()
        self.fake("uname", 'echo "${FAKE_MACHINE:-x86_64}"')

    def fake(self, name, body, folder=None):
        path = (folder or self.bin) / name
        path.write_text(f"#!/bin/bash\n{body}\n")
        path.chmod(0o755)

    def run(self, script, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("OFFRAMP_")}
        return subprocess.run(
            [str(self.root / "tools" / script)],
            env={
                **clean,
                "PATH": f"{self.bin}:{os.environ['PATH']}",
                "XDG_CACHE_HOME": str(self.root / "cache"),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()


class PackagesTest(unittest.TestCase):
    def sandbox(self, user_id):
        box = Sandbox()
        box.fake("id", f"echo {user_id}")
        # All packages but two are there.
        box.fake(
            "dpkg-query",
            'for name in "${@:4}"; do\n'
            '  [[ $name == haproxy || $name == ccache ]] || echo "installed $name"\n'
            "done",
        )
        box.fake("apt-get", f'echo "$@" >>"{box.root}/apt-calls"')
        box.fake("sudo", "exit 1")
        for script in ("onnxruntime.sh", "python_env.sh"):
            box.fake(script, "exit 0", box.root / "tools")
        return box

    def test_root_installs_only_what_is_missing(self):
        with self.sandbox(0) as box:
            result = box.run("deps.sh")
            self.assertEqual(result.returncode, 0, result.stdout)
            calls = (box.root / "apt-calls").read_text()
            self.assertIn("update", calls)
            self.assertIn("install -y --no-install-recommends ccache haproxy\n", calls)

    def test_without_rights_the_command_for_an_administrator(self):
        with self.sandbox(1000) as box:
            result = box.run("deps.sh")
            self.assertEqual(result.returncode, 1)
            self.assertIn(
                "apt-get update && apt-get install -y --no-install-recommends ccache haproxy",
                result.stdout,
            )
            self.assertFalse((box.root / "apt-calls").exists())

    def test_own_packages(self):
        with self.sandbox(1000) as box:
            self.assertEqual(box.run("deps.sh", OFFRAMP_SKIP_PACKAGES="1").returncode, 0)

    def test_a_failing_apt_shows_its_words(self):
        with self.sandbox(0) as box:
            box.fake("apt-get", "echo no route to the archive; exit 100")
            result = box.run("deps.sh")
            self.assertEqual(result.returncode, 1)
            self.assertIn("no route to the archive", result.stdout)


def system_has_onnxruntime():
    return any(
        any(pathlib.Path(prefix, "include").glob("**/onnxruntime_cxx_api.h"))
        for prefix in ("/usr", "/usr/local")
    )


@unittest.skipIf(system_has_onnxruntime(), "the system's ONNX Runtime is taken")
class OnnxRuntimeTest(unittest.TestCase):
    def test_a_package_with_other_content_is_refused(self):
        with Sandbox() as box:
            box.fake(
                "npm",
                'while [[ $1 != --pack-destination ]]; do shift; done\n'
                'echo junk >"$2/com.github.asus4.onnxruntime-0.4.9.tgz"',
            )
            result = box.run("onnxruntime.sh")
            self.assertEqual(result.returncode, 1)
            self.assertIn("not the file this project pinned", result.stdout)
            self.assertFalse((box.root / "third_party/onnxruntime").exists())
            left = list((box.root / "cache/offramp").iterdir())
            self.assertEqual(left, [], "nothing unchecked may stay in the cache")

    def test_no_network(self):
        with Sandbox() as box:
            box.fake("npm", "echo cannot reach the registry; exit 1")
            result = box.run("onnxruntime.sh")
            self.assertEqual(result.returncode, 1)
            self.assertIn("cannot reach the registry", result.stdout)

    def test_unknown_machine(self):
        with Sandbox() as box:
            result = box.run("onnxruntime.sh", FAKE_MACHINE="riscv64")
            self.assertEqual(result.returncode, 1)
            self.assertIn("no pinned ONNX Runtime for riscv64", result.stdout)


if __name__ == "__main__":
    unittest.main()
