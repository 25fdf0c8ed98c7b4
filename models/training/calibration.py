"""How far an exit's confidence can be believed, and what one threshold buys.

Confidence is the largest softmax probability of logits / T. T is fitted per exit on held-out images
(Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2, temperature scaling).
"""

import math
from typing import List, NamedTuple, Tuple

import torch
from torch.nn import functional

_ECE_BINS = 15


def FitTemperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The T with the least cross-entropy; that is convex in 1 / T, so golden sections find it."""
    logits = logits.double()

    def Loss(log_inverse: float) -> float:
        return functional.cross_entropy(logits * math.exp(log_inverse), labels).item()

    ratio = (math.sqrt(5.0) - 1.0) / 2.0
    low, high = -2.5, 2.5
    while high - low > 1e-5:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if Loss(left) < Loss(right):
            high = right
        else:
            low = left
    return math.exp(-(low + high) / 2)


def Confidence(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """Largest probability of each row, float64."""
    return functional.softmax(logits.double() / temperature, 1).max(1).values


def ExpectedCalibrationError(confidence: torch.Tensor, correct: torch.Tensor) -> float:
    """Mean gap between confidence and accuracy over 15 equal bins, weighted by their samples."""
    bins = (confidence * _ECE_BINS).ceil().clamp(1, _ECE_BINS)
    error = 0.0
    for number in range(1, _ECE_BINS + 1):
        inside = bins == number
        if inside.any():
            gap = confidence[inside].mean() - correct[inside].double().mean()
            error += inside.double().mean().item() * abs(gap.item())
    return error


class SweepPoint(NamedTuple):
    """One threshold at every exit; `gflops` is the mean over the samples."""
    threshold: float
    accuracy: float
    gflops: float
    exit_share: List[float]


def Sweep(confidence: List[torch.Tensor], correct: List[torch.Tensor], gflops: List[float],
          thresholds: Tuple[float, ...]) -> List[SweepPoint]:
    """A sample leaves at the first exit whose confidence >= threshold; the last always answers."""
    points = []
    samples = len(correct[0])
    for threshold in thresholds:
        waiting = torch.ones(samples, dtype=torch.bool)
        right, spent, shares = 0, 0.0, []
        for stage, correct_here in enumerate(correct):
            leaves = waiting.clone()
            if stage + 1 < len(correct):
                leaves &= confidence[stage] >= threshold
            right += int(correct_here[leaves].sum())
            spent += int(leaves.sum()) * sum(gflops[:stage + 1])
            shares.append(leaves.double().mean().item())
            waiting &= ~leaves
        points.append(SweepPoint(threshold, right / samples, spent / samples, shares))
    return points
