"""REPORT.md: what the exits of the text model are worth, on rows that nothing was fitted to."""

from typing import List

import torch

from training import calibration

_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)


def Render(about: dict, gflops: List[float], temperatures: List[float],
           logits: List[torch.Tensor], labels: torch.Tensor, held_out_rows: int) -> str:
    confidence = [calibration.Confidence(answer, temperature)
                  for answer, temperature in zip(logits, temperatures)]
    correct = [answer.argmax(1) == labels for answer in logits]
    lines = ["# wordnet-minilm: report", "",
             "Written by `make models` (models/train_text_model.py).", "",
             f"Learned from {about['rows']} glosses in {about['cpu_s']:.0f} CPU seconds; "
             f"temperatures and exit profile from {held_out_rows} others; the figures below from "
             f"{len(labels)} that nothing was fitted to. One run, one seed.", "",
             "Recipe: " + ", ".join(f"{name} {value}"
                                    for name, value in about["recipe"].items()) + ".", "",
             "| exit | after layer | GFLOPs so far | accuracy | temperature | calibration error | "
             "confidence >= 0.8: share | accuracy there |", "|---|---|---|---|---|---|---|---|"]
    for number, (sure, right) in enumerate(zip(confidence, correct), start=1):
        high = sure >= 0.8
        lines.append(
            f"| {number} | {2 * number} | {sum(gflops[:number]):.4f} | {_Percent(right)} | "
            f"{temperatures[number - 1]:.3f} | "
            f"{100 * calibration.ExpectedCalibrationError(sure, right):.1f} points | "
            f"{_Percent(high)} | {_Percent(right[high])} |")
    lines += ["", "One threshold at every exit:", "",
              "| threshold | accuracy | mean GFLOPs | leave at exit 1, 2, 3 |", "|---|---|---|---|"]
    for point in calibration.Sweep(confidence, correct, gflops, _THRESHOLDS):
        name = "never" if point.threshold > 1 else f"{point.threshold:.2f}"
        shares = ", ".join(f"{100 * share:.1f} %" for share in point.exit_share)
        lines.append(f"| {name} | {100 * point.accuracy:.1f} % | {point.gflops:.4f} | {shares} |")
    return "\n".join(lines) + "\n"


def _Percent(flags: torch.Tensor) -> str:
    return f"{100 * flags.double().mean().item():.1f} %"
