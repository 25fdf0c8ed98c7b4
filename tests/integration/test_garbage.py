"""Garbage on every port of a running fleet: it crashes nothing, is answered with 4xx or a closed
connection where an answer is due, costs no memory, and good requests go on being served."""

import contextlib
import gzip
import os
import random
import time
import unittest

import grpc

from faults import frames, garbage, oip, peer
from faults.garbage_test import OIP_METHODS, X, GarbageTest
from faults.processes import rss_bytes

# The address sanitizer keeps what was freed for a while, and puts space around everything.
OVERHEAD = 5 if "OFFRAMP_SANITIZED" in os.environ else 1
MAX_GROWTH_BYTES = OVERHEAD * 150 << 20
# What a port may hold of messages that are not complete: 512 MiB, and what the allocator adds.
MAX_BUFFERED_BYTES = OVERHEAD * 640 << 20
IDLE_CONNECTIONS = 2000
INFER_METHOD = (OIP_METHODS + "ModelInfer").encode()


class Garbage(GarbageTest):
    def check_memory(self):
        grown = {name: (rss_bytes(part["pid"]) - self.rss_before[name]) >> 20
                 for name, part in self.parts.items()}
        self.assertLess(max(grown.values()), MAX_GROWTH_BYTES >> 20, f"MiB grown: {grown}")

    def tearDown(self):
        self.check_health()
        status = self.fleet.status()
        for name, part in self.parts.items():
            self.assertEqual((status[name].get("pid"), status[name]["state"]),
                             (part["pid"], "ready"), name)
        self.check_memory()

    # ---- every port

    def test_raw_bytes_on_every_port(self):
        for port, target in self.ports.items():
            replies = garbage.talk_all(target, garbage.broken_http(oip.INFER_PATH))
            for name, reply in replies.items():
                with self.case(name, port=port):
                    code = garbage.http_status(reply)
                    if code:
                        self.assert_refused(code, reply)
            self.check_health()

    def test_broken_http2_on_every_port(self):
        for port, target in self.ports.items():
            garbage.talk_all(target, garbage.broken_http2(INFER_METHOD), 0.5)
            self.check_health()

    def test_slow_clients_cost_their_connection_only(self):
        with contextlib.ExitStack() as stack:
            slow = [stack.enter_context(garbage.connect(target))
                    for target in self.ports.values() for _ in range(4)]
            for byte in b"POST /v2/models":
                for connection in slow:
                    garbage.send(connection, bytes([byte]))
                time.sleep(0.02)
            self.check_health()

    def test_many_idle_connections(self):
        for port, target in self.ports.items():
            with self.subTest(port), contextlib.ExitStack() as stack:
                for _ in range(IDLE_CONNECTIONS):
                    stack.enter_context(garbage.connect(target))
                # Whoever is in the way is sent away; other ports are not disturbed.
                others = [p for p in ("gateway http", "gateway admin", "node admin")
                          if p != port]
                for other in others:
                    path = "/v2/health/live" if other == "gateway http" else "/healthz"
                    self.assertEqual(self.fleet.fetch(self.ports[other], path)[0], 200, other)
            self.check_health()

    def test_bodies_without_end(self):
        for port in ("gateway http", "gateway admin", "node admin"):
            with self.subTest(port), garbage.connect(self.ports[port]) as connection:
                garbage.send(connection, f"POST {oip.INFER_PATH} HTTP/1.1\r\nHost: x\r\n"
                                         "Transfer-Encoding: chunked\r\n\r\n".encode())
                chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
                sent = 0
                while sent < 100 and garbage.send(connection, chunk):
                    sent += 1
                self.assertLess(sent, 100, "read on and on")
                code = garbage.http_status(garbage.read_all(connection))
                self.assertIn(code, (0, 413))

    def test_a_good_request_after_a_bad_one_is_not_mixed_up(self):
        good = garbage.post(oip.INFER_PATH, oip.json_body(X).encode())
        bad = garbage.post(oip.INFER_PATH, b"{")
        with garbage.connect(self.gateway["http"], 1) as connection:
            garbage.send(connection, bad + good + bad)
            reply = garbage.read_all(connection)
        codes = [int(part[1:4]) for part in reply.split(b"HTTP/1.1")[1:]]
        self.assertEqual(codes, [400, 200, 400])

    # ---- REST

    def test_hostile_json(self):
        for name, body in garbage.hostile_json().items():
            with self.case(name):
                code, reply = self.post_infer(body)
                self.assert_refused(code, reply)

    def test_odd_json_that_is_fine_or_refused_but_never_worse(self):
        good = oip.json_body(X)
        for name, body in {
                "fields twice": good[:-1] + ', "inputs": []}',
                "a name twice": good.replace('"name": "x"', '"name": "y", "name": "x"'),
                "a data twice": good.replace('"data"', '"data": [], "data"'),
                "1 MB of spaces": good + " " * (1 << 20),
                "an odd id": good.replace('"id": ""', '"id": "\\u0000\\n\\r\\u2028"'),
                "a timeout without end": good.replace("{}", '{"timeout": 1e300}', 1),
                "the largest timeout": good.replace("{}", '{"timeout": 18446744073709551615}', 1),
                "minus zero": good.replace("[0.0", "[-0"),
                "the least number": good.replace("[0.0", "[4.9e-324")}.items():
            with self.case(name):
                code, reply = self.post_infer(body.encode())
                self.assertIn(code, (200, 400), reply[-300:])

    def test_bombs(self):
        for name, body in garbage.gzip_bombs().items():
            with self.case(name):
                code, reply = self.post_infer(body, "Content-Encoding: gzip")
                self.assert_refused(code, reply)
        code, reply = self.post_infer(gzip.compress(oip.json_body(X).encode()),
                                      "Content-Encoding: gzip")
        self.assertEqual(code, 200, reply)
        code, reply = self.post_infer(b"{}", "Content-Encoding: br")
        self.assert_refused(code, reply)

    def test_wrong_lengths_of_the_binary_part(self):
        head = oip.json_body(X).replace('"data": ' + str([float(v) for v in X.ravel()]),
                                        '"parameters": {"binary_data_size": 32}').encode()
        name = "Inference-Header-Content-Length: "
        self.assertEqual(self.post_infer(head + X.tobytes(), name + str(len(head)))[0], 200)
        for value in ["-1", "-9223372036854775808", "18446744073709551615", "18446744073709551616",
                      "9" * 200, "1e3", "0x10", "ten", "", " ", str(len(head) - 1),
                      str(len(head) + 1), str(len(head) + 32), str(len(head) + 33), "0", "1"]:
            with self.case(value):
                code, reply = self.post_infer(head + X.tobytes(), name + value)
                self.assert_refused(code, reply)
        for size in ["31", "33", "0", "-32", "9223372036854775807", "18446744073709551615", "1e1",
                     '"32"', "null"]:
            with self.case(size):
                changed = head.replace(b"32}", size.encode() + b"}")
                code, reply = self.post_infer(changed + X.tobytes(), name + str(len(changed)))
                self.assert_refused(code, reply)

    def test_odd_paths_and_methods(self):
        for path in ["/", "//", "/v2/models/%00/infer", "/v2/models/tiny/versions/9/infer",
                     "/v2/models/" + "a" * 8000, "/v2/models/tiny%2Finfer", "/%zz", "*",
                     "/v2/models/tiny/infer/more", "/v2/models//infer", "/x?" + "&" * 4000]:
            for method in ("GET", "POST", "DELETE", "TRACE", "FROB"):
                for port in ("gateway http", "gateway admin", "node admin"):
                    with self.case(path[:40], method=method, port=port):
                        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close"
                        reply = garbage.talk(self.ports[port], f"{head}\r\n\r\n".encode(), 2)
                        self.assert_refused(garbage.http_status(reply), reply)

    def test_odd_speeds(self):
        for value in ["", "-1", "nan", "inf", "1e400", "ten", "1,2", "0x1p3"]:
            with self.case(value):
                code, text = self.fleet.fetch(self.node["metrics"],
                                              f"/speed?gflops_per_s={value}", b"")
                self.assertEqual(code, 400, text)

    # ---- gRPC

    def call_raw(self, channel, method, message):
        """Status of a call with these bytes as its message."""
        try:
            channel.unary_unary(method)(message, timeout=5)
            return grpc.StatusCode.OK
        except grpc.RpcError as error:
            return error.code()

    def test_random_messages_for_every_method(self):
        noise = random.Random(11)
        _, channel = oip.stub(self.gateway["grpc"])
        good = oip.grpc_request(X).SerializeToString()
        with channel:
            for method in ["ModelInfer", "ModelStreamInfer", "ModelReady", "ModelMetadata",
                           "ModelConfig", "ModelStatistics", "RepositoryIndex", "ServerReady",
                           "RepositoryModelLoad", "NoSuchMethod"]:
                for size in (1, 10, 100, 1000, 100000):
                    with self.case(method, bytes=size):
                        code = self.call_raw(channel, OIP_METHODS + method, noise.randbytes(size))
                        self.assertNotIn(code, (grpc.StatusCode.UNAVAILABLE,
                                                grpc.StatusCode.DEADLINE_EXCEEDED))
            for _ in range(150):
                message = bytearray(good)
                for _ in range(noise.randint(1, 5)):
                    message[noise.randrange(len(message))] = noise.randrange(256)
                code = self.call_raw(channel, OIP_METHODS + "ModelInfer", bytes(message))
                self.assertNotIn(code, (grpc.StatusCode.UNAVAILABLE,
                                        grpc.StatusCode.DEADLINE_EXCEEDED))
            for path in ("/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch",
                         "/", "/a", "/" + "b" * 5000):
                self.call_raw(channel, path, noise.randbytes(50))

    def test_wrong_tensors_over_grpc(self):
        stub, channel = oip.stub(self.gateway["grpc"])

        def change(what):
            request = oip.grpc_request(X)
            what(request)
            return request

        def resize(*shape):
            def what(request):
                del request.inputs[0].shape[:]
                request.inputs[0].shape.extend(shape)
            return what

        def retype(datatype):
            return lambda request: setattr(request.inputs[0], "datatype", datatype)

        def raw(*sizes):
            def what(request):
                del request.raw_input_contents[:]
                request.raw_input_contents.extend(bytes(size) for size in sizes)
            return what

        with channel:
            for name, what in {
                    "negative rows": resize(-1, 8), "no rows": resize(0, 8), "rank 1": resize(8),
                    "2^62 rows": resize(1 << 62, 8), "two huge extents": resize(1 << 32, 1 << 32),
                    "100 axes": resize(*[1] * 100), "no shape": resize(), "width": resize(1, 7),
                    "INT8": retype("INT8"), "BYTES": retype("BYTES"), "BOOL": retype("BOOL"),
                    "no datatype": retype(""), "odd datatype": retype("\u2603" * 500),
                    "no bytes": raw(), "empty bytes": raw(0), "few bytes": raw(31),
                    "many bytes": raw(1 << 20), "two tensors' bytes": raw(32, 32),
                    "both contents": lambda r: r.inputs[0].contents.fp32_contents.append(1),
                    "the input twice": lambda r: (r.inputs.add().CopyFrom(r.inputs[0]),
                                                  r.raw_input_contents.append(bytes(32))),
                    "no inputs": lambda r: r.ClearField("inputs"),
                    "another model": lambda r: setattr(r, "model_name", "x" * 300),
                    "another version": lambda r: setattr(r, "model_version", "7"),
                    "an output": lambda r: r.outputs.add(name="nope"),
                    "an id of 1 MB": lambda r: setattr(r, "id", "i" * 1000000)}.items():
                with self.case(name), self.assertRaises(grpc.RpcError) as caught:
                    stub.ModelInfer(change(what), timeout=5)
                self.assertIn(caught.exception.code(), (grpc.StatusCode.INVALID_ARGUMENT,
                                                        grpc.StatusCode.NOT_FOUND))

    def test_errors_do_not_grow_with_what_was_sent(self):
        """A status of more than 8 kB never reaches its client: gRPC says RESOURCE_EXHAUSTED."""
        stub, channel = oip.stub(self.gateway["grpc"])
        with channel:
            for what in ("model_name", "model_version", "input", "datatype", "output"):
                with self.case(what), self.assertRaises(grpc.RpcError) as caught:
                    request = oip.grpc_request(X)
                    long = "n" * 20000
                    if what == "input":
                        request.inputs[0].name = long
                    elif what == "datatype":
                        request.inputs[0].datatype = long
                    elif what == "output":
                        request.outputs.add(name=long)
                    else:
                        setattr(request, what, long)
                    stub.ModelInfer(request, timeout=5)
                self.assertIn(caught.exception.code(), (grpc.StatusCode.INVALID_ARGUMENT,
                                                        grpc.StatusCode.NOT_FOUND), what)

    # ---- the nodes' data plane

    def test_broken_frames(self):
        hello = self.insider()
        for name, message in frames.broken().items():
            for before in ([], [hello]):
                with self.case(name, greeted=bool(before)), self.peer(*before, message) as call:
                    self.assert_sent_away(call)

    def test_broken_messages(self):
        garbage.talk_all(self.node["address"], peer.broken(), 0.5)
        self.check_health()

    def test_mutated_frames(self):
        hello, noise = self.insider(), random.Random(3)
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                message = frames.mutated(frames.task(), noise)
                call = stack.enter_context(self.peer(hello, message))
                next(call, None)
        self.check_health()

    def test_strangers_are_not_served(self):
        theirs = self.node_hello()
        fleet, protocol = theirs[2], theirs[1]
        good = frames.hello(fleet, b"gw1", 0, protocol)
        for name, messages in {
                "no hello": [frames.task()],
                "silence": [],
                "another fleet": [frames.hello(b"other", b"gw1", 0, protocol), frames.task()],
                "another name": [frames.hello(fleet, b"me", 0, protocol), frames.task()],
                "another stage": [frames.hello(fleet, b"gw1", 2, protocol), frames.task()],
                "another protocol": [frames.hello(fleet, b"gw1", 0, 999), frames.task()],
                "a name of 100 kB": [frames.hello(fleet, b"n" * 100000, 0, protocol)],
                "two hellos": [good, good],
                "a receiver's frame": [good, frames.frame(frames.REPORT, frames.real(1, 1.0))],
                "an agent's message": [good, frames.frame(frames.AGENT, frames.number(1, 1))],
                "an answer": [good, frames.frame(frames.ANSWER, frames.number(1, 1))]}.items():
            with self.case(name), self.peer(*messages) as call:
                kinds = self.kinds_until(None, call)
                self.assertFalse(call.timed_out, "the node keeps the connection")
                self.assertNotIn(frames.ANSWER, kinds)

    def test_tasks_that_the_engine_cannot_run(self):
        hello = self.insider()
        for name, task in {
                "another tensor": frames.task(name=b"y"),
                "another width": frames.task(shape=(1, 4), size=16, payload=bytes(16)),
                "another rank": frames.task(shape=(1, 2, 2, 2)),
                "another datatype": frames.task(datatype=9, shape=(1, 4)),
                "texts": frames.task(datatype=14, shape=(1, 1), size=8, payload=b"\4\0\0\0abcd"),
                "bytes": frames.task(datatype=2, shape=(1, 32)),
                "65536 rows of nothing": frames.task(rows=65536, shape=(65536, 0), size=0,
                                                     payload=b""),
                "no tensors": frames.frame(frames.TASK, frames.number(1, 1) +
                                           frames.real(2, 5.0) + frames.text(8, b"\0")),
                "a deadline of the past": frames.task(deadline_s=-1e300)}.items():
            with self.case(name), self.peer(hello, task) as call:
                kinds = self.kinds_until(frames.REFUSE, call)
                self.assertIn(frames.REFUSE, kinds)
                self.assertNotIn(frames.ANSWER, kinds)

    def test_tasks_with_odd_but_good_numbers_are_answered(self):
        hello = self.insider()
        for name, task in {
                "a good one": frames.task(),
                "a deadline in 10^300 s": frames.task(deadline_s=1e300),
                "the largest id": frames.task(task_id=(1 << 64) - 1),
                "a budget of 2^32 - 1": frames.task(extra=frames.number(3, (1 << 32) - 1)),
                "an odd request id": frames.task(extra=frames.text(6, os.urandom(1000)))}.items():
            with self.case(name), self.peer(hello, task) as call:
                self.assertIn(frames.ANSWER, self.kinds_until(frames.ANSWER, call))

    def test_a_flood_of_cancellations(self):
        cancel = frames.frame(frames.CANCEL, frames.number(1, 5))
        with self.peer(self.insider(), *[cancel * 1000] * 50, frames.task()) as call:
            self.assertIn(frames.ANSWER, self.kinds_until(frames.ANSWER, call))

    def test_more_connections_than_a_node_takes(self):
        with contextlib.ExitStack() as stack:
            for _ in range(300):
                stack.enter_context(self.peer())
            time.sleep(0.5)
            self.check_health()


