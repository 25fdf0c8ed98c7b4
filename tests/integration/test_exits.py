"""`offramp exits`: exits fitted to a model's own answers, appended to its stages, and nothing else
changed; on models that the project makes here and on the shipped one."""

import csv
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import signal
import struct
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
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
CUTS = {"mlp": ["b", "d"], "softmax": ["b"], "halves": ["b"], "convolutions": ["b", "d"],
        "tokens": ["t1", "t2"], "external": ["b"]}


def offramp(*arguments):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def read(folder):
    return yaml.safe_load((folder / "bundle.yaml").read_text())


def run_stages(folder, inputs):
    """Per stage what its file computes; each sees what the one before sent and no more."""
    carried, computed = dict(inputs), []
    for stage in read(folder)["stages"]:
        runner = session(folder / stage["file"])
        names = [port.name for port in runner.get_outputs()]
        given = {name: carried[name] for name in stage["receives"]}
        computed.append(dict(zip(names, runner.run(names, given))))
        carried = {name: computed[-1].get(name, carried.get(name)) for name in stage["sends"]}
    return computed


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.iterdir())}


class ExitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-exits-"))
        # Debian's onnx belongs to Debian's interpreter.
        subprocess.run(["/usr/bin/python3", "-B",
                        str(SOURCE / "tests" / "integration" / "exits" / "models.py"),
                        str(cls.folder / "models")], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def data(self, name):
        return self.folder / "models" / f"{name}.npz"

    def split(self, name, *options):
        target = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "bundle"
        cuts = [option for cut in CUTS[name] for option in ("--cut", cut)]
        done = offramp("split", self.folder / "models" / f"{name}.onnx", "-o", target, *cuts,
                       *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return target

    def exits(self, bundle, *options):
        done = offramp("exits", bundle, "--json", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def check_bundle(self, old, new, report, inputs):
        """Digests hold, nothing but exits is new, and they do on all rows as was said of a few."""
        bundle = read(new)
        before, after = run_stages(old, inputs), run_stages(new, inputs)
        answers = list(after[-1].values())[-1].argmax(1)
        said = {line["stage"]: line for line in report["exits"]}
        for number, stage in enumerate(bundle["stages"], 1):
            content = (new / stage["file"]).read_bytes()
            self.assertEqual(hashlib.sha256(content).hexdigest(), stage["sha256"])
            for name, tensor in before[number - 1].items():
                self.assertEqual(tensor.tobytes(), after[number - 1][name].tobytes(), name)
            if number not in said:
                continue
            line = said[number]
            self.assertEqual(stage["exit"], line["exit"])
            agreement = (after[number - 1][stage["exit"]].argmax(1) == answers).mean()
            self.assertAlmostEqual(agreement, line["agreement"], delta=0.08)
            self.assertGreater(line["agreement"], 0.5)  # chance: 0.25
        self.assertLessEqual(report["max_difference"], 1e-5)
        with open(new / bundle["exit_profile"]) as file:
            profile = list(csv.DictReader(file))
        self.assertEqual(len(profile), report["rows"]["held_out"])
        for number, line in said.items():
            right = np.mean([int(row[f"correct_{number}"]) for row in profile])
            self.assertAlmostEqual(right, line.get("accuracy", line["agreement"]), places=6)
            sure = np.mean([float(row[f"confidence_{number}"]) for row in profile])
            self.assertLess(abs(sure - right), line["calibration_error"] + 1e-3)

    def test_models_of_several_kinds(self):
        for name in ("mlp", "softmax", "convolutions", "external"):
            with self.subTest(model=name):
                old = self.split(name)
                new = old.parent / "new"
                before = digests(old)
                report = self.exits(old, "--data", self.data(name), "-o", new)
                self.assertEqual(digests(old), before)
                stages = len(read(old)["stages"])
                self.assertEqual([line["stage"] for line in report["exits"]],
                                 list(range(1, stages)))
                with np.load(self.data(name)) as data:
                    self.check_bundle(old, new, report, dict(data))
                self.assertEqual(sorted(path.name for path in old.parent.iterdir()),
                                 ["bundle", "new"])

    def test_half_precision(self):
        bundle = self.split("halves")
        report = self.exits(bundle, "--data", self.data("halves"))
        self.assertGreater(report["exits"][0]["agreement"], 0.5)
        self.assertLessEqual(report["max_difference"], 5e-3)

    def test_what_crosses_narrowed(self):
        for carry in ("fp16", "int8"):
            with self.subTest(carry=carry):
                bundle = self.split("convolutions", "--carry", carry)
                report = self.exits(bundle, "--data", self.data("convolutions"))
                self.assertGreater(report["exits"][1]["agreement"], 0.5)

    def test_an_exit_that_answers_probabilities_where_the_model_does(self):
        bundle = self.split("softmax")
        report = self.exits(bundle, "--data", self.data("softmax"))
        with np.load(self.data("softmax")) as data:
            answers = run_stages(bundle, dict(data))[0][report["exits"][0]["exit"]]
        np.testing.assert_allclose(answers.sum(1), 1, atol=1e-5)
        self.assertTrue(any("probabilities" in note for note in report["notes"]))

    def test_tokens_that_the_mask_leaves_out(self):
        """The mask is only used in stage 1; for the exit after stage 2 it is carried on."""
        old = self.split("tokens", "--shape", "ids=1x12", "--shape", "attention_mask=1x12")
        self.assertNotIn("attention_mask", read(old)["stages"][0]["sends"])
        bundle = old.parent / "new"
        report = self.exits(old, "--data", self.data("tokens"), "--pool", "mean", "-o", bundle)
        with np.load(self.data("tokens")) as data:
            self.check_bundle(old, bundle, report, dict(data))
            inputs = dict(data)
        first, second, _ = read(bundle)["stages"]
        self.assertIn("attention_mask", first["sends"])
        self.assertIn("attention_mask", second["receives"])
        self.assertEqual(first["output_bytes"] - read(old)["stages"][0]["output_bytes"], 12 * 8)
        # The exit after stage 1 cannot tell what stands behind a text.
        before = run_stages(bundle, inputs)[0][first["exit"]]
        hidden = inputs["attention_mask"] == 0
        inputs["ids"] = np.where(hidden, (inputs["ids"] + 1) % 40, inputs["ids"])
        after = run_stages(bundle, inputs)[0][first["exit"]]
        np.testing.assert_allclose(before, after, atol=1e-5)

    def test_in_place_and_anew(self):
        bundle = self.split("mlp")
        with np.load(self.data("mlp")) as data:
            rows = dict(data)
        labels = np.random.RandomState(1).randint(0, 4, len(rows["x"]))
        np.savez(self.folder / "labelled.npz", labels=labels, **rows)
        report = self.exits(bundle, "--data", self.folder / "labelled.npz", "--after", "2",
                            "--hidden", 16, "--held-out", 0.3, "--max-rows", 800)
        self.assertEqual(report["rows"], {"fitted": 448, "chosen_by": 112, "held_out": 240})
        self.assertAlmostEqual(report["last_accuracy"], 0.25, delta=0.1)
        self.assertIn("accuracy", report["exits"][0])
        stages = read(bundle)["stages"]
        self.assertNotIn("exit", stages[0])
        self.refused("--replace", "exits", bundle, "--data", self.data("mlp"), "--after", "2")
        # Stage 1 has none yet; then all of them once more, and the file does not grow.
        first = self.exits(bundle, "--data", self.data("mlp"))
        self.assertEqual([line["stage"] for line in first["exits"]], [1])
        size = (bundle / "stage1.onnx").stat().st_size
        gflops = read(bundle)["stages"][0]["gflops"]
        again = self.exits(bundle, "--data", self.data("mlp"), "--replace", "--seed", 3)
        self.assertEqual([line["stage"] for line in again["exits"]], [1, 2])
        self.assertLess((bundle / "stage1.onnx").stat().st_size, size + 100)
        self.assertAlmostEqual(read(bundle)["stages"][0]["gflops"], gflops)
        self.assertEqual([path.name for path in bundle.parent.iterdir()], ["bundle"])
        for stage in read(bundle)["stages"]:
            content = (bundle / stage["file"]).read_bytes()
            self.assertEqual(hashlib.sha256(content).hexdigest(), stage["sha256"])

    def test_the_same_seed_gives_the_same_files(self):
        old = self.split("mlp")
        made = []
        for name in ("a", "b"):
            self.exits(old, "--data", self.data("mlp"), "--hidden", 8, "--seed", 4, "-o",
                       old.parent / name)
            made.append(digests(old.parent / name))
        self.assertEqual(made[0], made[1])

    @unittest.skipUnless(FASHION.is_dir(), "the images of dataset-fashion-mnist are not here")
    def test_the_shipped_model_with_its_exits_replaced(self):
        """On images that its trunk was not trained on."""
        bundle = self.folder / "fashion-mnist"
        shutil.copytree(SOURCE / "models" / "fashion-mnist", bundle)
        with gzip.open(FASHION / "t10k-images-idx3-ubyte.gz") as file:
            images = file.read()[16:16 + 784 * 3000]
        path = self.folder / "images-idx3-ubyte.gz"
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(struct.pack(">IIII", 2051, 3000, 28, 28) + images)
        report = self.exits(bundle, "--data", path, "--replace")
        self.assertEqual([line["stage"] for line in report["exits"]], [1, 2, 3])
        agreement = [line["agreement"] for line in report["exits"]]
        self.assertEqual(agreement, sorted(agreement))
        self.assertGreater(agreement[2], 0.85)
        self.assertLessEqual(report["exits"][2]["flops_added_share"], 0.02)
        grid = self.exits(bundle, "--data", path, "--replace", "--after", 1, "--pool", "grid")
        self.assertGreater(grid["exits"][0]["agreement"], agreement[0] + 0.1)
        self.assertTrue(any("more than" in note for note in grid["notes"]), "it costs more than 2 %")
        for stage in read(bundle)["stages"]:
            content = (bundle / stage["file"]).read_bytes()
            self.assertEqual(hashlib.sha256(content).hexdigest(), stage["sha256"])

    def test_text_for_people(self):
        done = offramp("exits", self.split("mlp"), "--data", self.data("mlp"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^ +1 +exit1_logits +128 by mean +\d+\.\d %")
        self.assertIn("No labels", done.stdout)
        self.assertIn("answers as before", done.stdout)

    def refused(self, expected, *arguments, code=2):
        bundle = arguments[1]
        before = digests(bundle) if bundle.is_dir() else None
        done = offramp(*arguments)
        self.assertEqual(done.returncode, code, (arguments, done.stderr))
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(expected, done.stderr)
        if before is not None:
            self.assertEqual(digests(bundle), before)
            self.assertEqual([path.name for path in bundle.parent.iterdir()], [bundle.name])

    def test_bad_input_is_one_line_and_leaves_the_bundle(self):
        bundle = self.split("mlp")
        data = self.data("mlp")
        with np.load(data) as arrays:
            x = arrays["x"]
        bad = self.folder / "bad"
        bad.mkdir()
        np.savez(bad / "nan.npz", x=np.where(np.arange(1200)[:, None] == 700, np.nan, x))
        np.savez(bad / "labels.npz", x=x, labels=np.full(1200, 9))
        np.savez(bad / "shape.npz", x=x[:, :5])
        np.savez(bad / "few.npz", x=x[:30])
        (bad / "torn.npz").write_bytes(data.read_bytes()[:500])
        self.refused("700", "exits", bundle, "--data", bad / "nan.npz")
        self.refused("9", "exits", bundle, "--data", bad / "labels.npz")
        self.refused("5", "exits", bundle, "--data", bad / "shape.npz")
        self.refused("30 rows", "exits", bundle, "--data", bad / "few.npz")
        self.refused("torn.npz", "exits", bundle, "--data", bad / "torn.npz")
        self.refused("nowhere.npz", "exits", bundle, "--data", bad / "nowhere.npz")
        self.refused("before the last", "exits", bundle, "--data", data, "--after", 3)
        self.refused("no tokens", "exits", bundle, "--data", data, "--pool", "first")
        self.refused("is there already", "exits", bundle, "--data", data, "-o", self.folder)
        self.refused("within the bundle", "exits", bundle, "--data", data, "-o", bundle / "new")
        self.refused("bundle.yaml", "exits", bad / "none", "--data", data)
        whole = self.folder / "one" / "whole"
        done = offramp("split", self.folder / "models" / "mlp.onnx", "--stages", 1, "-o", whole)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.refused("one stage", "exits", whole, "--data", data)
        changed = bundle / "stage1.onnx"
        changed.write_bytes(changed.read_bytes() + b"\0")
        self.refused("stage1.onnx", "exits", bundle, "--data", data)

    def test_a_full_disk_leaves_the_bundle(self):
        """A limit on a file's size stands in for it."""
        bundle = self.split("mlp")
        before = digests(bundle)
        limit = f"ulimit -f 8; trap '' XFSZ; exec {BINARY} exits {bundle} --data {self.data('mlp')}"
        done = subprocess.run(["bash", "-c", limit], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertEqual(digests(bundle), before)
        self.assertEqual([path.name for path in bundle.parent.iterdir()], ["bundle"])

    def test_interrupted_it_leaves_the_bundle(self):
        bundle = self.split("convolutions")
        before = digests(bundle)
        for wait_s in (0.02, 0.2, 0.5):
            running = subprocess.Popen([BINARY, "exits", str(bundle), "--data",
                                        str(self.data("convolutions")), "--hidden", "512"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(wait_s)
            running.send_signal(signal.SIGINT)
            _, errors = running.communicate(timeout=60)
            if running.returncode == 0:
                return  # it was done before the signal came
            self.assertIn(running.returncode, (1, -signal.SIGINT), errors)
            self.assertEqual(digests(bundle), before)
            self.assertEqual([path.name for path in bundle.parent.iterdir()], ["bundle"])


if __name__ == "__main__":
    unittest.main()
