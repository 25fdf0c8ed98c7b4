"""tritonclient over gRPC: what its users do, against a gateway."""

import queue
import unittest

import numpy as np
import tritonclient.grpc as grpcclient
import tritonclient.http as httpclient
from gateway_fixture import Gateway, ModelUnderTest
from tritonclient.utils import InferenceServerException

WAIT_S = 30

gateway = None


def setUpModule():
    global gateway
    gateway = Gateway()


def tearDownModule():
    gateway.stop()


class GrpcTest(unittest.TestCase):
    def setUp(self):
        self.client = grpcclient.InferenceServerClient(gateway.grpc)
        self.addCleanup(self.client.close)
        http = httpclient.InferenceServerClient(gateway.http)
        self.addCleanup(http.close)
        self.http = http
        self.model = ModelUnderTest(http)

    def inputs(self, rows):
        tensor = grpcclient.InferInput(self.model.input["name"], list(rows.shape), "FP32")
        tensor.set_data_from_numpy(rows)
        return [tensor]

    def infer(self, rows, **options):
        return self.client.infer(self.model.name, self.inputs(rows), **options)

    def status_of(self, call):
        with self.assertRaises(InferenceServerException) as raised:
            call()
        return raised.exception.status()

    def test_health_and_metadata(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready(self.model.name))
        self.assertEqual(self.client.get_server_metadata().name, "offramp")
        metadata = self.client.get_model_metadata(self.model.name, as_json=True)
        over_http = self.http.get_model_metadata(self.model.name)
        self.assertEqual(
            [t["name"] for t in metadata["outputs"]], [t["name"] for t in over_http["outputs"]]
        )

    def test_config_statistics_and_index(self):
        config = self.client.get_model_config(self.model.name).config
        self.assertEqual(config.name, self.model.name)
        self.assertGreaterEqual(config.max_batch_size, 1)
        self.assertEqual(list(config.input[0].dims), self.model.input["shape"][1:])
        before = self.client.get_inference_statistics(self.model.name).model_stats[0]
        self.infer(self.model.rows(3))
        after = self.client.get_inference_statistics().model_stats[0]
        self.assertEqual(after.inference_count - before.inference_count, 3)
        self.assertEqual(after.execution_count - before.execution_count, 1)
        index = self.client.get_model_repository_index()
        self.assertEqual(index.models[0].state, "READY")
        unsupported = lambda: self.client.load_model(self.model.name)
        self.assertEqual(self.status_of(unsupported), "StatusCode.UNIMPLEMENTED")
        trace = lambda: self.client.get_trace_settings()
        self.assertEqual(self.status_of(trace), "StatusCode.UNIMPLEMENTED")

    def test_infer_says_what_http_says(self):
        rows = self.model.rows(4)
        result = self.infer(rows, request_id="my-id", parameters={"early_exit": False})
        self.assertEqual(result.get_response().id, "my-id")
        self.assertTrue(result.get_response().parameters["path"].string_param)
        self.assertEqual(result.as_numpy("exit_stage").shape, (4,))
        tensor = httpclient.InferInput(self.model.input["name"], list(rows.shape), "FP32")
        tensor.set_data_from_numpy(rows)
        over_http = self.http.infer(self.model.name, [tensor], parameters={"early_exit": False})
        for name in (self.model.answer, "exit_stage", "confidence"):
            np.testing.assert_allclose(
                result.as_numpy(name), over_http.as_numpy(name), rtol=1e-4, atol=1e-5
            )

    def test_requested_outputs_and_compression(self):
        outputs = [grpcclient.InferRequestedOutput("exit_stage")]
        for algorithm in (None, "gzip", "deflate"):
            result = self.infer(
                self.model.rows(8), outputs=outputs, compression_algorithm=algorithm
            )
            self.assertEqual(len(result.get_response().outputs), 1)
            self.assertEqual(result.as_numpy("exit_stage").dtype, np.int32)
            self.assertIsNone(result.as_numpy(self.model.answer))

    def test_async(self):
        done = queue.Queue()
        for i in range(64):
            self.client.async_infer(
                self.model.name,
                self.inputs(self.model.rows(1)),
                lambda result, error: done.put((result, error)),
                request_id=str(i),
            )
        ids = set()
        for _ in range(64):
            result, error = done.get(timeout=WAIT_S)
            self.assertIsNone(error)
            ids.add(result.get_response().id)
        self.assertEqual(ids, {str(i) for i in range(64)})

    def test_stream(self):
        done = queue.Queue()
        self.client.start_stream(lambda result, error: done.put((result, error)))
        for i in range(32):
            self.client.async_stream_infer(
                self.model.name, self.inputs(self.model.rows(1 + i % 3)), request_id=str(i)
            )
        rows = {}
        for _ in range(32):
            result, error = done.get(timeout=WAIT_S)
            self.assertIsNone(error)
            rows[result.get_response().id] = result.as_numpy("exit_stage").shape[0]
        self.assertEqual(rows, {str(i): 1 + i % 3 for i in range(32)})
        # A request that fails is told so, and the stream goes on.
        self.client.async_stream_infer("no-such-model", self.inputs(self.model.rows(1)))
        result, error = done.get(timeout=WAIT_S)
        self.assertIsNone(result)
        self.assertIn("no-such-model", error.message())
        self.client.async_stream_infer(self.model.name, self.inputs(self.model.rows(1)))
        self.assertIsNone(done.get(timeout=WAIT_S)[1])
        self.client.stop_stream()

    def test_errors(self):
        rows = self.model.rows(1)
        cases = [
            ("StatusCode.NOT_FOUND", "no-such-model", self.inputs(rows), {}),
            ("StatusCode.NOT_FOUND", self.model.name, self.inputs(rows), {"model_version": "7"}),
            ("StatusCode.INVALID_ARGUMENT", self.model.name, [], {}),
            ("StatusCode.INVALID_ARGUMENT", self.model.name, self.inputs(rows.reshape(-1)), {}),
            (
                "StatusCode.INVALID_ARGUMENT",
                self.model.name,
                self.inputs(rows),
                {"outputs": [grpcclient.InferRequestedOutput("no-such-output")]},
            ),
            ("StatusCode.UNIMPLEMENTED", self.model.name, self.inputs(rows), {"sequence_id": 3}),
        ]
        for status, model, inputs, options in cases:
            call = lambda: self.client.infer(model, inputs, **options)
            self.assertEqual(self.status_of(call), status, (model, options))

    def test_timeouts(self):
        if not gateway.is_fake:
            self.skipTest("needs the fake gateway")
        rows = self.model.rows(1)
        ours = lambda: self.infer(rows, request_id="hold", timeout=20000)
        self.assertEqual(self.status_of(ours), "StatusCode.DEADLINE_EXCEEDED")
        # The client's own deadline reaches the service too, so nothing is left behind.
        theirs = lambda: self.infer(rows, request_id="hold", client_timeout=0.05)
        self.assertEqual(self.status_of(theirs), "StatusCode.DEADLINE_EXCEEDED")

    def test_overload(self):
        if not gateway.is_fake:
            self.skipTest("needs the fake gateway")
        gateway.command("overload")
        try:
            call = lambda: self.infer(self.model.rows(1))
            self.assertEqual(self.status_of(call), "StatusCode.UNAVAILABLE")
        finally:
            gateway.command("relief")

    def test_cancellation_reaches_the_service(self):
        if not gateway.is_fake:
            self.skipTest("needs the fake gateway")
        before = int(gateway.command("cancelled"))
        done = queue.Queue()
        call = self.client.async_infer(
            self.model.name,
            self.inputs(self.model.rows(1)),
            lambda result, error: done.put(error),
            request_id="hold",
        )
        gateway.wait_waiting(1)
        call.cancel()
        self.assertIsNotNone(done.get(timeout=WAIT_S))
        gateway.wait_cancelled(before + 1)

        self.client.start_stream(lambda result, error: done.put(error))
        self.client.async_stream_infer(
            self.model.name, self.inputs(self.model.rows(1)), request_id="hold"
        )
        gateway.wait_waiting(1)
        self.client.stop_stream(cancel_requests=True)
        gateway.wait_cancelled(before + 2)


if __name__ == "__main__":
    unittest.main()
