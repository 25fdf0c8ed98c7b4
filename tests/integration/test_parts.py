"""Parts that leave, die, freeze and come back while requests are under way."""

import json
import os
import signal
import unittest

from fleet_fixture import NODES, SPEED, FleetTest, is_alive, wait_for


class Parts(FleetTest):
    def bench(self, seconds, rate=40):
        return self.start("bench", self.fleet, "--data", "random", "--rate", rate, "--seconds",
                          seconds, "--json")

    def finish(self, bench):
        """The result of a bench that must not have lost anything."""
        out, err = bench.communicate(timeout=90)
        self.assertEqual(bench.returncode, 0, out + err)
        result = json.loads(out)
        self.assertEqual(result["failed"], 0)
        self.assertEqual(result["answered"] + result["refused"], result["requests"])
        return result

    def pid(self, name):
        return self.status()[name]["pid"]

    def restart(self, name):
        self.start("node", self.fleet, "--name", name)
        return self.wait_ready(name)[name]["pid"]

    def test_drain_ends_the_process_without_loss_and_a_new_one_takes_over(self):
        self.up()
        bench = self.bench(4)
        pid = self.pid("s2-a")
        self.run_command("drain", self.fleet, "s2-a")
        wait_for(lambda: not is_alive(pid), what="drained node ends")
        self.assertEqual(self.status()["s2-a"]["state"], "down")
        self.restart("s2-a")
        self.finish(bench)

    def test_a_killed_node_costs_no_task(self):
        self.up()
        bench = self.bench(4)
        wait_for(lambda: self.status()["s2-b"]["arrival_rate_tasks_per_s"] > 1, what="traffic")
        os.kill(self.pid("s2-b"), signal.SIGKILL)
        wait_for(lambda: self.status()["s2-b"]["state"] == "down", what="death")
        self.restart("s2-b")
        self.finish(bench)

    def test_a_frozen_node_costs_no_task(self):
        self.up()
        bench = self.bench(4)
        pid = self.pid("s1-a")
        os.kill(pid, signal.SIGSTOP)
        self.assertEqual(self.status()["s1-a"]["state"], "silent")
        result = self.finish(bench)
        os.kill(pid, signal.SIGCONT)
        self.assertLess(result["delay_s"]["max"], 10)

    def test_tasks_wait_for_the_only_replica_of_a_stage(self):
        fleet = self.up()
        os.kill(self.pid("s3-a"), signal.SIGKILL)
        bench = self.start("bench", self.fleet, "--data", "random", "--rate", 10, "--seconds", 1,
                           "--no-early-exit", "--json")
        wait_for(lambda: bench.poll() is not None or
                 self.status()["gw0"]["arrival_rate_tasks_per_s"] > 1, what="traffic")
        self.restart("s3-a")
        result = self.finish(bench)
        self.assertEqual(result["exit_share"], {"3": 1.0})
        self.infer(fleet["gateways"][0]["http"], early_exit=False)

    def test_a_slowed_node_recovers(self):
        self.up()
        metrics = self.status()["s2-a"]["metrics"]
        code, text = self.fetch(metrics, f"/speed?gflops_per_s={SPEED / 4}", b"")
        self.assertEqual(code // 100, 2, text)
        self.finish(self.bench(2, rate=20))
        self.assertEqual(self.fetch(metrics, f"/speed?gflops_per_s={SPEED}", b"")[0] // 100, 2)

    def test_a_gateway_that_drains_answers_what_it_took(self):
        self.up()
        pid = self.pid("gw1")
        target = self.status()["gw0"]["grpc"]
        bench = self.start("bench", "--target", target, "--data", "random", "--rate", 30,
                           "--seconds", 3, "--json")
        self.run_command("drain", self.fleet, "gw1")
        wait_for(lambda: not is_alive(pid), what="drained gateway ends")
        self.finish(bench)

    def test_every_hop_logs_a_request_under_its_id_and_trace(self):
        fleet = self.up()
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        reply = self.infer(fleet["gateways"][0]["http"], early_exit=False,
                           headers={"x-request-id": "hello-2", "traceparent": trace})
        for name in ["gw0"] + reply["parameters"]["path"].split(","):
            log = self.state_folder / "logs" / f"{name}.log"
            wait_for(lambda log=log: f"request=hello-2 trace={trace} " in log.read_text(),
                     what=f"a line in {log}")

    def test_commands_for_parts_name_what_is_wrong(self):
        self.up()
        unknown = self.run_command("drain", self.fleet, "s9-z", check=False)
        self.assertEqual(unknown.returncode, 2)
        for name in NODES:
            self.assertIn(name, unknown.stderr)
        twice = self.run_command("node", self.fleet, "--name", "s1-a", check=False)
        self.assertEqual(twice.returncode, 1)
        self.assertIn("runs already", twice.stderr)
        wrong = self.run_command("node", self.fleet, "--name", "gw0", check=False)
        self.assertEqual(wrong.returncode, 2)


if __name__ == "__main__":
    unittest.main()
