#!/usr/bin/python3
"""Makes graphs of many kinds to split: `graphs.py OUTDIR`. Needs python3-onnx only.

Each is a function that returns (nodes, inputs, outputs, weights); OUTDIR gets NAME.onnx.
"""

import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

F, I, H, U8 = TensorProto.FLOAT, TensorProto.INT64, TensorProto.FLOAT16, TensorProto.UINT8
RANDOM = np.random.RandomState(7)


def weight(name, *shape, kind="<f4"):
    return numpy_helper.from_array((RANDOM.random_sample(shape) - 0.5).astype(kind), name)


def ints(name, values):
    return numpy_helper.from_array(np.array(values, "<i8"), name)


def value(name, kind, *shape):
    return helper.make_tensor_value_info(name, kind, shape)


N = helper.make_node


def chain():
    nodes = [N("MatMul", ["x", "w1"], ["a"]), N("Relu", ["a"], ["b"]),
             N("MatMul", ["b", "w2"], ["c"]), N("Tanh", ["c"], ["d"]),
             N("MatMul", ["d", "w3"], ["logits"])]
    return (nodes, [value("x", F, "n", 8)], [value("logits", F, "n", 4)],
            [weight("w1", 8, 16), weight("w2", 16, 16), weight("w3", 16, 4)])


def skip():
    nodes = [N("MatMul", ["x", "w1"], ["a"]), N("Relu", ["a"], ["b"]),
             N("MatMul", ["b", "w2"], ["c"]), N("Add", ["c", "a"], ["d"]),
             N("MatMul", ["d", "w3"], ["e"]), N("Concat", ["e", "x"], ["f"], axis=1),
             N("MatMul", ["f", "w4"], ["logits"])]
    return (nodes, [value("x", F, "n", 8)], [value("logits", F, "n", 4)],
            [weight("w1", 8, 16), weight("w2", 16, 16), weight("w3", 16, 8), weight("w4", 16, 4)])


def exits():
    nodes = [N("MatMul", ["x", "w1"], ["a"]), N("Relu", ["a"], ["b"]),
             N("MatMul", ["b", "h1"], ["exit1"]), N("MatMul", ["b", "w2"], ["c"]),
             N("Relu", ["c"], ["d"]), N("ReduceMean", ["d"], ["norm"], axes=[1], keepdims=1),
             N("MatMul", ["d", "w3"], ["logits"])]
    return (nodes, [value("x", F, "n", 8)],
            [value("exit1", F, "n", 4), value("norm", F, "n", 1), value("logits", F, "n", 4)],
            [weight("w1", 8, 16), weight("h1", 16, 4), weight("w2", 16, 16), weight("w3", 16, 4)])


def convolutions():
    nodes = [N("Conv", ["x", "k1"], ["a"], pads=[1, 1, 1, 1]), N("Relu", ["a"], ["b"]),
             N("Conv", ["b", "k2"], ["c"], pads=[1, 1, 1, 1]), N("Add", ["b", "c"], ["d"]),
             N("MaxPool", ["d"], ["e"], kernel_shape=[2, 2], strides=[2, 2]),
             N("Conv", ["e", "k3"], ["f"]), N("GlobalAveragePool", ["f"], ["g"]),
             N("Flatten", ["g"], ["h"]), N("Gemm", ["h", "w", "bias"], ["logits"])]
    return (nodes, [value("x", F, "n", 3, 16, 16)], [value("logits", F, "n", 10)],
            [weight("k1", 8, 3, 3, 3), weight("k2", 8, 8, 3, 3), weight("k3", 16, 8, 3, 3),
             weight("w", 16, 10), weight("bias", 10)])


def fixed_batch():
    nodes = [N("MatMul", ["x", "w1"], ["a"]), N("Reshape", ["a", "to"], ["b"]),
             N("MatMul", ["b", "w2"], ["c"]), N("Reshape", ["c", "back"], ["logits"])]
    return (nodes, [value("x", F, 1, 8)], [value("logits", F, 1, 8)],
            [weight("w1", 8, 16), ints("to", [1, 4, 4]), weight("w2", 4, 2), ints("back", [1, 8])])


def fixed_batch_that_opens():
    nodes = [N("MatMul", ["x", "w1"], ["a"]), N("Relu", ["a"], ["b"]),
             N("MatMul", ["b", "w2"], ["logits"])]
    return (nodes, [value("x", F, 1, 8)], [value("logits", F, 1, 4)],
            [weight("w1", 8, 16), weight("w2", 16, 4)])


