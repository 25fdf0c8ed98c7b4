"""The shipped text model, served: raw sentences in, by every protocol; label, confidence and exit come
back and are those of an independent run of the stages. And docs/tutorials/text-model.md, as it is
written."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnxruntime
import tokenizers
import tritonclient.grpc
import tritonclient.http
import yaml

from fleet_fixture import BINARY, SOURCE, FleetTest
from text import lines
from tutorial_fixture import check_links, run_tutorial

sys.path.insert(0, str(SOURCE / "models"))
from text_model import package, weights  # noqa: E402  pylint: disable=wrong-import-position
from text import encoder  # noqa: E402  pylint: disable=wrong-import-position

MODEL = SOURCE / "models/wordnet-minilm"
BUNDLE = MODEL / "bundle"
TUTORIAL = SOURCE / "docs/tutorials/text-model.md"
NAME = "wordnet-minilm"
TOLERANCE = 1e-4
SENTENCES = ["a small furry animal that lives in a burrow", "the act of paying money that is owed",
             "Naïve?  ÉCOLE — 中文", "a building where goods are stored", "x", "rain",
             "any of various trees of the genus Quercus bearing acorns " * 20]


def make_bundle():
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"
    done = subprocess.run([python, "-B", SOURCE / "models/make_text_model.py"], text=True,
                          capture_output=True, check=False)
    if done.returncode == 3:
        raise unittest.SkipTest(done.stderr.strip())
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)


class Reference:
    """The stages in ONNX Runtime, one sentence at a time, on what the reference tokenizer gives."""

    def __init__(self):
        self.bundle = yaml.safe_load((BUNDLE / "bundle.yaml").read_text())
        self.labels = (BUNDLE / "labels.txt").read_text().split()
        self.tokenizer = tokenizers.Tokenizer.from_file(str(BUNDLE / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.bundle["tokenizer"]["max_tokens"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.stages = [onnxruntime.InferenceSession(str(BUNDLE / stage["file"]), options,
                                                    providers=["CPUExecutionProvider"])
                       for stage in self.bundle["stages"]]

    def ids(self, sentence):
        return self.tokenizer.encode(sentence).ids

    def logits(self, sentence):
        """Of every exit."""
        ids = np.array([self.ids(sentence)], np.int64)
        carried = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        answers = []
        for facts, session in zip(self.bundle["stages"], self.stages):
            fed = {name: carried[name] for name in facts["receives"]}
            names = [output.name for output in session.get_outputs()]
            made = dict(zip(names, session.run(names, fed)))
            answers.append(made[facts["exit"]][0])
            carried = {name: made.get(name, carried.get(name)) for name in facts["sends"]}
        return answers

    def confidence(self, logits, stage):
        scaled = logits.astype(np.float64) / self.bundle["stages"][stage - 1].get("temperature", 1)
        shares = np.exp(scaled - scaled.max())
        return (shares / shares.sum()).max()


class StagesTest(unittest.TestCase):
    def test_stages_are_the_whole_model(self):
        make_bundle()
        reference = Reference()
        merged = weights.Merge(weights.ReadSafetensors(package.Safetensors(package.Fetch())),
                               weights.ReadDeltas(MODEL / "deltas.npz"))
        for sentence in SENTENCES:
            whole = encoder.logits(merged, reference.ids(sentence))
            for ours, theirs in zip(reference.logits(sentence), whole):
                np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE)

    def test_exit_profile_and_labels_fit(self):
        make_bundle()
        columns = (BUNDLE / "exits.csv").read_text().split("\n", 1)[0]
        self.assertEqual(columns, "confidence_1,correct_1,confidence_2,correct_2,correct_3")
        self.assertEqual(len(Reference().labels), 24)
        self.assertLess((MODEL / "deltas.npz").stat().st_size, 10_000_000)


class ServedTest(FleetTest):
    """One fleet for the whole class; its nodes join what waits into batches."""

    @classmethod
    def setUpClass(cls):
        make_bundle()
        cls.reference = Reference()
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="offramp-text-"))
        cls.served = cls.home / "text.yaml"
        text = (SOURCE / "fleets/text.yaml").read_text()
        text = text.replace("../models", str(SOURCE / "models"))
        cls.served.write_text(text + "max_batch_size: 8\nmax_queue_delay_us: 2000\n")
        cls.environment = {k: v for k, v in os.environ.items()
                           if not k.startswith("OFFRAMP_") and k != "XDG_RUNTIME_DIR"}
        done = subprocess.run([BINARY, "up", cls.served, "-d", "--json"], env=cls.environment,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        gateway = json.loads(done.stdout)["gateways"][0]
        cls.http, cls.grpc = gateway["http"], gateway["grpc"]

    @classmethod
    def tearDownClass(cls):
        subprocess.run([BINARY, "down", cls.served], env=cls.environment, check=False,
                       capture_output=True)
        shutil.rmtree(cls.home, ignore_errors=True)

    def assert_answers(self, sentences, logits, stages, confidences, labels):
        self.assertEqual(logits.shape, (len(sentences), 24))
        for row, sentence in enumerate(sentences):
            stage = int(stages[row])
            expected = self.reference.logits(sentence)[stage - 1]
            np.testing.assert_allclose(logits[row], expected, rtol=0, atol=TOLERANCE)
            self.assertAlmostEqual(float(confidences[row]),
                                   self.reference.confidence(expected, stage), delta=TOLERANCE)
            label = labels[row].decode() if isinstance(labels[row], bytes) else labels[row]
            self.assertEqual(label, self.reference.labels[int(expected.argmax())])

    def infer(self, module, address, sentences, shape=None, **options):  # pylint: disable=arguments-differ
        client = module.InferenceServerClient(address)
        text = module.InferInput("text", shape or [len(sentences), 1], "BYTES")
        values = [s if isinstance(s, bytes) else s.encode() for s in sentences]
        text.set_data_from_numpy(np.array(values, np.object_).reshape(text.shape()))
        try:
            return client.infer(NAME, [text], **options)
        finally:
            client.close()

    def test_tritonclient_by_http_and_grpc(self):
        for module, address in ((tritonclient.http, self.http), (tritonclient.grpc, self.grpc)):
            for shape in ([len(SENTENCES), 1], [len(SENTENCES)]):
                reply = self.infer(module, address, SENTENCES, shape)
                self.assert_answers(SENTENCES, *(reply.as_numpy(name) for name in (
                    "logits", "exit_stage", "confidence", "label")))

    def test_the_last_stage_and_outputs_by_name(self):
        wanted = [tritonclient.http.InferRequestedOutput(name) for name in ("label", "exit_stage")]
        reply = self.infer(tritonclient.http, self.http, SENTENCES, outputs=wanted,
                           parameters={"early_exit": False})
        self.assertEqual(reply.as_numpy("exit_stage").tolist(), [3] * len(SENTENCES))
        self.assertIsNone(reply.as_numpy("logits"))
        expected = [self.reference.labels[int(self.reference.logits(s)[2].argmax())]
                    for s in SENTENCES]
        self.assertEqual([label.decode() for label in reply.as_numpy("label")], expected)

    def post(self, body, headers=()):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.fetch(self.http, f"/v2/models/{NAME}/infer", raw, headers=headers)

    def test_json(self):
        for shape, data in (([2], SENTENCES[:2]), ([2, 1], SENTENCES[:2]),
                            ([2, 1], [[s] for s in SENTENCES[:2]])):
            code, text = self.post({"inputs": [{"name": "text", "datatype": "BYTES",
                                                "shape": shape, "data": data}]})
            self.assertEqual(code, 200, text)
            outputs = {o["name"]: o for o in json.loads(text)["outputs"]}
            self.assertEqual(list(outputs), ["logits", "exit_stage", "confidence", "label"])
            self.assertEqual(outputs["label"]["datatype"], "BYTES")
            self.assert_answers(SENTENCES[:2], np.array(outputs["logits"]["data"]).reshape(2, 24),
                                *(outputs[name]["data"] for name in ("exit_stage", "confidence",
                                                                     "label")))

    def test_a_bare_sentence_is_a_request(self):
        """The raw binary request: the body is the text, and the reply is binary."""
        code, _ = self.post_binary(SENTENCES[0].encode(),
                                   [("Inference-Header-Content-Length", "0")])
        self.assertEqual(code, 200)

    def post_binary(self, body, headers):
        done = subprocess.run(
            ["curl", "-s", "-o", self.folder / "reply", "-w", "%{http_code}", "--data-binary", "@-",
             *sum((["-H", f"{name}: {value}"] for name, value in headers), []),
             f"http://{self.http}/v2/models/{NAME}/infer"], input=body, check=True,
            capture_output=True)
        return int(done.stdout), (self.folder / "reply").read_bytes()

    def test_what_is_no_text_is_refused(self):
        def refused(data, shape, says, datatype="BYTES"):
            code, text = self.post({"inputs": [{"name": "text", "datatype": datatype,
                                                "shape": shape, "data": data}]})
            self.assertEqual(code, 400, text)
            self.assertIn(says, json.loads(text)["error"])

        refused(["a", ""], [2, 1], "row 1, counted from 0, is empty")
        refused(["a", "b"], [1, 2], "has shape [1,2], expected [-1,1]")
        refused([1], [1, 1], "is INT64, expected BYTES", "INT64")
        refused(["a" * ((1 << 20) + 1)], [1], "at most 1048576 are accepted")
        for module, address in ((tritonclient.http, self.http), (tritonclient.grpc, self.grpc)):
            with self.assertRaisesRegex(Exception, "row 1, counted from 0, is no UTF-8"):
                self.infer(module, address, [b"fine", b"broken \xff"])
            with self.assertRaisesRegex(Exception, "bytes of text"):
                self.infer(module, address, [b"a" * (1 << 20)] * 16)
        # A long text is cut, not refused.
        reply = self.infer(tritonclient.http, self.http, ["word " * 10000])
        self.assertEqual(len(reply.as_numpy("label")), 1)

    def test_metadata_says_what_comes(self):
        expected = ["logits", "exit_stage", "confidence", "label"]
        http = tritonclient.http.InferenceServerClient(self.http)
        grpc = tritonclient.grpc.InferenceServerClient(self.grpc)
        self.addCleanup(http.close)
        self.addCleanup(grpc.close)
        metadata, config = http.get_model_metadata(NAME), http.get_model_config(NAME)
        self.assertEqual(metadata["inputs"],
                         [{"name": "text", "datatype": "BYTES", "shape": [-1, 1]}])
        self.assertEqual([o["name"] for o in metadata["outputs"]], expected)
        self.assertEqual([o["name"] for o in config["output"]], expected)
        self.assertEqual(config["input"][0]["data_type"], "TYPE_STRING")
        self.assertEqual([o.name for o in grpc.get_model_metadata(NAME).outputs], expected)
        self.assertEqual([o.name for o in grpc.get_model_config(NAME).config.output], expected)

    def test_requests_of_unlike_lengths_at_once(self):
        sentences = [" ".join(["word"] * (1 + i % 5)) + f" {i}" for i in range(40)]
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            replies = list(pool.map(lambda s: self.infer(tritonclient.grpc, self.grpc, [s]),
                                    sentences))
        for sentence, reply in zip(sentences, replies):
            self.assert_answers([sentence], *(reply.as_numpy(name) for name in (
                "logits", "exit_stage", "confidence", "label")))

    def test_any_text_is_answered(self):
        texts = [t.decode("utf-8", "replace") for t in lines.make(60) if t]
        reply = self.infer(tritonclient.http, self.http, texts)
        self.assert_answers(texts, *(reply.as_numpy(name) for name in (
            "logits", "exit_stage", "confidence", "label")))

    def test_bench_sends_lines(self):
        data = self.folder / "lines.txt"
        answers = [self.reference.labels[int(self.reference.logits(s)[2].argmax())]
                   for s in SENTENCES[:4]]
        data.write_text("".join(f"{s}\t{a}\n" for s, a in zip(SENTENCES, answers)))
        done = self.run_command("bench", "--target", self.grpc, "--data", data, "--rate", 10,
                                "--seconds", 1, "--no-early-exit", "--json")
        result = json.loads(done.stdout)
        self.assertEqual(result["accuracy"], 1)
        self.assertEqual(list(result["exit_share"]), ["3"])
        refused = self.run_command("bench", "--target", self.grpc, check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("takes text, expected --data FILE", refused.stderr)


class TutorialTest(unittest.TestCase):
    def test_the_tutorial_as_written(self):
        make_bundle()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-tutorial-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        run_tutorial(self, TUTORIAL, folder, "ask.py", "fleets/text.yaml")

    def test_links_lead_somewhere(self):
        check_links(self, TUTORIAL)


if __name__ == "__main__":
    unittest.main()
