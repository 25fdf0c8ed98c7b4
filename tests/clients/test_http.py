"""tritonclient over HTTP: what its users do, against a gateway."""

import unittest

import numpy as np
import tritonclient.http as httpclient
from gateway_fixture import Gateway, ModelUnderTest
from tritonclient.utils import InferenceServerException

gateway = None


def setUpModule():
    global gateway
    gateway = Gateway()


def tearDownModule():
    gateway.stop()


class HttpTest(unittest.TestCase):
    def setUp(self):
        self.client = httpclient.InferenceServerClient(gateway.http, network_timeout=30)
        self.addCleanup(self.client.close)
        self.model = ModelUnderTest(self.client)

    def infer(self, rows, binary=True, client=None, **options):
        tensor = httpclient.InferInput(self.model.input["name"], list(rows.shape), "FP32")
        tensor.set_data_from_numpy(rows, binary_data=binary)
        return (client or self.client).infer(self.model.name, [tensor], **options)

    def check(self, result, rows):
        """An answer for each row, with its exit and confidence."""
        answer = result.as_numpy(self.model.answer)
        self.assertEqual(answer.shape[0], rows)
        self.assertEqual(answer.dtype, np.float32)
        stages = result.as_numpy("exit_stage")
        self.assertEqual((stages.shape, stages.dtype), ((rows,), np.int32))
        self.assertTrue((stages >= 1).all())
        confidence = result.as_numpy("confidence")
        self.assertEqual((confidence.shape, confidence.dtype), ((rows,), np.float32))
        self.assertTrue(((confidence > 0) & (confidence <= 1)).all())
        self.assertTrue(result.get_response()["parameters"]["path"])
        return answer

    def test_health_and_metadata(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready(self.model.name))
        self.assertTrue(self.client.is_model_ready(self.model.name, "1"))
        self.assertFalse(self.client.is_model_ready("no-such-model"))
        server = self.client.get_server_metadata()
        self.assertEqual(server["name"], "offramp")
        self.assertIn("binary_tensor_data", server["extensions"])
        metadata = self.client.get_model_metadata(self.model.name, "1")
        self.assertEqual(metadata["platform"], "offramp_onnx")
        self.assertEqual(metadata["inputs"][0]["shape"][0], -1)

    def test_config_agrees_with_metadata(self):
        metadata = self.client.get_model_metadata(self.model.name)
        config = self.client.get_model_config(self.model.name)
        self.assertGreaterEqual(config["max_batch_size"], 1)
        for kind, key in (("inputs", "input"), ("outputs", "output")):
            self.assertEqual(
                [(t["name"], t["shape"][1:], "TYPE_" + t["datatype"]) for t in metadata[kind]],
                [(t["name"], t["dims"], t["data_type"]) for t in config[key]],
            )

    def test_statistics_count_rows_and_requests(self):
        def counts():
            stats = self.client.get_inference_statistics(self.model.name)["model_stats"][0]
            return stats["inference_count"], stats["execution_count"], stats["inference_stats"]

        rows_before, requests_before, _ = counts()
        self.infer(self.model.rows(3))
        rows_after, requests_after, durations = counts()
        self.assertEqual(rows_after - rows_before, 3)
        self.assertEqual(requests_after - requests_before, 1)
        self.assertGreater(durations["success"]["ns"], 0)
        everything = self.client.get_inference_statistics()
        self.assertEqual(everything["model_stats"][0]["name"], self.model.name)

    def test_repository(self):
        index = self.client.get_model_repository_index()
        self.assertEqual(index[0]["state"], "READY")
        for call in (self.client.load_model, self.client.unload_model):
            with self.assertRaises(InferenceServerException) as raised:
                call(self.model.name)
            self.assertEqual(raised.exception.status(), "501")

    def test_binary_and_json_say_the_same(self):
        rows = self.model.rows(2)
        no_exit = {"early_exit": False}
        binary = self.check(self.infer(rows, parameters=no_exit), 2)
        for output_binary in (True, False):
            outputs = [
                httpclient.InferRequestedOutput(name, binary_data=output_binary)
                for name in (self.model.answer, "exit_stage", "confidence")
            ]
            for input_binary in (True, False):
                answer = self.infer(rows, input_binary, outputs=outputs, parameters=no_exit)
                np.testing.assert_array_equal(self.check(answer, 2), binary)

    def test_compression(self):
        rows = self.model.rows(64)
        plain = self.check(self.infer(rows, parameters={"early_exit": False}), 64)
        for algorithm in ("gzip", "deflate"):
            for binary in (True, False):
                result = self.infer(
                    rows,
                    binary,
                    parameters={"early_exit": False},
                    request_compression_algorithm=algorithm,
                    response_compression_algorithm=algorithm,
                )
                np.testing.assert_array_equal(self.check(result, 64), plain)

    def test_rows_are_answered_in_order(self):
        rows = self.model.rows(5)
        together = self.check(self.infer(rows, parameters={"early_exit": False}), 5)
        for i in range(5):
            alone = self.infer(rows[i : i + 1], parameters={"early_exit": False})
            np.testing.assert_allclose(self.check(alone, 1)[0], together[i], rtol=1e-4, atol=1e-5)

    def test_only_requested_outputs(self):
        outputs = [httpclient.InferRequestedOutput(self.model.answer)]
        result = self.infer(self.model.rows(1), outputs=outputs)
        self.assertIsNone(result.as_numpy("exit_stage"))
        self.assertEqual(len(result.get_response()["outputs"]), 1)

    def test_early_exit_false_goes_to_the_last_stage(self):
        stages = self.infer(self.model.rows(8), parameters={"early_exit": False})
        last = stages.as_numpy("exit_stage")
        self.assertEqual(len(set(last.tolist())), 1)
        free = self.infer(self.model.rows(8)).as_numpy("exit_stage")
        self.assertTrue((free <= last[0]).all())

    def test_request_id_is_echoed(self):
        result = self.infer(self.model.rows(1), request_id="my-id")
        self.assertEqual(result.get_response()["id"], "my-id")

    def test_many_at_once(self):
        client = httpclient.InferenceServerClient(gateway.http, concurrency=8)
        self.addCleanup(client.close)
        calls = []
        for i in range(64):
            rows = self.model.rows(1)
            tensor = httpclient.InferInput(self.model.input["name"], list(rows.shape), "FP32")
            tensor.set_data_from_numpy(rows)
            calls.append(client.async_infer(self.model.name, [tensor], request_id=str(i)))
        for i, call in enumerate(calls):
            self.assertEqual(call.get_result().get_response()["id"], str(i))

    def test_errors(self):
        def status_of(call):
            with self.assertRaises(InferenceServerException) as raised:
                call()
            self.assertTrue(raised.exception.message())
            return raised.exception.status()

        rows = self.model.rows(1)
        name = self.model.input["name"]

        def send(model=self.model.name, tensor_name=name, data=rows, **options):
            tensor = httpclient.InferInput(tensor_name, list(data.shape), "FP32")
            tensor.set_data_from_numpy(data)
            self.client.infer(model, [tensor], **options)

        self.assertEqual(status_of(lambda: send(model="no-such-model")), "404")
        self.assertEqual(status_of(lambda: send(model_version="7")), "404")
        self.assertEqual(status_of(lambda: send(tensor_name="no-such-input")), "400")
        self.assertEqual(status_of(lambda: send(data=rows.reshape(1, -1)[:, :-1])), "400")
        unknown = [httpclient.InferRequestedOutput("no-such-output")]
        self.assertEqual(status_of(lambda: send(outputs=unknown)), "400")
        self.assertEqual(status_of(lambda: self.client.get_model_metadata("no-such-model")), "404")

    def test_timeout(self):
        if not gateway.is_fake:
            self.skipTest("needs the fake gateway")
        with self.assertRaises(InferenceServerException) as raised:
            self.infer(self.model.rows(1), request_id="hold", timeout=20000)
        self.assertEqual(raised.exception.status(), "504")

    def test_overload_and_readiness(self):
        if not gateway.is_fake:
            self.skipTest("needs the fake gateway")
        gateway.command("overload")
        try:
            with self.assertRaises(InferenceServerException) as raised:
                self.infer(self.model.rows(1))
            self.assertEqual(raised.exception.status(), "503")
        finally:
            gateway.command("relief")
        gateway.command("not-ready")
        try:
            self.assertFalse(self.client.is_server_ready())
            self.assertTrue(self.client.is_server_live())
        finally:
            gateway.command("ready")

    def test_a_client_that_leaves_is_cancelled(self):
        if not gateway.is_fake:
            self.skipTest("needs the fake gateway")
        before = int(gateway.command("cancelled"))
        leaver = httpclient.InferenceServerClient(gateway.http, network_timeout=0.1)
        with self.assertRaises(Exception):
            self.infer(self.model.rows(1), client=leaver, request_id="hold")
        leaver.close()
        gateway.wait_cancelled(before + 1)


if __name__ == "__main__":
    unittest.main()