class Memory(GarbageTest):
    """Strangers must not bind more memory the more of them there are."""

    @contextlib.contextmanager
    def check_growth(self, part):
        before = rss_bytes(part["pid"])
        yield
        grown = rss_bytes(part["pid"]) - before
        self.check_health()
        self.assertLess(grown, MAX_BUFFERED_BYTES, f"{grown >> 20} MiB")

    def test_a_gateway_bounds_what_half_messages_hold(self):
        """Calls that each lack one byte of a message of 60 MB; 840 MB if all were held."""
        with self.check_growth(self.gateway), contextlib.ExitStack() as stack:
            drippers = [garbage.Dripper(self.gateway["grpc"], INFER_METHOD, 60 << 20)
                        for _ in range(14)]
            for dripper in drippers:
                stack.callback(dripper.close)
            # Until the other side takes no more.
            end, moved_s = time.monotonic() + 30, time.monotonic()
            while time.monotonic() < min(end, moved_s + 1.5):
                if sum([dripper.step() for dripper in drippers]):
                    moved_s = time.monotonic()
                if not any(dripper.left for dripper in drippers):
                    break

    def test_a_node_bounds_what_half_messages_hold(self):
        """The same of strangers, and of one who knows what to say."""
        half = peer.message(bytes(60 << 20))[:-1]
        insider = peer.message(self.insider())
        for name, first in {"strangers": b"", "insiders": insider}.items():
            with self.case(name), self.check_growth(self.node), contextlib.ExitStack() as stack:
                for _ in range(14):
                    connection = stack.enter_context(garbage.connect(self.node["address"], 2))
                    garbage.send(connection, peer.PREFACE + first + half)


if __name__ == "__main__":
    unittest.main()
