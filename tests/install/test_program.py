"""The installed program runs from where it is, without the build or the sources."""

import os
import unittest

from install_fixture import InstallTest


class Program(InstallTest):
    component = "program"

    def test_runs_and_finds_its_models_and_fleets(self):
        program = self.prefix / "bin" / "offramp"
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder),
               "XDG_RUNTIME_DIR": str(self.folder)}
        self.assertRegex(self.run_here(program, "version", env=env), r"\d+\.\d+")
        fleet = self.prefix / "share" / "offramp" / "fleets" / "demo.yaml"
        planned = self.run_here(program, "plan", fleet, "--policy", "round-robin", env=env)
        self.assertIn("s4-b", planned)
        # Its libraries are the system's or its own.
        for line in self.run_here("ldd", program, env=env).splitlines():
            self.assertNotIn("not found", line)
            self.assertNotIn("third_party", line)

    def test_completions_lie_where_shells_look(self):
        files = self.installed()
        for name in ("share/bash-completion/completions/offramp",
                     "share/zsh/site-functions/_offramp",
                     "share/fish/vendor_completions.d/offramp.fish"):
            self.assertIn(name, files)


if __name__ == "__main__":
    unittest.main()
