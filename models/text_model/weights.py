"""MiniLM's weights as numpy arrays: the package's, and the changes that training made to them.

Names are the package's own ("encoder.layer.0.attention.self.query.weight", [out, in]). What training
changed is small and lies in the repository (wordnet-minilm/deltas.npz):

    NAME.down, NAME.up   a matrix's change, up @ down, of low rank (LoRA, Hu et al. 2021,
                         https://arxiv.org/abs/2106.09685), as int16 in fixed point
    NAME.exponents       [e, f]: down is 2^-e of its integers, up 2^-f
    NAME                 biases and norms, whole; heads.H.weight and heads.H.bias of exit H

Sums of products of these integers are exact in float64 in any order, so every machine makes the same
float32 weights, to the bit, and with them the same bundle.
"""

import json
import pathlib
from typing import Dict

import numpy as np

LAYERS = 6
STAGES = 3
WIDTH = 384
HEADS = 12
FEED_FORWARD = 1536
NORM_EPSILON = 1e-12
LONGEST = 512

MATRICES = ["attention.self.query", "attention.self.key", "attention.self.value",
            "attention.output.dense", "intermediate.dense", "output.dense"]
NORMS = ["attention.output.LayerNorm", "output.LayerNorm"]

Arrays = Dict[str, np.ndarray]


def LayerName(layer: int, part: str) -> str:
    return f"encoder.layer.{layer}.{part}"


def ReadSafetensors(content: bytes) -> Arrays:
    """The float32 tensors. ValueError when it is not such a file."""
    size = int.from_bytes(content[:8], "little")
    if size > len(content):
        raise ValueError("the weights are no safetensors file")
    arrays = {}
    for name, entry in json.loads(content[8:8 + size]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(content[8 + size + begin:8 + size + end], "<f4")
            arrays[name] = values.reshape(entry["shape"])
    return arrays


def ReadDeltas(path: pathlib.Path) -> Arrays:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def Merge(package: Arrays, deltas: Arrays) -> Arrays:
    """The shipped model's weights."""
    merged = dict(package)
    for name, values in deltas.items():
        if name.endswith(".down"):
            base = name[:-len(".down")]
            merged[base] = Changed(package[base], values, deltas[base + ".up"],
                                   deltas[base + ".exponents"])
        elif not name.endswith((".up", ".exponents")):
            merged[name] = values
    return merged


def Changed(weight: np.ndarray, down: np.ndarray, up: np.ndarray,
            exponents: np.ndarray) -> np.ndarray:
    change = up.astype(np.float64) @ down.astype(np.float64)
    return (weight.astype(np.float64) + np.ldexp(change, -int(exponents.sum()))).astype(np.float32)


def FixedPoint(values: np.ndarray):
    """int16 and the exponent e with values = integers * 2^-e, nearly."""
    largest = max(float(np.abs(values).max()), 1e-30)
    exponent = 14 - int(np.ceil(np.log2(largest)))
    return np.rint(np.ldexp(values.astype(np.float64), exponent)).astype(np.int16), exponent