def shapes():
    """Reshapes to an extent that is read off an early tensor."""
    nodes = [N("MatMul", ["x", "w1"], ["a"]), N("Shape", ["x"], ["s"]),
             N("Gather", ["s", "zero"], ["rows"]), N("Unsqueeze", ["rows", "axis"], ["rows1"]),
             N("Concat", ["rows1", "tail"], ["to"], axis=0),
             N("MatMul", ["a", "w2"], ["b"]), N("Reshape", ["b", "to"], ["c"]),
             N("MatMul", ["c", "w3"], ["d"]), N("Flatten", ["d"], ["logits"])]
    return (nodes, [value("x", F, "n", 8)], [value("logits", F, "n", "m")],
            [weight("w1", 8, 16), numpy_helper.from_array(np.array(0, "<i8"), "zero"),
             ints("axis", [0]), ints("tail", [4, 4]), weight("w2", 16, 16), weight("w3", 4, 2)])


def attention():
    """Two dynamic axes, a mask that is needed late, heads folded into the batch and back."""
    nodes = [N("Gather", ["table", "ids"], ["e"]), N("Shape", ["ids"], ["s"]),
             N("Unsqueeze", ["attention_mask", "one"], ["m1"]), N("Cast", ["m1"], ["m2"], to=F),
             N("Sub", ["m2", "unit"], ["m3"]), N("Mul", ["m3", "big"], ["m4"])]
    source = "e"
    for layer in range(3):
        p = f"l{layer}_"
        nodes += [N("MatMul", [source, p + "q"], [p + "Q"]), N("MatMul", [source, p + "k"], [p + "K"]),
                  N("Transpose", [p + "K"], [p + "KT"], perm=[0, 2, 1]),
                  N("MatMul", [p + "Q", p + "KT"], [p + "A"]), N("Add", [p + "A", "m4"], [p + "B"]),
                  N("Softmax", [p + "B"], [p + "P"], axis=-1), N("MatMul", [p + "P", source], [p + "V"]),
                  N("Add", [p + "V", source], [p + "out"])]
        source = p + "out"
    nodes += [N("ReduceMean", [source], ["pool"], axes=[1], keepdims=0),
              N("MatMul", ["pool", "w"], ["logits"])]
    weights = [weight("table", 50, 16), ints("one", [1]), weight("w", 16, 3),
               numpy_helper.from_array(np.array(1, "<f4"), "unit"),
               numpy_helper.from_array(np.array(1e4, "<f4"), "big")]
    for layer in range(3):
        weights += [weight(f"l{layer}_q", 16, 16), weight(f"l{layer}_k", 16, 16)]
    return (nodes, [value("ids", I, "n", "t"), value("attention_mask", I, "n", "t")],
            [value("logits", F, "n", 3)], weights)


def two_inputs_one_late():
    nodes = [N("MatMul", ["x", "w1"], ["a"]), N("Relu", ["a"], ["b"]), N("MatMul", ["b", "w2"], ["c"]),
             N("Mul", ["c", "scale"], ["d"]), N("MatMul", ["d", "w3"], ["logits"])]
    return (nodes, [value("x", F, "n", 8), value("scale", F, "n", 16)],
            [value("logits", F, "n", 4)],
            [weight("w1", 8, 16), weight("w2", 16, 16), weight("w3", 16, 4)])


def shared_weights():
    nodes = [N("MatMul", ["x", "w"], ["a"]), N("Relu", ["a"], ["b"]), N("MatMul", ["b", "w"], ["c"]),
             N("Relu", ["c"], ["d"]), N("MatMul", ["d", "w"], ["logits"])]
    return nodes, [value("x", F, "n", 8)], [value("logits", F, "n", 8)], [weight("w", 8, 8)]


def halves():
    nodes = [N("Cast", ["x"], ["h"], to=H), N("MatMul", ["h", "w1"], ["a"]), N("Relu", ["a"], ["b"]),
             N("MatMul", ["b", "w2"], ["c"]), N("Cast", ["c"], ["logits"], to=F)]
    return (nodes, [value("x", F, "n", 8)], [value("logits", F, "n", 4)],
            [weight("w1", 8, 16, kind="<f2"), weight("w2", 16, 4, kind="<f2")])


def integers():
    nodes = [N("Gather", ["table", "x"], ["a"]), N("ArgMax", ["a"], ["b"], axis=-1, keepdims=0),
             N("Gather", ["table2", "b"], ["c"]), N("ReduceSum", ["c", "axis"], ["logits"], keepdims=0)]
    return (nodes, [value("x", I, "n", 5)], [value("logits", F, "n", 4)],
            [weight("table", 10, 6), weight("table2", 6, 4), ints("axis", [1])])


