"""Turns a trained network into one ONNX file per stage, and counts what each costs.

Tensors: the input `image`, the activations `block1_out`.. that travel, the answers `exit1_logits`..
and, from the last stage, `logits`. The first axis of each is the batch. Normalisation must have
been folded before (network.EarlyExitNetwork.FoldNormalisation).
"""

import io
from typing import List, NamedTuple

import onnx
import torch
from torch import nn

from training import network

OPSET = 13
INPUT = "image"
OUTPUT = "logits"
_FLOAT_BYTES = 4


class ExportedStage(NamedTuple):
    """A stage's file and, for one task, its figures; `sends` is empty in the last stage."""
    model: bytes
    receives: str
    sends: List[str]
    exit: str
    gflops: float
    output_bytes: int
    memory_bytes: int


class _AnswerOnly(nn.Module):
    """The last stage: nobody needs its activation."""

    def __init__(self, stage: network.Stage):
        super().__init__()
        self.stage = stage

    def forward(self, x):
        return self.stage(x)[1]


def Export(model: network.EarlyExitNetwork) -> List[ExportedStage]:
    """Exports every stage; the model must be in evaluation mode and folded."""
    exported = []
    received, example = INPUT, torch.zeros(1, *network.INPUT_SHAPE)
    for number, stage in enumerate(model.stages, start=1):
        last = number == len(model.stages)
        activation, exit_name = f"block{number}_out", OUTPUT if last else f"exit{number}_logits"
        outputs = [exit_name] if last else [activation, exit_name]
        content = _ToOnnx(_AnswerOnly(stage) if last else stage, example, received, outputs)
        macs, memory_bytes = _Cost(stage, example)
        with torch.no_grad():
            following = stage(example)[0]
        exported.append(ExportedStage(
            model=content, receives=received, sends=[] if last else [activation], exit=exit_name,
            gflops=2 * macs / 1e9, memory_bytes=memory_bytes,
            output_bytes=0 if last else following.numel() * _FLOAT_BYTES))
        received, example = activation, following
    return exported


def _ToOnnx(module: nn.Module, example: torch.Tensor, received: str, outputs: List[str]) -> bytes:
    file = io.BytesIO()
    torch.onnx.export(module, example, file, opset_version=OPSET, input_names=[received],
                      output_names=outputs,
                      dynamic_axes={name: {0: "batch"} for name in [received, *outputs]})
    graph = onnx.load_model_from_string(file.getvalue())
    onnx.checker.check_model(graph, full_check=True)
    kinds = {node.op_type for node in graph.graph.node}
    if "BatchNormalization" in kinds:
        raise RuntimeError(f"the stage that makes {outputs} still holds a BatchNormalization")
    return graph.SerializeToString(deterministic=True)


def _Cost(stage: network.Stage, example: torch.Tensor):
    """Multiply-adds of convolutions and linear layers (head included), and an estimate of memory:
    the weights and the layer whose input and output take most."""
    macs, largest = 0, 0

    def Count(layer, inputs, output):
        nonlocal macs, largest
        if isinstance(layer, nn.Conv2d):
            macs += output[0].numel() * layer.weight[0].numel()
        elif isinstance(layer, nn.Linear):
            macs += layer.weight.numel()
        largest = max(largest, inputs[0].numel() + output.numel())

    layers = [m for m in stage.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(Count) for layer in layers]
    with torch.no_grad():
        stage(example)
    for hook in hooks:
        hook.remove()
    weights = sum(parameter.numel() for parameter in stage.parameters())
    return macs, (weights + largest) * _FLOAT_BYTES
