"""Writes an ONNX model with gigabytes of weights beside it: a chain of MatMul and Relu.

    big_model.py FOLDER LAYERS WIDTH      (WIDTH * WIDTH * 4 bytes a layer)
"""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper


def main():
    folder, layers, width = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(1)
    block = (draw.standard_normal((width, width), np.float32) / np.sqrt(width / 2)).astype("<f4")
    nodes, weights, offset, last = [], [], 0, "x"
    with (folder / "big.weights").open("wb") as data:
        for layer in range(layers):
            # One drawing is enough: shifted, so that no two layers are the same.
            data.write(np.roll(block, layer, axis=0).tobytes())
            tensor = onnx.TensorProto(name=f"w{layer}", data_type=TensorProto.FLOAT)
            tensor.dims.extend([width, width])
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", "big.weights"), ("offset", offset),
                               ("length", block.nbytes)):
                tensor.external_data.add(key=key, value=str(value))
            weights.append(tensor)
            offset += block.nbytes
            nodes.append(helper.make_node("MatMul", [last, f"w{layer}"], [f"m{layer}"]))
            last = "y" if layer == layers - 1 else f"r{layer}"
            nodes.append(helper.make_node("Relu", [f"m{layer}"], [last]))
    graph = helper.make_graph(
        nodes, "big", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", width])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    (folder / "big.onnx").write_bytes(model.SerializeToString())


if __name__ == "__main__":
    main()