def branches():
    """An If whose subgraphs capture values of both sides of a cut."""
    then_graph = helper.make_graph([N("Add", ["c", "a"], ["t"])], "then", [], [value("t", F, "n", 16)])
    else_graph = helper.make_graph([N("Sub", ["c", "a"], ["e"])], "else", [], [value("e", F, "n", 16)])
    nodes = [N("MatMul", ["x", "w1"], ["a"]), N("MatMul", ["a", "w2"], ["c"]),
             N("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(True), "yes_value")),
             N("If", ["yes"], ["d"], then_branch=then_graph, else_branch=else_graph),
             N("MatMul", ["d", "w3"], ["logits"])]
    return (nodes, [value("x", F, "n", 8)], [value("logits", F, "n", 4)],
            [weight("w1", 8, 16), weight("w2", 16, 16), weight("w3", 16, 4)])


def constants():
    """Weights that are computed from weights, for more than one stage."""
    nodes = [N("Transpose", ["w0"], ["w1"], perm=[1, 0]), N("MatMul", ["x", "w1"], ["a"]),
             N("Relu", ["a"], ["b"]), N("Mul", ["w1", "two"], ["w2"]), N("MatMul", ["b", "w2"], ["c"]),
             N("MatMul", ["c", "w1"], ["logits"])]
    return (nodes, [value("x", F, "n", 8)], [value("logits", F, "n", 8)],
            [weight("w0", 8, 8), numpy_helper.from_array(np.array(2, "<f4"), "two")])


def odd_names():
    nodes = [N("MatMul", ["my input", "w 1"], ["a, b"]), N("Relu", ["a, b"], ["scope/relu:0"]),
             N("MatMul", ["scope/relu:0", "w2"], ["12"])]
    return (nodes, [value("my input", F, "n", 8)], [value("12", F, "n", 4)],
            [weight("w 1", 8, 16), weight("w2", 16, 4)])


def bytes_in():
    nodes = [N("Cast", ["x"], ["f"], to=F), N("Mul", ["f", "scale"], ["g"]),
             N("MatMul", ["g", "w1"], ["a"]), N("Relu", ["a"], ["b"]), N("MatMul", ["b", "w2"], ["logits"])]
    return (nodes, [value("x", U8, "n", 12)], [value("logits", F, "n", 4)],
            [weight("w1", 12, 16), weight("w2", 16, 4),
             numpy_helper.from_array(np.array(1 / 255, "<f4"), "scale")])


def quantised():
    nodes = [N("QuantizeLinear", ["x", "s", "z"], ["q"]), N("DequantizeLinear", ["q", "s", "z"], ["d"]),
             N("MatMul", ["d", "w1"], ["a"]), N("QuantizeLinear", ["a", "s", "z"], ["qa"]),
             N("DequantizeLinear", ["qa", "s", "z"], ["da"]), N("MatMul", ["da", "w2"], ["logits"])]
    return (nodes, [value("x", F, "n", 8)], [value("logits", F, "n", 4)],
            [weight("w1", 8, 16), weight("w2", 16, 4),
             numpy_helper.from_array(np.array(0.02, "<f4"), "s"),
             numpy_helper.from_array(np.array(0, "i1"), "z")])


def recurrent():
    """Time first: batch is the second axis until the end, so most places cannot be cut."""
    nodes = [N("MatMul", ["x", "w1"], ["e"]), N("Transpose", ["e"], ["t"], perm=[1, 0, 2]),
             N("LSTM", ["t", "W", "R"], ["", "hidden"], hidden_size=6),
             N("Squeeze", ["hidden", "axis"], ["h"]), N("MatMul", ["h", "w2"], ["logits"])]
    return (nodes, [value("x", F, "n", 5, 8)], [value("logits", F, "n", 3)],
            [weight("w1", 8, 8), weight("W", 1, 24, 8), weight("R", 1, 24, 6), ints("axis", [0]),
             weight("w2", 6, 3)])


GRAPHS = (chain, skip, exits, convolutions, fixed_batch, fixed_batch_that_opens, shapes, attention,
          two_inputs_one_late, shared_weights, halves, integers, branches, constants, odd_names,
          bytes_in, quantised, recurrent)


def model_of(make):
    nodes, inputs, outputs, weights = make()
    graph = helper.make_graph(nodes, make.__name__, inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    checker.check_model(model)
    return model


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for make in GRAPHS:
        save(model_of(make), str(folder / f"{make.__name__}.onnx"))
    # The same chain with its weights in a file beside it.
    save(model_of(chain), str(folder / "external.onnx"), save_as_external_data=True,
         all_tensors_to_one_file=True, location="external.weights", size_threshold=0)


if __name__ == "__main__":
    main()
