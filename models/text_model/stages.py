"""The three ONNX stages of the text model, built from numpy arrays; needs python3-onnx.

    stage 1   input_ids, attention_mask   -> layer2_out, exit1_logits
    stage 2   layer2_out, attention_mask  -> layer4_out, exit2_logits
    stage 3   layer4_out, attention_mask  -> logits

Axes are [n, t] for ids and mask, [n, t, 384] for activations, [n, 24] for answers; n and t are free.
The mask travels beside the activations: each stage needs it, none computes it.
"""

from typing import List

import numpy as np
from onnx import TensorProto, checker, helper

from text_model import weights
from text_model.weights import LayerName

IDS, MASK = "input_ids", "attention_mask"
_OPSET = 17
_IR_VERSION = 8
_LAYERS = weights.LAYERS // weights.STAGES
# Of the training rows; what bundle.yaml says of a task is for one so long.
TYPICAL_TOKENS = 16


def Activation(stage: int) -> str:
    return f"layer{_LAYERS * stage}_out"


def Answer(stage: int) -> str:
    return "logits" if stage == weights.STAGES else f"exit{stage}_logits"


def Receives(stage: int) -> List[str]:
    return [IDS if stage == 1 else Activation(stage - 1), MASK]


def Sends(stage: int) -> List[str]:
    return [] if stage == weights.STAGES else [Activation(stage), MASK]


def Gflops(tokens: int = TYPICAL_TOKENS) -> float:
    """Of one task at any stage: the matrix products of two layers."""
    width = weights.WIDTH
    a_token = 4 * width * width + 2 * width * weights.FEED_FORWARD + 2 * tokens * width
    return 2 * _LAYERS * tokens * a_token / 1e9


def MemoryBytes(model: bytes, tokens: int = TYPICAL_TOKENS) -> int:
    """The weights, and the widest activation with what it is made from."""
    return len(model) + 4 * tokens * (weights.WIDTH + 2 * weights.FEED_FORWARD)


def OutputBytes(stage: int, tokens: int = TYPICAL_TOKENS) -> int:
    return 0 if stage == weights.STAGES else tokens * (4 * weights.WIDTH + 8)


class _Graph:
    """Collects nodes and constants."""

    def __init__(self):
        self.nodes, self.constants, self.constant_bytes = [], [], 0
        self._shared = {}

    def Constant(self, values: np.ndarray) -> str:
        key = (values.dtype.str, values.shape, values.tobytes()) if values.size < 64 else None
        if key in self._shared:
            return self._shared[key]
        name = f"constant{len(self.constants) + 1}"
        kind = TensorProto.INT64 if values.dtype == np.int64 else TensorProto.FLOAT
        self.constants.append(helper.make_tensor(
            name, kind, values.shape, np.ascontiguousarray(values).tobytes(), raw=True))
        self.constant_bytes += values.nbytes
        if key is not None:
            self._shared[key] = name
        return name

    def Number(self, value: float) -> str:
        return self.Constant(np.array(value, "<f4"))

    def Integers(self, *values: int) -> str:
        return self.Constant(np.array(values, "<i8"))

    def Add(self, operator: str, *inputs: str, output: str = "", **attributes) -> str:
        name = output or f"{operator.lower()}{len(self.nodes) + 1}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def Linear(self, x: str, weight: np.ndarray, bias: np.ndarray, output: str = "") -> str:
        product = self.Add("MatMul", x, self.Constant(weight.T))
        return self.Add("Add", product, self.Constant(bias), output=output)

    def Norm(self, x: str, scale: np.ndarray, bias: np.ndarray, output: str = "") -> str:
        return self.Add("LayerNormalization", x, self.Constant(scale), self.Constant(bias),
                        axis=-1, epsilon=weights.NORM_EPSILON, output=output)


