#!/usr/bin/python3
"""Makes tiny bundles for tests and benches: `make_test_models.py OUTDIR`. Needs python3-onnx only.

The same bytes come out every time. All are FP32 with a batch axis.

    tiny    3 stages, input `x` [-1, 8], answers over 4 classes; exits at stages 1 and 2,
            temperatures, a small invented exit profile. For tests that route, exit and compare
            answers.
    skip    tiny without exits, whose stage 3 also reads stage 1's activation: stage 2 passes on a
            tensor that is no output of its file.
    relay   4 stages that pass `x` [-1, 768] (3072 bytes) on untouched; no exits; the answer is the
            first 10 numbers of `x`. The engine does nothing: what remains is transport.
    heavy   4 equal stages of matrix products, input `x` [-1, 768], 10 classes, no exits. Enough
            work a task (check_bundle.py prints the time) that a fleet's throughput can be put
            beside a bare engine's.
"""

import argparse
import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper

import bundle_files

_OPSET = 13
_IR_VERSION = 7
_FLOAT_BYTES = 4


class Stage:
    """Collects the nodes and weights of one stage; `Finish` checks it and counts its cost."""

    def __init__(self, seed: int):
        # RandomState's stream is frozen by NumPy's promise, and uniform draws need no libm.
        self._random = np.random.RandomState(seed)
        self._nodes, self._weights = [], []
        self._macs = 0

    def Weight(self, rows: int, columns: int, gain: float) -> str:
        """A [rows, columns] matrix, uniform, that scales the spread of its input by `gain`."""
        limit = gain * (3.0 / rows) ** 0.5
        values = ((2 * self._random.random_sample((rows, columns)) - 1) * limit).astype("<f4")
        return self._Constant(values, TensorProto.FLOAT)

    def Orthogonal(self, size: int) -> str:
        """A [size, size] matrix that keeps lengths, for any long chain of products: Hadamard's
        (`size` a power of two), its rows shuffled and the signs of its columns drawn."""
        values = np.ones((1, 1))
        while len(values) < size:
            values = np.block([[values, values], [values, -values]])
        signs = 2 * self._random.randint(0, 2, size) - 1
        values = values[self._random.permutation(size)] * signs / size ** 0.5
        return self._Constant(values.astype("<f4"), TensorProto.FLOAT)

    def Integers(self, values) -> str:
        return self._Constant(np.array(values, "<i8"), TensorProto.INT64)

    def Add(self, operator: str, inputs, output: str, **attributes) -> str:
        self._nodes.append(helper.make_node(operator, list(inputs), [output], name=output,
                                            **attributes))
        return output

    def MatMul(self, source: str, weight: str, output: str, macs: int) -> str:
        self._macs += macs
        return self.Add("MatMul", [source, weight], output)

    def Finish(self, receives: dict, outputs: dict, sends: dict, exit_name=None, temperature=None):
        """`receives`, `outputs` and `sends` map tensor names to their widths for one task."""
        graph = helper.make_graph(self._nodes, "stage", _Infos(receives), _Infos(outputs),
                                  initializer=self._weights)
        model = helper.make_model(graph, producer_name="offramp", ir_version=_IR_VERSION,
                                  opset_imports=[helper.make_opsetid("", _OPSET)])
        checker.check_model(model, full_check=True)
        weights_bytes = sum(len(weight.raw_data) for weight in self._weights)
        moved = sum(receives.values()) + sum(outputs.values())
        # Planners divide by gflops: a stage without products counts the numbers that it touches.
        operations = 2 * self._macs or moved
        return bundle_files.StageRecord(
            model=model.SerializeToString(deterministic=True), receives=list(receives),
            sends=list(sends), exit=exit_name, temperature=temperature,
            gflops=operations / 1e9, output_bytes=_FLOAT_BYTES * sum(sends.values()),
            memory_bytes=weights_bytes + _FLOAT_BYTES * moved)

    def _Constant(self, values: np.ndarray, kind: int) -> str:
        name = f"constant{len(self._weights) + 1}"
        self._weights.append(
            helper.make_tensor(name, kind, values.shape, values.tobytes(), raw=True))
        return name


def Tiny() -> bundle_files.Bundle:
    width, classes, hidden_gain, answer_gain = 8, 4, 2.0, 5.0
    stages = []
    received = "x"
    for number, (exit_name, temperature) in enumerate(
            [("exit1_logits", 1.25), ("exit2_logits", 1.5), ("logits", 1.0)], start=1):
        stage = Stage(seed=10 + number)
        hidden = f"hidden{number}"
        square = stage.Weight(width, width, hidden_gain)
        stage.MatMul(received, square, f"product{number}", width * width)
        stage.Add("Relu", [f"product{number}"], hidden)
        stage.MatMul(hidden, stage.Weight(width, classes, answer_gain), exit_name, width * classes)
        sends = {} if exit_name == "logits" else {hidden: width}
        stages.append(stage.Finish({received: width}, {**sends, exit_name: classes}, sends,
                                   exit_name, temperature))
        received = hidden
    return _Bundle("tiny", width, classes, stages, labels=["north", "east", "south", "west"],
                   exits_csv=_InventedProfile(rows=200, classes=classes))


