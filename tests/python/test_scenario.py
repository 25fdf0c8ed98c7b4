"""Scenarios: read, made of dicts and arrays, written, refused."""

import copy
import math
import pickle
import unittest

import numpy as np
import offramp
import yaml

from package_fixture import SOURCE, PackageTest


class Reading(PackageTest):
    def test_a_file_says_what_the_scenario_is(self):
        scenario = self.scenario
        self.assertEqual(scenario.path, str(self.path))
        self.assertEqual(scenario.devices, ("gate", "hall", "lab", "yard"))
        self.assertEqual(scenario.nodes[:2], ("s1-a", "s1-b"))
        self.assertEqual(scenario.links[0], ("gate", "s1-a"))
        self.assertEqual(scenario.stages, 3)
        self.assertEqual(scenario.exit_stages, (1, 2))
        np.testing.assert_array_equal(scenario.tasks_per_s, [3, 5, 2, 4])
        np.testing.assert_array_equal(scenario.node_stages, [1, 1, 1, 2, 2, 2, 3, 3])
        self.assertEqual(scenario.service_rate_per_s[0], 52 / 4)
        # 60000 bytes over 40 Mbit/s and 2 ms.
        self.assertAlmostEqual(scenario.transfer_s[0], 0.012 + 0.002)

    def test_the_profile_is_the_files_as_read_only_arrays(self):
        profile = self.scenario.profile
        table = np.genfromtxt(self.folder / "campus.exits.csv", delimiter=",", names=True)
        self.assertEqual(list(profile), list(table.dtype.names))
        for name, column in profile.items():
            np.testing.assert_array_equal(column, table[name].astype(np.float32))
        with self.assertRaises(ValueError):
            profile["confidence_1"][0] = 1

    def test_a_profile_outlives_its_scenario(self):
        profile = offramp.Scenario.load(self.path).profile
        np.testing.assert_array_equal(profile["correct_3"], self.scenario.profile["correct_3"])

    def test_a_fleet_file_is_a_scenario_too(self):
        fleet = offramp.Scenario.load(SOURCE / "fleets" / "demo.yaml")
        self.assertEqual(fleet.policy, "dto-ee")
        self.assertEqual(fleet.stages, 4)


class Dicts(PackageTest):
    def test_to_dict_is_what_the_file_holds(self):
        data = self.scenario.to_dict()
        wanted = yaml.safe_load(self.path.read_text())
        for link in wanted["links"]:
            self.assertTrue(link["latency_ms"] > 0)  # written only where there is one
        data["model"] = {**data["model"], "exits": wanted["model"]["exits"]}
        self.assertEqual(data.pop("period_ms"), 100)
        self.assertEqual(data, wanted)

    def test_a_dict_makes_the_same_scenario(self):
        again = offramp.Scenario.from_dict(self.scenario.to_dict())
        run = {"seconds": 60, "thresholds": 0.7}
        self.assertEqual(offramp.simulate(again, "peak-ewma", **run).to_dict(),
                         offramp.simulate(self.scenario, "peak-ewma", **run).to_dict())

    def test_the_profile_may_be_a_file_or_arrays(self):
        data = yaml.safe_load(self.path.read_text())
        by_file = offramp.Scenario.from_dict(data, folder=self.folder)
        data["model"]["exits"] = {name: list(map(float, column))
                                  for name, column in self.scenario.profile.items()}
        by_arrays = offramp.Scenario.from_dict(data)
        for name, column in by_file.profile.items():
            np.testing.assert_array_equal(column, by_arrays.profile[name])

    def test_changes_names_that_look_like_numbers_and_numpy_values_survive(self):
        data = self.scenario.to_dict()
        data["devices"][0]["name"] = "17"
        data["devices"][0]["tasks_per_s"] = np.float64(2.5)
        for link in data["links"]:
            link["from"] = "17" if link["from"] == "gate" else link["from"]
        data["changes"] = [{"at_s": 5, "node": "s1-a", "down": True},
                           {"at_s": 9, "link": ["17", "s1-b"], "mbit_per_s": 10}]
        scenario = offramp.Scenario.from_dict(data)
        again = offramp.Scenario.from_dict(scenario.to_dict()).to_dict()
        self.assertEqual(again["changes"], data["changes"])
        self.assertEqual(again["devices"][0], {"name": "17", "tasks_per_s": 2.5})

    def test_a_measured_law_of_service_times_survives(self):
        data = self.scenario.to_dict()
        data.update(service="measured",
                    service_histogram={"edges": [0.9, 1.1, 4], "weights": [19, 1]})
        again = offramp.Scenario.from_dict(offramp.Scenario.from_dict(data).to_dict()).to_dict()
        self.assertEqual(again["service_histogram"], data["service_histogram"])

    def test_a_link_without_a_rate_takes_its_latency(self):
        fleet = offramp.Scenario.load(SOURCE / "fleets" / "demo.yaml")
        data = self.scenario.to_dict()
        data["links"][0]["mbit_per_s"] = math.inf
        scenario = offramp.Scenario.from_dict(data)
        self.assertEqual(scenario.transfer_s[0], data["links"][0]["latency_ms"] / 1e3)
        self.assertEqual(scenario.to_dict()["links"][0]["mbit_per_s"], math.inf)
        again = offramp.Scenario.from_dict(fleet.to_dict())
        np.testing.assert_array_equal(again.transfer_s, fleet.transfer_s)

    def test_what_is_saved_reads_the_same(self):
        made = offramp.generate_scenario(3, devices=5, nodes=6, stages=3, exits=1, rows=50)
        made.save(self.folder / "made.yaml")
        again = offramp.Scenario.load(self.folder / "made.yaml")
        self.assertEqual(again.links, made.links)
        np.testing.assert_array_equal(again.profile["confidence_2"], made.profile["confidence_2"])
        self.assertEqual(offramp.evaluate(again, offramp.Strategy.uniform(again)).to_dict(),
                         offramp.evaluate(made, offramp.Strategy.uniform(made)).to_dict())

    def test_a_generated_one_is_the_commands(self):
        done = self.run_command("generate-scenario", self.folder / "g.yaml", "--seed", 9, "--nodes",
                                10, "--load", 0.5)
        self.assertEqual(done.returncode, 0, done.stderr)
        offramp.generate_scenario(9, nodes=10, load=0.5).save(self.folder / "h.yaml")
        self.assertEqual((self.folder / "h.exits.csv").read_text(),
                         (self.folder / "g.exits.csv").read_text())
        self.assertEqual((self.folder / "h.yaml").read_text(),
                         (self.folder / "g.yaml").read_text().replace("g.exits", "h.exits"))

    def test_pickles_for_other_processes(self):
        again = pickle.loads(pickle.dumps(self.scenario))
        self.assertEqual(again.path, self.scenario.path)
        self.assertEqual(again.links, self.scenario.links)


