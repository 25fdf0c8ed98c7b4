"""Starting, looking at and stopping a fleet; by hand, in the foreground, and after crashes."""

import json
import os
import signal
import socket
import unittest

from fleet_fixture import GATEWAYS, NODES, FleetTest, is_alive, wait_for


class UpDown(FleetTest):
    def pids(self, fleet):
        return [part["pid"] for part in fleet["gateways"] + fleet["nodes"]]

    def assert_nothing_left(self, pids):
        for pid in pids:
            self.assertFalse(is_alive(pid), pid)
        self.assertFalse((self.folder / ".offramp").exists())

    def test_up_prints_the_fleet_and_down_leaves_nothing(self):
        fleet = self.up()
        self.assertEqual([g["name"] for g in fleet["gateways"]], GATEWAYS)
        self.assertEqual([n["name"] for n in fleet["nodes"]], NODES)
        self.assertEqual([n["stage"] for n in fleet["nodes"]], [1, 1, 2, 2, 3])
        for part in fleet["gateways"] + fleet["nodes"]:
            self.assertEqual(self.fetch(part["metrics"], "/readyz")[0], 200)
        answer = self.infer(fleet["gateways"][0]["http"])
        self.assertEqual(answer["model_name"], "tiny")
        self.run_command("down", self.fleet)
        self.assert_nothing_left(self.pids(fleet))
        self.assertEqual(self.run_command("down", self.fleet).returncode, 0)  # again: fine

    def test_status_shows_every_part(self):
        self.up()
        status = self.wait_ready()
        self.assertEqual(set(status), set(GATEWAYS + NODES))
        for name in ["s1-a", "s2-b"]:
            for key in ["offloading", "threshold", "arrival_rate_tasks_per_s", "utilisation",
                        "queue_length", "state"]:
                self.assertIn(key, status[name])
        self.assertAlmostEqual(sum(status["gw0"]["offloading"].values()), 1, places=6)
        table = self.run_command("status", self.fleet).stdout
        for name in GATEWAYS + NODES:
            self.assertIn(name, table)
        self.assertIn("s3-a", self.run_command("top", self.fleet).stdout)

    def test_a_fleet_that_is_up_is_not_started_twice(self):
        fleet = self.up()
        again = self.run_command("up", self.fleet, "-d", check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("up already", again.stderr)
        for pid in self.pids(fleet):
            self.assertTrue(is_alive(pid))

    def test_overrides_reach_every_part_also_later_ones(self):
        self.up("--policy", "round-robin", "--thresholds", "0.3")
        self.assertEqual({p["policy"] for p in self.wait_ready().values()}, {"round-robin"})
        self.run_command("drain", self.fleet, "s2-a")
        wait_for(lambda: self.status()["s2-a"]["state"] == "down", what="drain")
        self.start("node", self.fleet, "--name", "s2-a")
        back = self.wait_ready("s2-a")["s2-a"]
        self.assertEqual(back["policy"], "round-robin")
        self.assertAlmostEqual(back["threshold"], 0.3)

    def test_interrupt_drains_a_foreground_fleet(self):
        up = self.start("up", self.fleet, "--json")
        text = ""
        while not text.endswith("\n}\n"):
            line = up.stdout.readline()
            self.assertTrue(line, "up ended early")
            text += line
        pids = self.pids(json.loads(text))
        up.send_signal(signal.SIGINT)
        self.assertEqual(up.wait(100), 0)
        self.assert_nothing_left(pids)

    def test_a_foreground_up_reports_who_dies_and_goes_on(self):
        up = self.start("up", self.fleet, "--json")
        self.assertEqual(up.stdout.readline(), "{\n")  # printed once all are ready
        status = self.status()
        os.kill(status["s2-b"]["pid"], signal.SIGKILL)
        wait_for(lambda: self.status()["s2-b"]["state"] == "down", what="death")
        self.assertIsNone(up.poll())
        self.run_command("down", self.fleet)
        self.assertEqual(up.wait(100), 0)
        self.assertIn("s2-b died, signal 9", up.stderr.read())

    def test_down_after_everything_was_killed(self):
        fleet = self.up()
        self.kill_all(self.pids(fleet))
        self.run_command("down", self.fleet)
        self.assert_nothing_left(self.pids(fleet))

    def test_up_after_everything_was_killed(self):
        self.kill_all(self.pids(self.up()))
        fleet = self.up()
        self.infer(fleet["gateways"][1]["http"])

    def test_down_never_touches_a_recycled_process_id(self):
        self.up()
        path = self.state_folder / "parts/s1-a.json"
        part = json.loads(path.read_text())
        (self.state_folder / "pids/s1-a.json").unlink()
        # As if s1-a had died and its id had been given to somebody else: to this very test.
        path.write_text(json.dumps(dict(part, pid=os.getpid(), start_ticks=1)))
        self.run_command("down", self.fleet)
        os.kill(part["pid"], signal.SIGKILL)

    def test_down_ends_a_frozen_part(self):
        fleet = self.up()
        os.kill(self.pids(fleet)[-1], signal.SIGSTOP)
        self.run_command("down", self.fleet, "--timeout", "3")
        self.assert_nothing_left(self.pids(fleet))


class UpFails(FleetTest):
    def assert_fails(self, *expected):
        done = self.run_command("up", self.fleet, "-d", "--json", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        for text in expected:
            self.assertIn(text, done.stderr)
        self.assertFalse((self.folder / ".offramp").exists())
        return done

    def test_a_port_in_use_is_named_with_its_part(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.write_fleet(change=lambda text: text.replace(
                '{name: s2-a, stage: 2, listen: "127.0.0.1:0"',
                '{name: s2-a, stage: 2, listen: "%s"' % address))
            self.assertEqual(self.assert_fails("s2-a", address).returncode, 1)

    def test_a_missing_bundle_is_named(self):
        self.write_fleet(bundle="/nonexistent/bundle")
        self.assert_fails("/nonexistent/bundle")

    def test_a_malformed_file_is_wrong_input_and_starts_nothing(self):
        self.write_fleet(extra="polcy: dto-ee\n")
        done = self.assert_fails("fleet.yaml", "polcy")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1)

    def test_addresses_beyond_loopback_need_insecure(self):
        self.write_fleet(change=lambda text: text.replace(
            'name: gw0, http: "127.0.0.1:0"', 'name: gw0, http: "0.0.0.0:0"'))
        self.assertEqual(self.assert_fails("--insecure").returncode, 2)
        self.up("--insecure")


if __name__ == "__main__":
    unittest.main()
