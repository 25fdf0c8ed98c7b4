"""A running fleet to throw garbage at, and what must hold afterwards."""

import contextlib
import os
import resource
import signal
import unittest

import grpc
import numpy as np

from faults import frames, garbage, oip, peer
from faults.processes import rss_bytes
from fleet_fixture import SPEED, FleetTest, is_alive

OIP_METHODS = "/inference.GRPCInferenceService/"
X = np.arange(8, dtype=np.float32).reshape(1, 8)


class GarbageTest(unittest.TestCase):
    """One fleet for all tests of a class: what one of them breaks, the others see."""

    @classmethod
    def setUpClass(cls):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        cls.fleet = FleetTest()
        cls.addClassCleanup(cls.fleet.doCleanups)
        cls.fleet.setUp()
        cls.fleet.write_fleet(speed=20 * SPEED)
        running = cls.fleet.up()
        cls.parts = {part["name"]: part for part in running["gateways"] + running["nodes"]}
        # Its name is free for strangers then.
        os.kill(cls.parts.pop("gw1")["pid"], signal.SIGKILL)
        cls.gateway, cls.node = cls.parts["gw0"], cls.parts["s1-a"]
        # Every kind of port, with its part's name.
        cls.ports = {"gateway http": cls.gateway["http"], "gateway grpc": cls.gateway["grpc"],
                     "gateway admin": cls.gateway["metrics"], "node data": cls.node["address"],
                     "node admin": cls.node["metrics"]}
        for _ in range(20):
            cls.infer()
        cls.rss_before = {name: rss_bytes(part["pid"]) for name, part in cls.parts.items()}

    @classmethod
    def infer(cls):
        """A good request over each protocol; what went wrong, or ""."""
        stub, channel = oip.stub(cls.gateway["grpc"])
        try:
            code, text = cls.fleet.fetch(cls.gateway["http"], oip.INFER_PATH,
                                         oip.json_body(X, early_exit=False).encode(), 10)
            if code != 200:
                return f"REST: {code} {text}"
            with channel:
                answer = oip.from_grpc(stub.ModelInfer(oip.grpc_request(X, early_exit=False),
                                                       timeout=10))
        except (OSError, grpc.RpcError) as error:
            return repr(error)
        return "" if answer.exit_stages == (3,) else f"gRPC: {answer}"

    def check_health(self):
        for name in ("gw0", "s1-a"):
            self.assertTrue(is_alive(self.parts[name]["pid"]), f"{name} died")
            self.assertEqual(self.fleet.fetch(self.parts[name]["metrics"], "/healthz")[0], 200)
        self.assertEqual(self.infer(), "")

    @contextlib.contextmanager
    def case(self, name, **more):
        """A sub-test that ends with a look at who is still there."""
        with self.subTest(name, **more):
            yield
            for part in ("gw0", "s1-a"):
                self.assertTrue(is_alive(self.parts[part]["pid"]), f"{part} died")

    def post_infer(self, body, *headers, timeout=5):
        """HTTP status and reply of one request."""
        reply = garbage.talk(self.gateway["http"],
                             garbage.post(oip.INFER_PATH, body, "Connection: close", *headers),
                             timeout)
        return garbage.http_status(reply), reply

    def assert_refused(self, code, reply=b""):
        self.assertTrue(code // 100 == 4 or code == 501, (code, reply[-300:]))  # 501: not offered

    # ---- as a neighbour of the node

    @contextlib.contextmanager
    def peer(self, *messages):
        """A connection to the node that says `messages` and stays open."""
        with contextlib.closing(peer.Peer(self.node["address"], *messages)) as neighbour:
            yield neighbour

    def assert_sent_away(self, neighbour):
        """The node closes the connection, whatever it says before."""
        for _ in neighbour:
            pass
        self.assertFalse(neighbour.timed_out, "the node keeps the connection")

    def kinds_until(self, kind, neighbour):
        """Kinds of frames that the node sends, until `kind` or the connection's end."""
        kinds = set()
        for message in neighbour:
            kinds |= frames.kinds(message)
            if kind in kinds:
                break
        return kinds

    def node_hello(self):
        with self.peer() as neighbour:
            kind, fields = frames.kind_and_fields(next(neighbour))
        self.assertEqual(kind, frames.HELLO)
        return fields

    def insider(self):
        """The hello of a stranger who knows what to say: that of gateway 1, which is down."""
        theirs = self.node_hello()
        return frames.hello(theirs[2], b"gw1", 0, theirs[1])
