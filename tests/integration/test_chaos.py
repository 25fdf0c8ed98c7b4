"""A minute of kills, freezes, drains and restarts of random nodes under load: no accepted request is
lost, none hangs, every answer equals the model's.

OFFRAMP_CHAOS_SECONDS and OFFRAMP_CHAOS_SEED change length and choice.
"""

import collections
import http.client
import json
import os
import random
import signal
import threading
import time
import unittest

from fleet_fixture import SOURCE, SPEED, FleetTest, is_alive, wait_for

try:
    import numpy as np
    import onnxruntime
except ImportError:  # `make deps` provides both
    np = onnxruntime = None

SECONDS = float(os.environ.get("OFFRAMP_CHAOS_SECONDS", "60"))
SEED = int(os.environ.get("OFFRAMP_CHAOS_SEED", "1"))
CLIENTS = 6
DEADLINE_SECONDS = 20
BUNDLE = SOURCE / "tests/data/tiny"


class Reference:
    """The bundle's stages run one after the other, without any of our code."""

    def __init__(self):
        self.stages = [onnxruntime.InferenceSession(str(BUNDLE / f"stage{h}.onnx"),
                                                    providers=["CPUExecutionProvider"])
                       for h in (1, 2, 3)]

    def logits(self, x, stage):
        """The answer that exit `stage` gives to the row `x`."""
        tensors = {"x": np.asarray([x], np.float32)}
        for session in self.stages[:stage]:
            feed = {i.name: tensors[i.name] for i in session.get_inputs()}
            names = [o.name for o in session.get_outputs()]
            tensors.update(zip(names, session.run(names, feed)))
        return tensors["logits" if stage == 3 else f"exit{stage}_logits"][0]


class Client(threading.Thread):
    """Sends one request after the other over one kept connection."""

    def __init__(self, address, seed, stop):
        super().__init__()
        self.address, self.random, self.stop_event = address, random.Random(seed), stop
        self.answers, self.codes, self.trouble = [], collections.Counter(), []
        self.slowest = 0

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=DEADLINE_SECONDS + 10)
        while not self.stop_event.is_set():
            x = [round(self.random.uniform(-2, 2), 3) for _ in range(8)]
            body = {"inputs": [{"name": "x", "shape": [1, 8], "datatype": "FP32", "data": x}],
                    "parameters": {"timeout": DEADLINE_SECONDS * 1000000}}
            begun = time.monotonic()
            try:
                connection.request("POST", "/v2/models/tiny/infer", json.dumps(body))
                reply = connection.getresponse()
                text = reply.read()
            except (OSError, http.client.HTTPException) as error:
                self.trouble.append(repr(error))
                connection.close()
                continue
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self.codes[reply.status] += 1
            if reply.status == 200:
                outputs = {o["name"]: o["data"] for o in json.loads(text)["outputs"]}
                self.answers.append((x, outputs["exit_stage"][0], outputs["logits"]))
            elif reply.status == 503 and reply.getheader("Retry-After"):
                time.sleep(0.05)  # refused with a reason: not accepted
            else:
                self.trouble.append(f"{reply.status}: {text[:200]!r}")
        connection.close()


@unittest.skipIf(onnxruntime is None, "needs onnxruntime and numpy")
class Chaos(FleetTest):
    def setUp(self):
        super().setUp()
        self.write_fleet(change=lambda text: text.replace(
            "  - {name: s3-a,", '  - {name: s3-b, stage: 3, listen: "127.0.0.1:0", '
            f"gflops_per_s: {SPEED}}}\n  - {{name: s3-a,"))
        self.random = random.Random(SEED)

    def hurt(self, name):
        """Something bad happens to the node; it is well again when this returns."""
        action = self.random.choice(["kill", "freeze", "drain"])
        pid = self.status()[name]["pid"]
        if action == "freeze":
            os.kill(pid, signal.SIGSTOP)
            time.sleep(self.random.uniform(0.5, 3))
            os.kill(pid, signal.SIGCONT)
            return action
        if action == "kill":
            os.kill(pid, signal.SIGKILL)
        else:
            self.run_command("drain", self.fleet, name)
        wait_for(lambda: not is_alive(pid), 30, f"{name} ends after {action}")
        time.sleep(self.random.uniform(0, 1.5))
        self.start("node", self.fleet, "--name", name)
        wait_for(lambda: self.status()[name]["state"] == "ready", what=f"{name} back")
        return action

    def test_no_accepted_request_is_lost(self):
        fleet = self.up()
        stop = threading.Event()
        clients = [Client(fleet["gateways"][i % 2]["http"], SEED * 100 + i, stop)
                   for i in range(CLIENTS)]
        for client in clients:
            client.start()
        actions = collections.Counter()
        try:
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                name = self.random.choice([n["name"] for n in fleet["nodes"]])
                actions[self.hurt(name)] += 1
                time.sleep(self.random.uniform(0, 0.5))
        finally:
            stop.set()
            for client in clients:
                client.join(DEADLINE_SECONDS + 20)
        self.assertFalse(any(client.is_alive() for client in clients), "a request hangs")
        self.assertEqual([t for client in clients for t in client.trouble], [])
        answers = [a for client in clients for a in client.answers]
        codes = sum((client.codes for client in clients), collections.Counter())
        self.assertGreater(len(answers), 10 * SECONDS, codes)
        reference = Reference()
        for x, stage, logits in answers:
            np.testing.assert_allclose(logits, reference.logits(x, stage), rtol=1e-4, atol=1e-5)
        print(f"{dict(actions)}; replies {dict(codes)}; slowest "
              f"{max(client.slowest for client in clients):.2f} s")


if __name__ == "__main__":
    unittest.main()
