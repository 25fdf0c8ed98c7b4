#!/usr/bin/python3
"""Makes models to fit exits to, and their data: `models.py OUTDIR`. Needs python3-onnx only.

Weights are random and without bias, activations symmetric, so every class is as likely; rows are
noise around one of a few centres, so that there is something to learn.
"""

import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

F, I, H = TensorProto.FLOAT, TensorProto.INT64, TensorProto.FLOAT16
N = helper.make_node
RANDOM = np.random.RandomState(5)
ROWS, CLASSES = 1200, 4


def weight(name, *shape, kind="<f4", scale=2.0):
    fan_in = np.prod(shape[1:] if len(shape) == 4 else shape[:1])
    values = RANDOM.standard_normal(shape) * scale / np.sqrt(fan_in)
    return numpy_helper.from_array(values.astype(kind), name)


def value(name, kind, *shape):
    return helper.make_tensor_value_info(name, kind, shape)


def around_centres(*shape):
    """Rows of a normal distribution around one of eight centres, constant over space."""
    centres = RANDOM.standard_normal((8, shape[0]) + (1,) * (len(shape) - 1))
    chosen = RANDOM.randint(0, 8, ROWS)
    return (centres[chosen] + 0.7 * RANDOM.standard_normal((ROWS,) + shape)).astype("<f4")


def mlp():
    nodes = [N("MatMul", ["x", "w1"], ["a"]), N("Tanh", ["a"], ["b"]),
             N("MatMul", ["b", "w2"], ["c"]), N("Tanh", ["c"], ["d"]),
             N("MatMul", ["d", "w3"], ["logits"])]
    weights = [weight("w1", 12, 128), weight("w2", 128, 128), weight("w3", 128, CLASSES)]
    return (nodes, [value("x", F, "n", 12)], [value("logits", F, "n", CLASSES)], weights,
            {"x": around_centres(12)})


def softmax():
    """The same, but its answers are probabilities."""
    nodes, inputs, _, weights, data = mlp()
    nodes[-1].output[0] = "scores"
    nodes.append(N("Softmax", ["scores"], ["probabilities"], axis=1))
    return nodes, inputs, [value("probabilities", F, "n", CLASSES)], weights, data


def halves():
    nodes = [N("Cast", ["x"], ["h"], to=H), N("MatMul", ["h", "w1"], ["a"]), N("Tanh", ["a"], ["b"]),
             N("MatMul", ["b", "w2"], ["c"]), N("Tanh", ["c"], ["d"]),
             N("MatMul", ["d", "w3"], ["e"]), N("Cast", ["e"], ["logits"], to=F)]
    weights = [weight("w1", 12, 64, kind="<f2"), weight("w2", 64, 64, kind="<f2"),
               weight("w3", 64, CLASSES, kind="<f2")]
    return (nodes, [value("x", F, "n", 12)], [value("logits", F, "n", CLASSES)], weights,
            {"x": around_centres(12)})


def convolutions():
    nodes = [N("Conv", ["x", "k1"], ["a"], pads=[1, 1, 1, 1]), N("Tanh", ["a"], ["b"]),
             N("Conv", ["b", "k2"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]), N("Tanh", ["c"], ["d"]),
             N("Add", ["d", "d"], ["skip"]), N("Conv", ["d", "k3"], ["e"], pads=[1, 1, 1, 1]),
             N("Add", ["e", "skip"], ["f"]), N("GlobalAveragePool", ["f"], ["g"]),
             N("Flatten", ["g"], ["h"]), N("MatMul", ["h", "w"], ["logits"])]
    weights = [weight("k1", 16, 3, 3, 3), weight("k2", 32, 16, 3, 3), weight("k3", 32, 32, 3, 3),
               weight("w", 32, CLASSES, scale=6.0)]
    return (nodes, [value("x", F, "n", 3, 12, 12)], [value("logits", F, "n", CLASSES)], weights,
            {"x": around_centres(3, 12, 12)})


def tokens():
    """Padded texts: the mask is used once, early; what stands behind the text is noise."""
    nodes = [N("Gather", ["table", "ids"], ["e"]), N("Cast", ["attention_mask"], ["m"], to=F),
             N("Unsqueeze", ["m", "two"], ["m3"]),
             N("MatMul", ["e", "w1"], ["a"]), N("Tanh", ["a"], ["b"]), N("Mul", ["b", "m3"], ["t1"]),
             N("MatMul", ["t1", "w2"], ["c"]), N("Tanh", ["c"], ["t2"]),
             N("MatMul", ["t2", "w3"], ["d"]), N("Tanh", ["d"], ["t3"]),
             N("ReduceSum", ["t3", "one"], ["sum"], keepdims=0), N("MatMul", ["sum", "w"], ["logits"])]
    weights = [weight("table", 40, 16, scale=3.0), weight("w1", 16, 32), weight("w2", 32, 32),
               weight("w3", 32, 32), weight("w", 32, CLASSES, scale=1.0),
               numpy_helper.from_array(np.array([2], "<i8"), "two"),
               numpy_helper.from_array(np.array([1], "<i8"), "one")]
    lengths = RANDOM.randint(2, 13, (ROWS, 1))
    topic = RANDOM.randint(0, 8, (ROWS, 1))
    ids = np.where(RANDOM.random_sample((ROWS, 12)) < 0.6, topic * 5 + RANDOM.randint(0, 5, (ROWS, 12)),
                   RANDOM.randint(0, 40, (ROWS, 12)))
    mask = np.arange(12) < lengths
    ids = np.where(mask, ids, RANDOM.randint(0, 40, (ROWS, 12)))
    return (nodes, [value("ids", I, "n", "t"), value("attention_mask", I, "n", "t")],
            [value("logits", F, "n", CLASSES)], weights,
            {"ids": ids.astype("<i8"), "attention_mask": mask.astype("<i8")})


MODELS = (mlp, softmax, halves, convolutions, tokens)
CUTS = {"mlp": ["b", "d"], "softmax": ["b"], "halves": ["b"], "convolutions": ["b", "d"],
        "tokens": ["t1", "t2"]}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for make in MODELS:
        nodes, inputs, outputs, weights, data = make()
        graph = helper.make_graph(nodes, make.__name__, inputs, outputs, weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        model.ir_version = 7
        checker.check_model(model)
        save(model, str(folder / f"{make.__name__}.onnx"))
        np.savez(folder / f"{make.__name__}.npz", **data)
    # The same weights in a file beside the model.
    nodes, inputs, outputs, weights, data = mlp()
    graph = helper.make_graph(nodes, "external", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    save(model, str(folder / "external.onnx"), save_as_external_data=True,
         all_tensors_to_one_file=True, location="external.weights", size_threshold=0)
    np.savez(folder / "external.npz", **data)


if __name__ == "__main__":
    main()
