#!/usr/bin/env python3
"""Runs bundles stage by stage in ONNX Runtime and holds them to what bundle.yaml says.

    check_bundle.py BUNDLE...

Checked for each: hashes; names, types and shapes of every tensor; output_bytes; that no batch
normalisation is left; that a batch answers as its rows do alone; labels and exit profile. Where
`train_fashion_mnist.py` left reference answers (.checkpoints/NAME-reference.npz), the stages must
repeat them within 1e-4 and the exit profile must follow from them. Prints the time of each stage on
one thread. Needs onnxruntime, numpy and pyyaml; exit code 1 when something does not hold.
"""

import argparse
import csv
import hashlib
import pathlib
import sys
import time

import numpy as np
import onnxruntime
import yaml

_TOLERANCE = 1e-4
_BATCH = 7
_TIMED_RUNS = 200
_SCRATCH = pathlib.Path(__file__).resolve().parent / ".checkpoints"


class CheckError(Exception):
    """Something in the bundle does not hold."""


def Require(condition: bool, message: str):
    if not condition:
        raise CheckError(message)


class StagedModel:
    """All stages of a bundle; tensors travel by name as between nodes."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.description = yaml.safe_load((folder / "bundle.yaml").read_text())
        self.stages = self.description["stages"]
        self.sessions = [self._Open(stage) for stage in self.stages]

    def _Open(self, stage: dict) -> onnxruntime.InferenceSession:
        content = (self.folder / stage["file"]).read_bytes()
        Require(hashlib.sha256(content).hexdigest() == stage["sha256"], f"{stage['file']}: sha256")
        Require(b"BatchNormalization" not in content, f"{stage['file']}: has a BatchNormalization")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        for tensor in [*session.get_inputs(), *session.get_outputs()]:
            Require(tensor.type == "tensor(float)",
                    f"{stage['file']}: {tensor.name} is {tensor.type}")
            Require(not isinstance(tensor.shape[0], int),
                    f"{stage['file']}: first axis of {tensor.name} is fixed")
        Require([t.name for t in session.get_inputs()] == stage["receives"],
                f"{stage['file']}: inputs are not `receives`")
        outputs = [t.name for t in session.get_outputs()]
        Require("exit" not in stage or stage["exit"] in outputs,
                f"{stage['file']}: output {stage.get('exit')} is missing")
        return session

    def Run(self, inputs: dict) -> list:
        """Logits of each stage (None without exit), sending on exactly what `sends` names."""
        answers, travelling = [], dict(inputs)
        for stage, session in zip(self.stages, self.sessions):
            received = {name: travelling[name] for name in stage["receives"]}
            names = [t.name for t in session.get_outputs()]
            produced = dict(zip(names, session.run(None, received)))
            answers.append(produced.get(stage.get("exit")))
            travelling = {name: produced[name] if name in produced else travelling[name]
                          for name in stage["sends"]}
            rows = len(next(iter(received.values())))
            sent_bytes = sum(value.nbytes for value in travelling.values())
            Require(sent_bytes == rows * stage["output_bytes"], f"{stage['file']}: output_bytes")
        return answers

    def RandomInputs(self, rows: int) -> dict:
        random = np.random.RandomState(3)
        return {spec["name"]: random.random_sample([rows, *spec["shape"][1:]]).astype(np.float32)
                for spec in self.description["inputs"]}

    def TimeStagesMs(self, rows: int) -> list:
        """Median milliseconds of each stage for one run of `rows` tasks."""
        times_ms, travelling = [], self.RandomInputs(rows)
        for stage, session in zip(self.stages, self.sessions):
            received = {name: travelling[name] for name in stage["receives"]}
            names = [t.name for t in session.get_outputs()]
            runs_s = []
            for _ in range(_TIMED_RUNS):
                started_s = time.perf_counter()
                values = session.run(None, received)
                runs_s.append(time.perf_counter() - started_s)
            travelling.update(zip(names, values))
            times_ms.append(1e3 * sorted(runs_s)[_TIMED_RUNS // 2])
        return times_ms


def CheckBatchRows(model: StagedModel):
    inputs = model.RandomInputs(_BATCH)
    together = model.Run(inputs)
    for row in range(_BATCH):
        alone = model.Run({name: value[row:row + 1] for name, value in inputs.items()})
        for stage, (batch_answer, answer) in enumerate(zip(together, alone), start=1):
            if answer is not None:
                Require(np.allclose(batch_answer[row], answer[0], rtol=_TOLERANCE, atol=_TOLERANCE),
                        f"stage {stage}: row {row} of a batch differs from the row alone")
    expected = [tuple(spec["shape"][1:]) for spec in model.description["outputs"]][-1]
    Require(together[-1].shape == (_BATCH, *expected), "shape of the answer")


def CheckProfile(model: StagedModel) -> list:
    """Checks form and ranges of the exit profile; returns its rows as numbers (none: [])."""
    if "exit_profile" not in model.description:
        return []
    with open(model.folder / model.description["exit_profile"], newline="") as file:
        header, *rows = list(csv.reader(file))
    expected = []
    for number, stage in enumerate(model.stages, start=1):
        if number == len(model.stages):
            expected.append(f"correct_{number}")
        elif "exit" in stage:
            expected += [f"confidence_{number}", f"correct_{number}"]
    Require(header == expected, f"exit profile: header {header}, expected {expected}")
    values = np.array(rows, dtype=float)
    Require(values.shape[1] == len(expected), "exit profile: columns")
    Require(bool(((values >= 0) & (values <= 1)).all()), "exit profile: a value outside 0..1")
    return [dict(zip(header, column)) for column in values]


def CheckReference(model: StagedModel, profile: list) -> float:
    """Compares with the trainer's answers; returns the largest difference of any logit."""
    reference = np.load(_SCRATCH / f"{model.folder.resolve().name}-reference.npz")
    answers = model.Run({"image": reference["image"]})
    worst = 0.0
    for number, (stage, answer) in enumerate(zip(model.stages, answers), start=1):
        worst = max(worst, float(np.abs(answer - reference[f"exit{number}"]).max()))
        if number == len(answers):
            continue
        scaled = answer.astype(np.float64) / stage["temperature"]
        chances = np.exp(scaled - scaled.max(1, keepdims=True))
        confidence = chances.max(1) / chances.sum(1)
        noted = np.array([row[f"confidence_{number}"] for row in profile])
        Require(float(np.abs(confidence - noted).max()) < _TOLERANCE,
                f"exit profile: confidence_{number} is not what the stages give")
    Require(worst < _TOLERANCE, f"logits differ from the trained network's by {worst:.2e}")
    return worst


def Check(folder: pathlib.Path):
    model = StagedModel(folder)
    CheckBatchRows(model)
    profile = CheckProfile(model)
    if "labels" in model.description:
        labels = (folder / model.description["labels"]).read_text().splitlines()
        Require(len(labels) == model.description["outputs"][-1]["shape"][-1], "number of labels")
    print(f"{folder}: holds; {len(profile)} rows of exit profile")
    if (_SCRATCH / f"{folder.resolve().name}-reference.npz").exists():
        worst = CheckReference(model, profile)
        print(f"  largest difference from the trained network: {worst:.1e}")
    for rows in (1, 8):
        times_ms = model.TimeStagesMs(rows)
        print(f"  ms a run of {rows}: " + " + ".join(f"{value:.3f}" for value in times_ms)
              + f" = {sum(times_ms):.3f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", type=pathlib.Path, metavar="BUNDLE")
    failed = False
    for folder in parser.parse_args().bundles:
        try:
            Check(folder)
        except (CheckError, OSError, KeyError, yaml.YAMLError) as error:
            print(f"{folder}: {error}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
