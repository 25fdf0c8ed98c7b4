"""The early-exit residual network: four stages, each with an answer.

    stage 1   convolution 1-8, stride 2          exit on a 7 x 7 grid of means
    stage 2   residual block 8-32                exit on a 2 x 2 grid
    stage 3   residual block 32-64, stride 2     exit on the global mean
    stage 4   residual blocks 64-128 (stride 2), 128, 128; the model's answer, on the global mean

The pooling of a head decides how good an early exit is: eight edge filters averaged over the whole
image say little, the same filters kept apart by place say a lot.

No input normalisation is needed: batch normalisation follows the first convolution, so that scale
and offset of the pixels cancel, and zero padding continues the pictures' black background.
"""

from typing import List

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

CLASSES = 10
INPUT_SHAPE = (1, 28, 28)


class ConvNorm(nn.Module):
    """Convolution and batch normalisation; `Fold` merges the two for inference."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.conv(x))

    def Fold(self):
        self.conv = fuse_conv_bn_eval(self.conv, self.norm)
        self.norm = nn.Identity()


class Block(nn.Module):
    """Two 3 x 3 convolutions around a shortcut, projected where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.first = ConvNorm(inputs, outputs, 3, stride)
        self.second = ConvNorm(outputs, outputs, 3, 1)
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else ConvNorm(inputs, outputs, 1, stride)

    def forward(self, x):
        inner = functional.relu(self.first(x))
        return functional.relu(self.second(inner) + self.shortcut(x))


class Head(nn.Module):
    """Mean over a grid x grid raster of the picture, then one linear layer."""

    def __init__(self, channels: int, grid: int):
        super().__init__()
        self.grid = grid
        self.linear = nn.Linear(channels * grid * grid, CLASSES)

    def forward(self, x):
        if self.grid == 1:
            return self.linear(x.mean((2, 3)))
        return self.linear(functional.adaptive_avg_pool2d(x, self.grid).flatten(1))


class Stage(nn.Module):
    """What one node runs: returns (activation for the next stage, logits of this exit)."""

    def __init__(self, trunk: nn.Module, head: Head):
        super().__init__()
        self.trunk = trunk
        self.head = head

    def forward(self, x):
        activation = self.trunk(x)
        return activation, self.head(activation)


class EarlyExitNetwork(nn.Module):
    """All stages; forward returns the logits of every exit, the last one being the answer."""

    def __init__(self):
        super().__init__()
        stem = nn.Sequential(ConvNorm(INPUT_SHAPE[0], 8, 3, 2), nn.ReLU())
        self.stages = nn.ModuleList([
            Stage(stem, Head(8, 7)),
            Stage(Block(8, 32), Head(32, 2)),
            Stage(Block(32, 64, 2), Head(64, 1)),
            Stage(nn.Sequential(Block(64, 128, 2), Block(128, 128), Block(128, 128)),
                  Head(128, 1)),
        ])

    def forward(self, x) -> List[torch.Tensor]:
        logits = []
        for stage in self.stages:
            x, answer = stage(x)
            logits.append(answer)
        return logits

    def FoldNormalisation(self):
        """Merges every batch normalisation into its convolution, for good; sets eval mode."""
        self.eval()
        for module in self.modules():
            if isinstance(module, ConvNorm):
                module.Fold()