def Build(stage: int, arrays: weights.Arrays) -> bytes:
    graph = _Graph()
    mask = graph.Add("Cast", MASK, to=TensorProto.FLOAT)
    absent = graph.Add("Sub", graph.Number(1), mask)
    bias = graph.Add("Unsqueeze", graph.Add("Mul", absent, graph.Number(-1e4)),
                     graph.Integers(1, 2))
    x = _Embedding(graph, arrays) if stage == 1 else Receives(stage)[0]
    last = stage == weights.STAGES
    for layer in range(_LAYERS * (stage - 1), _LAYERS * stage):
        ends_stage = layer + 1 == _LAYERS * stage and not last
        x = _Layer(graph, arrays, layer, x, bias, Activation(stage) if ends_stage else "")
    _Exit(graph, arrays, stage, x, mask)

    def Info(name, kind, *shape):
        return helper.make_tensor_value_info(name, kind, shape)

    first = Info(IDS, TensorProto.INT64, "n", "t") if stage == 1 else \
        Info(Receives(stage)[0], TensorProto.FLOAT, "n", "t", weights.WIDTH)
    outputs = [] if last else [Info(Activation(stage), TensorProto.FLOAT, "n", "t", weights.WIDTH)]
    classes = arrays[f"heads.{stage}.bias"].shape[0]
    outputs.append(Info(Answer(stage), TensorProto.FLOAT, "n", classes))
    made = helper.make_graph(graph.nodes, f"stage{stage}",
                             [first, Info(MASK, TensorProto.INT64, "n", "t")], outputs,
                             initializer=graph.constants)
    model = helper.make_model(made, producer_name="offramp", ir_version=_IR_VERSION,
                              opset_imports=[helper.make_opsetid("", _OPSET)])
    checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def _Embedding(graph: _Graph, arrays: weights.Arrays) -> str:
    words = graph.Add("Gather", graph.Constant(arrays["embeddings.word_embeddings.weight"]), IDS)
    places = arrays["embeddings.position_embeddings.weight"] + \
        arrays["embeddings.token_type_embeddings.weight"][0]
    tokens = graph.Add("Slice", graph.Add("Shape", IDS), graph.Integers(1), graph.Integers(2))
    here = graph.Add("Slice", graph.Constant(places), graph.Integers(0), tokens,
                     graph.Integers(0))
    return graph.Norm(graph.Add("Add", words, here), arrays["embeddings.LayerNorm.weight"],
                      arrays["embeddings.LayerNorm.bias"])


def _Layer(graph: _Graph, arrays: weights.Arrays, layer: int, x: str, bias: str,
           output: str) -> str:
    def Weight(part, kind="weight"):
        return arrays[LayerName(layer, f"{part}.{kind}")]

    def Linear(part, of):
        return graph.Linear(of, Weight(part), Weight(part, "bias"))

    head_width = weights.WIDTH // weights.HEADS
    split = graph.Integers(0, 0, weights.HEADS, head_width)

    def PerHead(name, permutation):
        y = graph.Add("Reshape", Linear(f"attention.self.{name}", x), split)
        return graph.Add("Transpose", y, perm=permutation)

    scores = graph.Add("MatMul", PerHead("query", [0, 2, 1, 3]), PerHead("key", [0, 2, 3, 1]))
    scores = graph.Add("Mul", scores, graph.Number(head_width ** -0.5))
    shares = graph.Add("Softmax", graph.Add("Add", scores, bias), axis=-1)
    mixed = graph.Add("MatMul", shares, PerHead("value", [0, 2, 1, 3]))
    mixed = graph.Add("Reshape", graph.Add("Transpose", mixed, perm=[0, 2, 1, 3]),
                      graph.Integers(0, 0, weights.WIDTH))
    x = graph.Norm(graph.Add("Add", x, Linear("attention.output.dense", mixed)),
                   *(Weight("attention.output.LayerNorm", kind) for kind in ("weight", "bias")))
    hidden = Linear("intermediate.dense", x)
    # x (1 + erf(x / sqrt 2)) / 2, which the runtime recognises.
    erf = graph.Add("Erf", graph.Add("Div", hidden, graph.Number(2 ** 0.5)))
    hidden = graph.Add("Mul", graph.Add("Mul", hidden, graph.Add("Add", erf, graph.Number(1))),
                       graph.Number(0.5))
    return graph.Norm(graph.Add("Add", x, Linear("output.dense", hidden)),
                      *(Weight("output.LayerNorm", kind) for kind in ("weight", "bias")),
                      output=output)


def _Exit(graph: _Graph, arrays: weights.Arrays, stage: int, x: str, mask: str):
    """Mean over the tokens that the mask keeps, then one linear layer."""
    per_token = graph.Add("Unsqueeze", mask, graph.Integers(2))
    total = graph.Add("ReduceSum", graph.Add("Mul", x, per_token), graph.Integers(1), keepdims=0)
    kept = graph.Add("ReduceSum", mask, graph.Integers(1), keepdims=1)
    pooled = graph.Add("Div", total, graph.Add("Max", kept, graph.Number(1)))
    graph.Linear(pooled, arrays[f"heads.{stage}.weight"], arrays[f"heads.{stage}.bias"],
                 output=Answer(stage))
