#!/usr/bin/python3
"""Makes the ONNX files in tests/data/onnx that are not bundles: one oddity each, for the engine's
tests. Needs python3-onnx. `tiny` and `skip` beside them come from models/make_test_models.py.

The same bytes come out every time.
"""

import pathlib

from onnx import TensorProto, checker, helper

_FOLDER = pathlib.Path(__file__).parent / "onnx"


def Save(name, nodes, inputs, outputs):
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info(*tensor) for tensor in inputs],
        [helper.make_tensor_value_info(*tensor) for tensor in outputs])
    model = helper.make_model(graph, producer_name="offramp", ir_version=7,
                              opset_imports=[helper.make_opsetid("", 13)])
    checker.check_model(model, full_check=True)
    (_FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def main():
    _FOLDER.mkdir(exist_ok=True)
    fp32, fp16, i64 = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT64
    Save("types",  # passes three datatypes on; `a_out` is a plain output
         [helper.make_node("Identity", [f"{x}_in"], [f"{x}_out"]) for x in "abc"],
         [("a_in", i64, ["n", 2]), ("b_in", fp16, ["n", 3]), ("c_in", TensorProto.UINT8, ["n", 5])],
         [("a_out", i64, ["n", 2]), ("b_out", fp16, ["n", 3]),
          ("c_out", TensorProto.UINT8, ["n", 5])])
    Save("fixed_batch", [helper.make_node("Identity", ["x"], ["y"])],
         [("x", fp32, [1, 4])], [("y", fp32, [1, 4])])
    Save("no_batch", [helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)],
         [("x", fp32, ["n", 4])], [("y", fp32, [])])
    Save("text", [helper.make_node("Identity", ["x"], ["y"])],
         [("x", TensorProto.STRING, ["n", 4])], [("y", TensorProto.STRING, ["n", 4])])
    Save("doubles_rows", [helper.make_node("Concat", ["x", "x"], ["y"], axis=0)],
         [("x", fp32, ["n", 4])], [("y", fp32, ["m", 4])])
    Save("negative_gather",  # fails at run time for indices outside -4..3
         [helper.make_node("GatherElements", ["x", "index"], ["y"], axis=1)],
         [("x", fp32, ["n", 4]), ("index", i64, ["n", 4])], [("y", fp32, ["n", 4])])
    table = helper.make_tensor("table", fp32, [5, 4], [float(v) for v in range(20)])
    Save("embedding",  # a word is a row of the table; the operator rejects words beyond it
         [helper.make_node("Constant", [], ["table"], value=table),
          helper.make_node("Gather", ["table", "word"], ["y"])],
         [("word", i64, ["n"])], [("y", fp32, ["n", 4])])


if __name__ == "__main__":
    main()