def Skip() -> bundle_files.Bundle:
    width, classes = 8, 4
    first, second, third = Stage(seed=21), Stage(seed=22), Stage(seed=23)
    first.MatMul("x", first.Weight(width, width, 2.0), "early", width * width)
    second.MatMul("early", second.Weight(width, 5, 2.0), "product", width * 5)
    second.Add("Tanh", ["product"], "late")
    third.Add("Concat", ["late", "early"], "both", axis=1)
    third.MatMul("both", third.Weight(5 + width, classes, 2.0), "logits", (5 + width) * classes)
    return _Bundle("skip", width, classes, [
        first.Finish({"x": width}, {"early": width}, {"early": width}),
        second.Finish({"early": width}, {"late": 5}, {"late": 5, "early": width}),
        third.Finish({"late": 5, "early": width}, {"logits": classes}, {}, "logits")])


def Relay() -> bundle_files.Bundle:
    width, answer = 768, 10
    stages = []
    received = "x"
    for number in (1, 2, 3):
        stage = Stage(seed=0)
        passed = stage.Add("Identity", [received], f"relay{number}_out")
        stages.append(stage.Finish({received: width}, {passed: width}, {passed: width}))
        received = passed
    last = Stage(seed=0)
    last.Add("Slice", [received, last.Integers([0]), last.Integers([answer]), last.Integers([1])],
             "logits")
    stages.append(last.Finish({received: width}, {"logits": answer}, {}, "logits"))
    return _Bundle("relay", width, answer, stages)


def Heavy() -> bundle_files.Bundle:
    # A task is 12 rows of 64, so that products are bound by arithmetic, not by reading weights; one
    # matrix serves the whole chain of a stage, so that files stay small.
    rows, columns, inner, products, classes = 12, 64, 512, 21, 10
    width = rows * columns
    stages = []
    received = "x"
    for number in (1, 2, 3, 4):
        stage = Stage(seed=30 + number)
        stage.Add("Reshape", [received, stage.Integers([-1, rows, columns])], "rows")
        value = stage.MatMul("rows", stage.Weight(columns, inner, 1.0), "wide", width * inner)
        square = stage.Orthogonal(inner)
        for index in range(products):
            value = stage.MatMul(value, square, f"product{index}", rows * inner * inner)
        if number < 4:
            sent = f"heavy{number}_out"
            stage.MatMul(value, stage.Weight(inner, columns, 1.0), "narrow", width * inner)
            stage.Add("Reshape", ["narrow", stage.Integers([-1, width])], sent)
            stages.append(stage.Finish({received: width}, {sent: width}, {sent: width}))
            received = sent
        else:
            stage.Add("ReduceMean", [value], "mean", axes=[1], keepdims=0)
            stage.MatMul("mean", stage.Weight(inner, classes, 8.0), "logits", inner * classes)
            stages.append(stage.Finish({received: width}, {"logits": classes}, {}, "logits"))
    return _Bundle("heavy", width, classes, stages)


def _Infos(tensors: dict):
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width])
            for name, width in tensors.items()]


def _Bundle(name, width, classes, stages, labels=None, exits_csv=None) -> bundle_files.Bundle:
    return bundle_files.Bundle(
        name=name, inputs=[bundle_files.TensorSpec("x", [-1, width])],
        outputs=[bundle_files.TensorSpec("logits", [-1, classes])], stages=stages, labels=labels,
        exits_csv=exits_csv)


def _InventedProfile(rows: int, classes: int) -> str:
    """Calibrated by construction: a sample of some difficulty is right with the probability that
    its confidence says, and later stages find it easier. Not what tiny's weights would give."""
    random = np.random.RandomState(7)
    difficulty, luck = random.random_sample(rows), random.random_sample(rows)
    chance = {stage: 1 - (1 - 1 / classes) * ease * difficulty
              for stage, ease in ((1, 1.0), (2, 0.6), (3, 0.3))}
    correct = {stage: luck < probability for stage, probability in chance.items()}
    return bundle_files.ExitProfileText({1: chance[1], 2: chance[2]}, correct)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outdir", type=pathlib.Path, metavar="OUTDIR")
    outdir = parser.parse_args().outdir
    for bundle in (Tiny(), Skip(), Relay(), Heavy()):
        bundle_files.Write(bundle, outdir / bundle.name)
        print(outdir / bundle.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