class Refusals(PackageTest):
    def test_a_bad_file_is_the_commands_line(self):
        text = self.path.read_text()
        for change in (("stage: 3, gflops", "stage: 9, gflops"), ("tasks_per_s: 5", "tasks_per_s: .nan"),
                       ("version: 1", "version: 2"), ("from: yard, to: s1-a", "from: yrd, to: s1-a"),
                       ("campus.exits.csv\n", "none.csv\n"), ("devices:", "devices: [")):
            self.path.write_text(text.replace(*change))
            self.assert_refused(self.command_error("plan", self.path), offramp.Scenario.load,
                                self.path)
        self.assert_refused(self.command_error("plan", self.folder / "none.yaml"),
                            offramp.Scenario.load, self.folder / "none.yaml")

    def test_a_bad_dict_says_which_key(self):
        good = self.scenario.to_dict()

        def refused(message, change):
            data = copy.deepcopy(good)
            change(data)
            self.assert_refused(message, offramp.Scenario.from_dict, data)

        refused('scenario: nodes[2].stage: is "9", expected an integer from 1 to 3',
                lambda d: d["nodes"][2].update(stage=9))
        refused('scenario: devices[1].tasks_per_s: is "NaN", expected a number from 0 to 1000000000',
                lambda d: d["devices"][1].update(tasks_per_s=math.nan))
        refused("exits: lacks correct_2, expected confidence_1,correct_1,confidence_2,correct_2,"
                "correct_3", lambda d: d["model"]["exits"].pop("correct_2"))
        refused("exits: confidence_1[0]: is 1.5, expected a number from 0 to 1",
                lambda d: d["model"]["exits"].update(confidence_1=[1.5] + [0.5] * 499))
        refused("exits: correct_3 has 2 rows, expected 500",
                lambda d: d["model"]["exits"].update(correct_3=[0, 1]))
        refused("exits: correct_3: expected numbers",
                lambda d: d["model"]["exits"].update(correct_3=["yes", "no"]))
        for data in (None, [], "text", {}, {"model": 3}, {"version": 1, "model": None}):
            with self.assertRaisesRegex(ValueError, "^scenario: .*expected"):
                offramp.Scenario.from_dict(data)

    def test_arguments_out_of_range(self):
        self.assert_refused("generator: load must be > 0 and < 1", offramp.generate_scenario, load=2)
        self.assert_refused("seed: is -1, expected a whole number from 0 to 18446744073709551615",
                            offramp.generate_scenario, -1)
        self.assert_refused("law: is 'odd', expected exponential or deterministic",
                            offramp.generate_scenario, law="odd")
        with self.assertRaises(TypeError):
            offramp.Scenario()


if __name__ == "__main__":
    unittest.main()
