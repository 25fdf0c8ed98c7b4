"""`offramp plan` on what a running fleet measures."""

import json
import unittest

from fleet_fixture import FleetTest


class PlanLive(FleetTest):
    def test_rates_and_speeds_come_from_the_fleet(self):
        # s1-b has no speed of its own in the file: only the running fleet knows it.
        self.write_fleet(change=lambda text: text.replace(
            "- {name: s1-b, stage: 1, listen: \"127.0.0.1:0\", gflops_per_s: 1.92e-05}",
            "- {name: s1-b, stage: 1, listen: \"127.0.0.1:0\"}"))
        alone = self.run_command("plan", self.fleet, check=False)
        self.assertEqual((alone.returncode, alone.stdout), (2, ""))
        self.assertIn('node "s1-b" has no gflops_per_s', alone.stderr)
        refused = self.run_command("plan", "--live", self.fleet, check=False)
        self.assertIn("is not up", refused.stderr)

        self.up()
        self.run_command("bench", self.fleet, "--data", "random", "--rate", 30, "--seconds", 3,
                         "--json")
        plan = json.loads(self.run_command("plan", "--live", self.fleet, "--json", "--restarts", 0,
                                           "--no-certificate").stdout)
        self.assertGreater(plan["predicted"]["mean_delay_s"], 0)
        for part in ["gw0", "gw1", "s1-a", "s1-b", "s2-a", "s2-b"]:
            self.assertIn(part, plan["live"]["offloading"])
        self.assertAlmostEqual(
            plan["live"]["above_plan_s"],
            plan["live"]["predicted"]["objective_s"] - plan["predicted"]["objective_s"])

        status = self.folder / "status.json"
        status.write_text(self.run_command("status", self.fleet, "--json").stdout)
        text = self.run_command("plan", self.fleet, "--status", status, "--restarts", 0,
                                "--no-certificate").stdout
        self.assertIn("above this plan's", text)
        status.write_text("{}")
        bad = self.run_command("plan", self.fleet, "--status", status, check=False)
        self.assertEqual((bad.returncode, bad.stdout), (2, ""))
        self.assertIn("is not a status", bad.stderr)


if __name__ == "__main__":
    unittest.main()
