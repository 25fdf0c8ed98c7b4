"""`offramp split` and `inspect` on graphs of many kinds: the stages, run by ONNX Runtime in order by
what bundle.yaml says they receive and send, answer as the whole model does."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import numpy as np
import onnxruntime
import yaml

SOURCE = pathlib.Path(os.environ.get("OFFRAMP_SOURCE_DIR",
                                     pathlib.Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("OFFRAMP_BINARY", str(SOURCE / "build" / "offramp"))
TYPES = {"FP32": np.float32, "INT64": np.int64, "UINT8": np.uint8, "FP16": np.float16}


def offramp(*arguments):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def random_inputs(bundle, rows, seed):
    draw = np.random.RandomState(seed)
    inputs = {}
    for spec in bundle["inputs"]:
        shape = [rows] + [6 if extent == -1 else extent for extent in spec["shape"][1:]]
        kind = TYPES[spec["datatype"]]
        if np.issubdtype(kind, np.integer):
            values = np.ones(shape) if "mask" in spec["name"] else draw.randint(0, 10, shape)
        else:
            values = draw.random_sample(shape) - 0.5
        inputs[spec["name"]] = values.astype(kind)
    return inputs


def run_stages(folder, bundle, inputs):
    """All that stages compute, by name; each stage sees what the one before sent and no more."""
    carried, computed = dict(inputs), {}
    for stage in bundle["stages"]:
        runner = session(folder / stage["file"])
        names = [port.name for port in runner.get_outputs()]
        given = {name: carried[name] for name in stage["receives"]}
        made = dict(zip(names, runner.run(names, given)))
        computed.update(made)
        carried = {name: made.get(name, carried.get(name)) for name in stage["sends"]}
        assert all(tensor is not None for tensor in carried.values()), stage
    return computed


class SplitTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-split-"))
        # Debian's onnx belongs to Debian's interpreter.
        subprocess.run(["/usr/bin/python3", "-B",
                        str(SOURCE / "tests" / "integration" / "split" / "graphs.py"),
                        str(cls.folder / "graphs")], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def model(self, name):
        return self.folder / "graphs" / f"{name}.onnx"

    def split(self, name, *options):
        target = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "bundle"
        done = offramp("split", self.model(name), "-o", target, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return target, yaml.safe_load((target / "bundle.yaml").read_text())

    def check_equal(self, name, folder, bundle, tolerance=1e-4):
        whole = session(self.model(name))
        fixed = any(isinstance(port.shape[0], int) for port in whole.get_inputs())
        names = [port.name for port in whole.get_outputs()]
        for rows in [1] if fixed else [1, 3]:
            inputs = random_inputs(bundle, rows, seed=rows)
            # Names that a bundle cannot carry are other ones there; the order stays.
            fed = dict(zip([port.name for port in whole.get_inputs()], inputs.values()))
            expected = whole.run(names, fed)
            staged = run_stages(folder, bundle, inputs)
            ours = [name.replace(", ", "__").replace(" ", "_") for name in names]
            for output, value in zip(ours, expected):
                self.assertEqual(staged[output].shape, value.shape, (name, output))
                difference = np.abs(staged[output].astype(float) - value) / (1 + np.abs(value))
                self.assertLess(difference.max(), tolerance, (name, output, rows))

    def test_every_graph_in_two_and_three_stages(self):
        graphs = sorted(path.stem for path in (self.folder / "graphs").glob("*.onnx"))
        self.assertGreaterEqual(len(graphs), 15)
        for name in graphs:
            for stages in (2, 3):
                if (name, stages) == ("integers", 3):
                    continue  # has one place to cut at
                with self.subTest(graph=name, stages=stages):
                    folder, bundle = self.split(name, "--stages", stages)
                    self.assertEqual(len(bundle["stages"]), stages)
                    self.check_equal(name, folder, bundle, 5e-3 if name == "halves" else 1e-4)
                    for stage in bundle["stages"]:
                        digest = hashlib.sha256((folder / stage["file"]).read_bytes()).hexdigest()
                        self.assertEqual(stage["sha256"], digest)

    def test_narrow_carriage_costs_bytes_and_not_the_answer(self):
        _, wide = self.split("convolutions", "--stages", "3")
        for carry, part, tolerance in (("fp16", 0.5, 5e-3), ("int8", 0.3, 0.05)):
            for name in ("convolutions", "attention", "skip", "exits"):
                with self.subTest(graph=name, carry=carry):
                    folder, bundle = self.split(name, "--stages", "3", "--carry", carry)
                    self.check_equal(name, folder, bundle, tolerance)
            narrow = self.split("convolutions", "--stages", "3", "--carry", carry)[1]
            for less, more in zip(narrow["stages"][:-1], wide["stages"][:-1]):
                self.assertLessEqual(less["output_bytes"], part * more["output_bytes"])

    def test_rows_are_narrowed_one_by_one(self):
        """A row's answer is the same alone and beside one that is a thousand times larger."""
        folder, bundle = self.split("chain", "--stages", "2", "--carry", "int8")
        inputs = random_inputs(bundle, 2, seed=1)
        name = bundle["inputs"][0]["name"]
        inputs[name][1] *= 1000
        both = run_stages(folder, bundle, inputs)
        alone = run_stages(folder, bundle, {name: inputs[name][:1]})
        np.testing.assert_array_equal(both["logits"][:1], alone["logits"])

    def test_a_loss_beyond_the_tolerance_is_refused(self):
        target = self.folder / "refused"
        done = offramp("split", self.model("convolutions"), "--stages", "3", "--carry", "int8",
                       "--tolerance", "1e-6", "-o", target)
        self.assertEqual(done.returncode, 2)
        self.assertIn("differ from the whole", done.stderr)
        self.assertFalse(target.exists())

    def test_the_users_rows_are_compared_too(self):
        rows = random_inputs({"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 8]}]}, 50, 3)
        data = self.folder / "rows.npz"
        np.savez(data, **rows)
        target = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "bundle"
        done = offramp("split", self.model("chain"), "--stages", "2", "--data", data, "--json",
                       "-o", target)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["examples"], 32)
        rows["x"][:, 0] = np.nan
        np.savez(data, **rows)
        done = offramp("split", self.model("chain"), "--stages", "2", "--data", data,
                       "-o", self.folder / "refused")
        self.assertEqual(done.returncode, 2)
        self.assertIn("rows.npz", done.stderr)
        self.assertFalse((self.folder / "refused").exists())

    def test_inspect_measures_operators_and_draws(self):
        page = self.folder / "page.html"
        done = offramp("inspect", self.model("recurrent"), "--measure", "--html", page, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(set(found["operator_ms"]), set(found["operators"]))
        # The recurrent operator is unknown: counted by its time, beside the products' known work.
        self.assertGreater(found["operator_gflops"]["LSTM"], 0)
        self.assertIn("LSTM", done.stderr)
        text = page.read_text()
        self.assertIn("</html>", text)
        self.assertNotIn("src=", text)
        for cut in found["cuts"]:
            self.assertIn(cut["tensors"][0]["name"], text)

    def test_named_tensors_that_do_not_separate_the_graph(self):
        folder, bundle = self.split("skip", "--cut", "b", "--cut", "d")
        self.assertEqual(bundle["stages"][0]["sends"], ["x", "a", "b"])
        self.assertEqual(bundle["stages"][1]["receives"], ["a", "b"])
        self.assertEqual(bundle["stages"][1]["sends"], ["x", "d"])
        self.check_equal("skip", folder, bundle)

    def test_an_output_with_the_answers_shape_in_an_earlier_stage_is_an_exit(self):
        folder, bundle = self.split("exits", "--cut", "b")
        first, last = bundle["stages"]
        self.assertEqual((first["exit"], last["exit"]), ("exit1", "logits"))
        self.assertEqual([spec["name"] for spec in bundle["outputs"]], ["norm", "logits"])
        self.assertNotIn("exit1", last["receives"])
        self.check_equal("exits", folder, bundle)

    def test_what_follows_from_a_mask_or_a_shape_is_not_sent_by_itself(self):
        _, bundle = self.split("attention", "--cut", "l0_out", "--shape", "ids=1x6",
                               "--shape", "attention_mask=1x6")
        self.assertEqual(set(bundle["stages"][1]["receives"]), {"l0_out", "m4"})
        folder, bundle = self.split("shapes", "--cut", "a")
        self.assertEqual(bundle["stages"][1]["receives"], ["a"])
        self.check_equal("shapes", folder, bundle)

    def test_inspect_lists_cuts_that_split_takes(self):
        done = offramp("inspect", self.model("convolutions"), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(found["inputs"], [{"name": "x", "datatype": "FP32",
                                            "shape": [-1, 3, 16, 16]}])
        # Two multiply-adds' worth an output element and weight: 3x3x3 into 8 channels, and so on.
        conv = 2 * 9 * (3 * 8 * 256 + 8 * 8 * 256 + 8 * 16 * 36)
        self.assertAlmostEqual(found["operator_gflops"]["Conv"] * 1e9, conv, delta=1)
        self.assertEqual(found["parameters"], 9 * (24 + 64 + 128) + 170)
        for cut in found["cuts"]:
            names = "+".join(tensor["name"] for tensor in cut["tensors"])
            _, bundle = self.split("convolutions", "--cut", names)
            self.assertEqual(bundle["stages"][0]["output_bytes"], cut["bytes"])

    def refused(self, expected, *arguments):
        before = sorted(path.name for path in self.folder.rglob("*"))
        done = offramp(*arguments)
        self.assertEqual(done.returncode, 2, (arguments, done.stderr))
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(expected, done.stderr)
        self.assertEqual(sorted(path.name for path in self.folder.rglob("*")), before)

    def test_bad_input_is_one_line_and_leaves_nothing(self):
        torn = self.folder / "torn.onnx"
        torn.write_bytes(self.model("convolutions").read_bytes()[:500])
        (self.folder / "empty.onnx").write_bytes(b"")
        lost = self.folder / "lost.onnx"
        shutil.copy(self.model("external"), lost)
        target = self.folder / "new"
        model = self.model("chain")
        self.refused("no ONNX model", "split", torn, "--stages", 2, "-o", target)
        self.refused("no ONNX model", "split", self.folder / "empty.onnx", "--stages", 2, "-o",
                     target)
        self.refused("external.weights", "split", lost, "--stages", 2, "-o", target)
        self.refused("no such file", "inspect", self.folder / "nowhere.onnx")
        self.refused("did you mean", "split", model, "--cut", "logit", "-o", target)
        self.refused("is constant", "split", model, "--cut", "w1", "-o", target)
        self.refused("nothing to do", "split", model, "--cut", "logits", "-o", target)
        self.refused("too few for 40 stages", "split", model, "--stages", 40, "-o", target)
        self.refused("--stages N or --cut", "split", model, "-o", target)
        self.refused("expected shares", "split", model, "--balance", "1:x", "-o", target)
        self.refused("no such input", "split", model, "--stages", 2, "--shape", "y=1x8", "-o",
                     target)
        self.refused("first axis is not the batch", "split", self.model("recurrent"), "--cut", "t",
                     "-o", target)
        self.refused("is there already", "split", model, "--stages", 2, "-o", self.folder)

    def test_interrupted_it_leaves_nothing(self):
        """Ctrl-C once the partial folder is there: it ends after the step under way."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        running = subprocess.Popen([BINARY, "split", str(self.model("attention")), "--stages", "4",
                                    "-o", str(folder / "bundle")], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30
        while not list(folder.iterdir()) and running.poll() is None:
            self.assertLess(time.monotonic(), deadline)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
        if running.returncode == 0:
            return  # it was done before the signal came
        self.assertEqual(running.returncode, 1, errors)
        self.assertIn("stopped", errors)
        self.assertEqual(list(folder.iterdir()), [])

    def test_limits_and_balance(self):
        _, bundle = self.split("convolutions", "--balance", "1:3")
        gflops = [stage["gflops"] for stage in bundle["stages"]]
        self.assertLess(gflops[0], gflops[1])
        _, bundle = self.split("convolutions", "--stages", 2, "--max-bytes", "3kB")
        self.assertLessEqual(bundle["stages"][0]["output_bytes"], 3000)
        self.refused("keeps every stage's weights", "split", self.model("convolutions"),
                     "--stages", 2, "--max-memory", "1kB", "-o", self.folder / "new")


if __name__ == "__main__":
    unittest.main()
