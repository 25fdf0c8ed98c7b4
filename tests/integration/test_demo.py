"""The demo at small scale: every event happens, nothing is lost, the report is whole."""

import json
import pathlib
import re
import unittest

from fleet_fixture import SOURCE, FleetTest

IMAGES = pathlib.Path("/usr/share/datasets/fashion-mnist")


@unittest.skipUnless(IMAGES.exists(), "needs Debian's dataset-fashion-mnist")
class Demo(FleetTest):
    def test_two_policies_end_with_a_table_and_a_report(self):
        report = self.folder / "report.html"
        # A copy: the shipped one may be running for somebody who looks at it.
        shipped = (SOURCE / "fleets/demo.yaml").read_text()
        self.fleet.write_text(shipped.replace("../models", str(SOURCE / "models")))
        done = self.run_command(
            "demo", self.fleet, "--policies", "dto-ee,round-robin", "--seconds",
            8, "--rate", 40, "--report", report, check=False, timeout=150)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for word in ["quiet", "surge", "kill", "slow", "whole", "dto-ee", "round-robin"]:
            self.assertIn(word, done.stdout)
        page = report.read_text()
        data = json.loads(re.search(r'id="data">(.*?)</script>', page).group(1))
        self.assertEqual([p["name"] for p in data["policies"]], ["dto-ee", "round-robin"])
        self.assertEqual(len(data["events"]), 4)
        for policy in data["policies"]:
            self.assertEqual(policy["trouble"], [])
            parts = {part["name"]: part for part in policy["parts"]}
            self.assertEqual(len(parts), 14)
            self.assertTrue(any(any(shares) for shares in parts["gw0"]["shares"].values()))
        whole = [row for row in data["table"] if row["part"] == "whole"]
        for row in whole:
            self.assertEqual(row["lost"], 0)
            self.assertGreater(row["accuracy"], 0.7)
        # The same arrivals for everybody.
        self.assertEqual(whole[0]["requests"], whole[1]["requests"])


if __name__ == "__main__":
    unittest.main()
