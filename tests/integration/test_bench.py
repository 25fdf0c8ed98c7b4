"""The load generator's numbers against a fleet whose speed is known."""

import json
import unittest

from fleet_fixture import FleetTest


class Bench(FleetTest):
    def bench(self, *words, check=True):
        done = self.run_command("bench", self.fleet, "--data", "random", "--json", *words,
                                check=check)
        return json.loads(done.stdout)

    def test_an_open_loop_sends_what_was_asked_for(self):
        self.up()
        result = self.bench("--arrivals", "even", "--rate", 20, "--seconds", 2)
        self.assertEqual(result["requests"], 40)
        self.assertEqual(result["answered"], 40)
        self.assertEqual(result["model"], "tiny")
        self.assertIsNone(result["accuracy"])
        self.assertAlmostEqual(sum(result["exit_share"].values()), 1)
        self.assertGreater(result["delay_s"]["p50"], 0.009)  # a stage takes 10 ms at least
        self.assertGreaterEqual(result["delay_s"]["p99"], result["delay_s"]["p50"])

    def test_steps_trace_and_rows(self):
        self.up()
        steps = self.bench("--arrivals", "even", "--steps", "1x10,1x30")
        self.assertEqual(steps["requests"], 40)
        trace = self.folder / "trace.txt"
        trace.write_text("# s\n0\n0.1\n0.2\n")
        self.assertEqual(self.bench("--trace", trace)["requests"], 3)
        rows = self.bench("--arrivals", "even", "--rate", 40, "--rows", 4, "--seconds", 1)
        self.assertEqual((rows["requests"], rows["rows_answered"]), (10, 40))

    def test_the_same_seed_offers_the_same_requests(self):
        self.up()
        offered = []
        for _ in range(2):
            records = self.folder / "records.json"
            self.bench("--rate", 40, "--seconds", 1, "--seed", 7, "--records", records)
            columns = json.loads(records.read_text())
            offered.append((columns["due_s"], columns["target"], columns["sample"]))
        self.assertEqual(offered[0], offered[1])

    def test_delay_counts_from_the_due_time(self):
        # One stage of one node takes 10 ms: 20 requests due at once wait for one another.
        self.up("--policy", "no-exit")
        trace = self.folder / "burst.txt"
        trace.write_text("0\n" * 20)
        result = self.bench("--trace", trace)
        self.assertGreater(result["delay_s"]["max"], 0.19)  # the last stage has one node

    def test_a_closed_loop_and_no_early_exit(self):
        self.up()
        result = self.bench("--outstanding", 2, "--seconds", 1, "--no-early-exit")
        self.assertEqual(result["loop"], "closed")
        self.assertEqual(result["exit_share"], {"3": 1.0})
        self.assertGreater(result["answered"], 5)

    def test_images_must_fit_the_model(self):
        self.up()
        done = self.run_command("bench", self.fleet, "--seconds", 1, check=False)
        self.assertNotEqual(done.returncode, 0)

    def test_a_fleet_that_is_not_up(self):
        done = self.run_command("bench", self.fleet, "--data", "random", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no gateway runs", done.stderr)


if __name__ == "__main__":
    unittest.main()
