"""`offramp profile`: the shipped model gets back the temperatures and the profile that its training
wrote; what is stopped goes on; what is wrong is one line and leaves the bundle as it was."""

import csv
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import numpy as np
import yaml

SOURCE = pathlib.Path(os.environ.get("OFFRAMP_SOURCE_DIR",
                                     pathlib.Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("OFFRAMP_BINARY", str(SOURCE / "build" / "offramp"))
IMAGES = pathlib.Path("/usr/share/datasets/fashion-mnist")
TEST_SET = IMAGES / "t10k-images-idx3-ubyte.gz"


def idx(name):
    raw = gzip.decompress((IMAGES / name).read_bytes())
    axes = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(axes)]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)


class Profile(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="offramp-profile-"))
        self.bundle = self.folder / "fashion-mnist"
        shutil.copytree(SOURCE / "models" / "fashion-mnist", self.bundle)
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"))

    def tearDown(self):
        shutil.rmtree(self.folder)

    def profile(self, *arguments):
        return subprocess.run([BINARY, "profile", *map(str, arguments)], capture_output=True,
                              text=True, timeout=120, check=False, env=self.environment)

    def profile_json(self, *arguments):
        done = self.profile(*arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def yaml(self, folder=None):
        return yaml.safe_load(((folder or self.bundle) / "bundle.yaml").read_text())

    def contents(self):
        return {path.name: path.read_bytes() for path in sorted(self.bundle.iterdir())}

    @unittest.skipUnless(TEST_SET.exists(), "needs Debian's dataset-fashion-mnist")
    def test_agrees_with_the_report_of_the_training(self):
        before = self.yaml()
        found = self.profile_json(self.bundle, "--data", TEST_SET, "--rows", 6000,
                                  "--html", self.folder / "report.html")
        report = (SOURCE / "models" / "fashion-mnist" / "REPORT.md").read_text()
        rows = re.findall(r"^\| (\d) \| [\d.]+ \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", report,
                          re.M)[-4:]
        self.assertEqual(len(rows), 4)
        for (_, accuracy, temperature, error), exit_ in zip(rows, found["exits"]):
            self.assertAlmostEqual(exit_["accuracy"], float(accuracy) / 100, delta=0.015)
            self.assertAlmostEqual(exit_["temperature"], float(temperature), delta=0.12)
            self.assertAlmostEqual(exit_["calibration_error_raw"], float(error) / 100, delta=0.012)
            self.assertLess(exit_["calibration_error"], 0.022)
        after = self.yaml()
        self.assertEqual(found["rows"]["fitted"], 3000)
        with open(self.bundle / after["exit_profile"], newline="", encoding="utf-8") as file:
            profiled = list(csv.DictReader(file))
        self.assertEqual(len(profiled), 3000)
        for old, new, stage in zip(before["stages"], after["stages"], found["stages"]):
            for key in ("file", "sha256", "receives", "sends", "exit", "gflops"):
                self.assertEqual(old[key], new[key])
            self.assertGreater(new["gflops_per_s"], 0)
            self.assertGreater(stage["batches"][1]["gflops_per_s"], 0)
        self.assertEqual(len(after["service_histogram"]["weights"]), 33)
        page = (self.folder / "report.html").read_text()
        self.assertNotIn("http://", page.replace("http://www.w3.org/2000/svg", ""))
        self.assertFalse(list((self.folder / "cache").rglob("*.partial")))
        # Whoever loads it finds it sound.
        shown = subprocess.run([BINARY, "profile", self.bundle, "--data", TEST_SET, "--rows", "8",
                                "--timing", "no", "-o", self.folder / "copy"],
                               capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(shown.returncode, 0, shown.stderr)

    @unittest.skipUnless(TEST_SET.exists(), "needs Debian's dataset-fashion-mnist")
    def test_is_the_same_from_every_format(self):
        images = idx("t10k-images-idx3-ubyte.gz")[:60]
        labels = idx("t10k-labels-idx1-ubyte.gz")[:60]
        scaled = (images / np.float32(255)).astype(np.float32)
        names = (self.bundle / "labels.txt").read_text().splitlines()
        np.savez(self.folder / "d.npz", image=scaled[:, None], labels=labels)
        np.savez_compressed(self.folder / "e.npz", scaled, y=labels.astype(np.int64))
        np.save(self.folder / "x.npy", scaled.reshape(60, 784))
        np.savetxt(self.folder / "y.csv", labels, fmt="%d", header="label", comments="")
        with open(self.folder / "d.csv", "w", encoding="utf-8") as file:
            file.write("label," + ",".join(f"p{i}" for i in range(784)) + "\n")
            for image, label in zip(scaled.reshape(60, 784), labels):
                file.write(f'"{names[label]}",' + ",".join(f"{v:.9g}" for v in image) + "\n")
        answers = []
        for arguments in (["d.npz"], ["e.npz"], ["x.npy", "--labels", self.folder / "y.csv"],
                          ["d.csv"]):
            found = self.profile_json(self.bundle, "--data", self.folder / arguments[0],
                                      *arguments[1:], "--timing", "no", "--calibrate", "no",
                                      "-o", self.folder / f"copy-{len(answers)}")
            answers.append((self.folder / f"copy-{len(answers)}" / "exits.csv").read_text())
            self.assertEqual(found["rows"]["profiled"], 60)
        self.assertEqual(len(set(answers)), 1)
        # The same rows, labelled by nobody: the last stage is right, the others agree or do not.
        found = self.profile_json(self.bundle, "--data", self.folder / "x.npy", "--timing", "no",
                                  "-o", self.folder / "copy")
        self.assertFalse(found["labelled"])
        self.assertIsNone(found["exits"][0]["accuracy"])
        self.assertEqual(found["exits"][3]["agreement"], 1)
        self.assertEqual(self.yaml(self.folder / "copy")["stages"][3]["temperature"],
                         self.yaml()["stages"][3]["temperature"])

    @unittest.skipUnless(TEST_SET.exists(), "needs Debian's dataset-fashion-mnist")
    def test_goes_on_after_ctrl_c(self):
        before = self.contents()
        command = [BINARY, "profile", str(self.bundle), "--data", str(TEST_SET), "--threads", "1",
                   "--timing", "no", "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env=self.environment)
        partial = self.folder / "cache" / "offramp"
        end = time.monotonic() + 60
        while time.monotonic() < end and not any(
                path.stat().st_size > 20000 for path in partial.glob("*.partial")):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn("the same command goes on", errors)
        self.assertEqual(self.contents(), before)
        self.assertEqual(list(self.folder.glob("*partial*")), [])
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                              env=self.environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("goes on after the", done.stderr)
        found = json.loads(done.stdout)
        self.assertGreater(found["rows"]["resumed"], 0)
        self.assertEqual(found["rows"]["fitted"] + found["rows"]["profiled"], 10000)
        self.assertFalse(list(partial.glob("*.partial")))

    def test_wrong_input_is_one_line_and_changes_nothing(self):
        before = self.contents()
        good = np.zeros((8, 1, 28, 28), np.float32)
        bad = good.copy()
        bad[3, 0, 1, 1] = np.nan
        np.save(self.folder / "nan.npy", bad)
        np.save(self.folder / "shape.npy", good[:, :, :27])
        np.save(self.folder / "good.npy", good)
        np.save(self.folder / "object.npy", np.array([{}], object), allow_pickle=True)
        np.save(self.folder / "far.npy", np.full(8, 10))
        np.save(self.folder / "seven.npy", np.zeros(7, int))
        (self.folder / "torn.npz").write_bytes(b"PK\3\4 torn")
        (self.folder / "noise.bin").write_bytes(bytes(range(256)))
        cases = [(["nan.npy"], "row 3: element 29 is NaN"),
                 (["shape.npy"], "expected [-1, 1, 28, 28]"),
                 (["object.npy"], "never loaded"),
                 (["torn.npz"], "torn.npz: "),
                 (["noise.bin"], "noise.bin: "),
                 (["none.npy"], "no such file"),
                 (["good.npy", "--labels", self.folder / "far.npy"], "label 10, expected 0 to 9"),
                 (["good.npy", "--labels", self.folder / "seven.npy"], "has 7 labels"),
                 (["good.npy", "--std", "0"], "--std"),
                 (["good.npy", "--html", self.folder / "none" / "x.html"], "no such folder"),
                 (["good.npy", "-o", self.folder], "is there already")]
        for arguments, text in cases:
            done = self.profile(self.bundle, "--data", self.folder / arguments[0], *arguments[1:])
            self.assertEqual(done.returncode, 2, (arguments, done.stderr))
            self.assertIn(text, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertEqual(done.stdout, "")
        self.assertEqual(self.contents(), before)
        (self.bundle / "stage2.onnx").write_bytes(b"other")
        done = self.profile(self.bundle, "--data", self.folder / "good.npy")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("stage2.onnx", done.stderr)


if __name__ == "__main__":
    unittest.main()
