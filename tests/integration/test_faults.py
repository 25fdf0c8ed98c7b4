"""One fault at a time on a real fleet: nothing accepted is lost, nothing hangs, and what recovers does
so in time. `test_chaos.py` has many at once.

OFFRAMP_FAULT_SEED changes the requests.
"""

import concurrent.futures
import http.client
import os
import signal
import socket
import threading
import time
import unittest

import grpc
import numpy as np

from faults import oip
from faults.fault_test import FaultTest
from faults.load import GRACE_SECONDS, Load
from faults.processes import Frozen, exit_code
from fleet_fixture import is_alive, wait_for

SEED = int(os.environ.get("OFFRAMP_FAULT_SEED", "1"))
DEADLINE_SECONDS = 20


class SingleFaults(FaultTest):
    """Slow fleets leave time to act while tasks are held."""

    def setUp(self):
        super().setUp()
        self.numbers = np.random.default_rng(SEED)
        self.pool = concurrent.futures.ThreadPoolExecutor(64)
        self.addCleanup(self.pool.shutdown, wait=False)

    def http(self, index=0):
        return self.running["gateways"][index]["http"]

    def ask(self, index=0, timeout_s=DEADLINE_SECONDS, early_exit=False):
        """One request over REST; its answer and how long it took."""
        connection = http.client.HTTPConnection(self.http(index), timeout=timeout_s + GRACE_SECONDS)
        begun = time.monotonic()
        connection.request("POST", oip.INFER_PATH, oip.json_body(
            oip.random_rows(self.numbers, 1), int(timeout_s * 1e6), early_exit))
        reply = connection.getresponse()
        answer = oip.from_json(reply.status, reply.headers, reply.read())
        connection.close()
        return answer, time.monotonic() - begun

    def ask_many(self, count, **options):
        return [self.pool.submit(self.ask, **options) for _ in range(count)]

    def answers(self, futures, seconds=DEADLINE_SECONDS):
        """All of them, none an error."""
        done = [future.result(seconds + GRACE_SECONDS)[0] for future in futures]
        self.assertEqual([answer.error for answer in done if answer.error], [])
        return done

    def sent_to(self, name, by):
        return sum(self.metric(g, "offramp_tasks_sent_total", f'"{name}"') for g in by)

    def test_a_node_that_comes_back_is_used_within_a_second(self):
        self.up_with(0.01, 0.01, 0.01)
        self.kill("s2-b")
        self.answers(self.ask_many(10))
        begun = time.monotonic()
        self.start_node("s2-b")
        served = time.monotonic()

        def used():
            return any("s2-b" in answer.path for answer in self.answers(self.ask_many(8)))

        wait_for(used, 5, "s2-b is used")
        print(f"ready {served - begun:.2f} s after its start, used {time.monotonic() - served:.2f} "
              "s after that")
        self.assertLess(time.monotonic() - served, 1.2)

    def test_a_frozen_node_is_left_within_a_second_and_a_half(self):
        fleet = self.up_with(0.01, 0.01, 0.01)
        senders = ["gw0", "gw1"]
        load = Load(fleet["gateways"], 30, SEED, DEADLINE_SECONDS, max_rows=1)
        load.start()
        time.sleep(2)
        self.assertGreater(self.sent_to("s1-a", senders), 0)
        with Frozen(self.pid("s1-a")):
            frozen_s = time.monotonic()
            time.sleep(1.5)
            sent = self.sent_to("s1-a", senders)
            time.sleep(1.5)
            self.assertEqual(self.sent_to("s1-a", senders), sent, "still used after 1.5 s")
        records = load.finish()
        self.assertEqual([r.answers[0].error for r in records if r.answers[0].error], [])
        self.assertEqual([len(r.answers) for r in records if len(r.answers) != 1], [])
        stuck = [r for r in records if frozen_s - 0.2 < r.sent_s < frozen_s + 1.5]
        longest = max(r.done_s - r.sent_s for r in stuck)
        print(f"longest delay around the freeze: {longest:.2f} s")
        self.assertLess(longest, 2)
        wait_for(lambda: self.answers(self.ask_many(8)) and
                 self.sent_to("s1-a", senders) > sent, 5, "used again once it goes on")

    def test_a_signal_finishes_queued_work(self):
        self.up_with(0.3, 0.3, 0.3)
        asked = self.ask_many(24)
        wait_for(lambda: self.part_status("s1-a")["queue_length"] >= 3, what="a queue")
        pid = self.pid("s1-a")
        resent = sum(self.metric(g, "offramp_tasks_resent_total") for g in ("gw0", "gw1"))
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(exit_code(pid, 30), 0)
        self.answers(asked)
        self.assertEqual(sum(self.metric(g, "offramp_tasks_resent_total") for g in ("gw0", "gw1")),
                         resent, "queued work was finished where it was")

    def test_a_second_signal_ends_at_once_and_costs_no_task(self):
        self.up_with(0.3, 0.3, 0.3)
        asked = self.ask_many(24)
        wait_for(lambda: self.part_status("s1-a")["queue_length"] >= 3, what="a queue")
        pid = self.pid("s1-a")
        os.kill(pid, signal.SIGTERM)
        time.sleep(0.3)
        self.assertTrue(is_alive(pid))
        begun = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(exit_code(pid, 5), 1)
        self.assertLess(time.monotonic() - begun, 0.5)
        self.answers(asked)

    def test_a_gateway_answers_what_it_took_before_it_ends(self):
        self.up_with(0.2, 0.2, 0.2)
        asked = self.ask_many(6, index=1)
        wait_for(lambda: self.part_status("gw1")["queue_length"] >= 6, what="requests")
        pid = self.pid("gw1")
        os.kill(pid, signal.SIGTERM)
        self.answers(asked)
        self.assertEqual(exit_code(pid, 10), 0)

    def test_what_clients_abandon_in_queues_is_held_nowhere(self):
        self.check_abandoned_work(0.2)

    def test_what_clients_abandon_at_all_stages_is_held_nowhere(self):
        self.check_abandoned_work(0.02)

    def check_abandoned_work(self, task_seconds):
        self.up_with(task_seconds, task_seconds, task_seconds)
        for abandon in (self.abandon_calls, self.abandon_stream, self.abandon_connections):
            with self.subTest(abandon.__name__):
                abandon()
                # A task that an engine has begun is run to its end.
                self.assert_nothing_held(seconds=2 + 4 * task_seconds)
                # The door stays half closed until it has forgotten the rush.
                wait_for(lambda: all(self.metric(g, "offramp_admitted_fraction") == 1
                                     for g in ("gw0", "gw1")), 15, "the door is open again")
        self.answers(self.ask_many(3))

    def until_held(self):
        wait_for(lambda: sum(self.part_status(g)["queue_length"] for g in ("gw0", "gw1")) >= 20,
                 what="requests are held")
        time.sleep(0.15)

    def requests(self, count=24):
        for index in range(count):
            yield oip.grpc_request(oip.random_rows(self.numbers, 4), early_exit=False,
                                   request_id=f"gone{index}")

    def abandon_calls(self):
        stub, channel = oip.stub(self.running["gateways"][0]["grpc"])
        calls = [stub.ModelInfer.future(request) for request in self.requests()]
        self.until_held()
        for call in calls:
            call.cancel()
        channel.close()

    def abandon_stream(self):
        stub, channel = oip.stub(self.running["gateways"][1]["grpc"])
        ended = threading.Event()

        def requests():
            yield from self.requests()
            ended.wait()

        call = stub.ModelStreamInfer(requests())
        self.until_held()
        call.cancel()
        ended.set()
        channel.close()

    def abandon_connections(self):
        connections = []
        for index in range(24):
            connection = http.client.HTTPConnection(self.http(index % 2))
            connection.request("POST", oip.INFER_PATH, oip.json_body(
                oip.random_rows(self.numbers, 4), early_exit=False))
            connections.append(connection)
        self.until_held()
        for index, connection in enumerate(connections):
            if index % 3 == 0:  # a reset, too
                connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                           b"\1\0\0\0\0\0\0\0")
            connection.close()

    def test_deadlines_are_kept_in_a_slow_fleet(self):
        self.up_with(0.5, 0.5, 0.5)
        stub, channel = oip.stub(self.running["gateways"][0]["grpc"])
        for _ in range(5):
            answer, seconds = self.ask(timeout_s=0.05)
            self.assertTrue(answer.error.startswith("504"), answer)
            self.assertGreater(seconds, 0.045)
            self.assertLess(seconds, 0.3)
            begun = time.monotonic()
            with self.assertRaises(grpc.RpcError) as caught:
                stub.ModelInfer(oip.grpc_request(oip.random_rows(self.numbers, 2), 50000, False),
                                timeout=10)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
            self.assertLess(time.monotonic() - begun, 0.3)
        channel.close()
        self.assert_nothing_held()

    def test_tasks_wait_for_a_stage_without_replica(self):
        self.up_with(0.01, 0.01, 0.01)
        for name in ("s2-a", "s2-b", "s2-c"):
            self.kill(name)
        asked = self.ask_many(12) + self.ask_many(12, index=1)
        time.sleep(1.5)
        self.assertFalse(any(future.done() for future in asked))
        code, _ = self.fetch(self.http(), "/v2/health/ready")
        self.assertNotEqual(code, 200)
        answer, seconds = self.ask(timeout_s=0.5)
        self.assertTrue(answer.error.startswith("504"), answer)
        self.assertLess(seconds, 1)
        self.start_node("s2-c")
        begun = time.monotonic()
        for answer in self.answers(asked):
            self.assertEqual(answer.path[1], "s2-c")
        self.assertLess(time.monotonic() - begun, 3)
        wait_for(lambda: self.fetch(self.http(), "/v2/health/ready")[0] == 200, 3, "ready again")


if __name__ == "__main__":
    unittest.main()
