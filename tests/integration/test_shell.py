"""What a shell sees: completion files that are up to date, help, exit codes."""

import os
import subprocess
import unittest

from fleet_fixture import BINARY, SOURCE

COMPLETIONS = {"bash": "offramp.bash", "zsh": "_offramp", "fish": "offramp.fish"}


class Shell(unittest.TestCase):
    def run_command(self, *words, **options):
        return subprocess.run([BINARY, *words], capture_output=True, text=True, check=False,
                              timeout=20, **options)

    def test_shipped_completion_is_what_the_program_prints(self):
        for shell, name in COMPLETIONS.items():
            printed = self.run_command("completion", shell).stdout
            self.assertEqual((SOURCE / "completions" / name).read_text(), printed,
                             f"run: offramp completion {shell} > completions/{name}")

    def test_every_command_has_help_with_examples(self):
        listed = self.run_command("--help").stdout
        for command in ["demo", "up", "down", "status", "top", "drain", "node", "gateway", "bench",
                        "plan", "simulate", "generate-scenario", "reproduce", "exits", "completion",
                        "version"]:
            self.assertIn(f"\n  {command} ", listed)
            done = self.run_command(command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Examples:\n  ", done.stdout)
            self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)

    def test_no_colour_and_no_progress_without_a_terminal(self):
        done = self.run_command("--help", env=dict(os.environ, TERM="xterm"))
        self.assertNotIn("\x1b", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
