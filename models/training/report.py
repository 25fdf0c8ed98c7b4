"""REPORT.md of the shipped model: what came out, on pictures that nothing was fitted to."""

from typing import List, NamedTuple

import torch

from training import calibration
from training import export
from training import trainer

_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
_NEVER = 1.01
_EXIT_THRESHOLD = 0.8


class Answers(NamedTuple):
    """Logits [n, classes] of every exit for one set of pictures, and the true classes."""
    logits: List[torch.Tensor]
    labels: torch.Tensor

    def Correct(self) -> List[torch.Tensor]:
        return [answer.argmax(1) == self.labels for answer in self.logits]


def Render(recipe: dict, stages: List[export.ExportedStage], temperatures: List[float],
           held_out: Answers, test: Answers, training_cpu_s: float) -> str:
    """The whole report as Markdown."""
    correct = test.Correct()
    raw = [calibration.Confidence(answer, 1.0) for answer in test.logits]
    calibrated = [calibration.Confidence(answer, t)
                  for answer, t in zip(test.logits, temperatures)]
    parts = [_Preamble(recipe, held_out, test, training_cpu_s), _StageTable(stages),
             _ExitTable(temperatures, held_out, correct, raw, calibrated),
             _SweepTable(calibrated, correct, [stage.gflops for stage in stages])]
    return "\n".join(parts)


def _Preamble(recipe: dict, held_out: Answers, test: Answers, training_cpu_s: float) -> str:
    settings = ", ".join(f"{key} {value}" for key, value in recipe.items())
    return f"""# fashion-mnist: report

Made by `make models` (models/train_fashion_mnist.py); do not edit. Training took
{training_cpu_s:.0f} CPU seconds on one thread. One seed: read differences below half a point as
noise.

Temperatures and the exit profile come from {len(held_out.labels)} training images that were held
out of training. Everything below is measured on the {len(test.labels)} test images, which nothing
was trained, fitted or chosen on, unless a column says "held out".

Recipe: {settings}.
"""


def _StageTable(stages: List[export.ExportedStage]) -> str:
    rows = [f"| {number} | {stage.gflops * 1e3:.4f} | {stage.output_bytes} | {stage.memory_bytes} "
            f"| {len(stage.model)} |" for number, stage in enumerate(stages, start=1)]
    total = sum(stage.gflops for stage in stages) * 1e3
    return _Table("Stages, one task (the whole model: " f"{total:.4f} MFLOP)",
                  "stage | MFLOP | bytes sent on | memory, bytes (estimate) | file, bytes", rows)


def _ExitTable(temperatures, held_out, correct, raw, calibrated) -> str:
    rows = []
    error = calibration.ExpectedCalibrationError
    held_out_accuracy = trainer.Accuracies(held_out.logits, held_out.labels)
    for index, temperature in enumerate(temperatures):
        sure = calibrated[index] >= _EXIT_THRESHOLD
        sure_accuracy = _Percent(correct[index][sure]) if sure.any() else "-"
        rows.append(
            f"| {index + 1} | {100 * held_out_accuracy[index]:.2f} | {_Percent(correct[index])} "
            f"| {temperature:.3f} "
            f"| {100 * error(raw[index], correct[index]):.2f} "
            f"| {100 * error(calibrated[index], correct[index]):.2f} "
            f"| {_Percent(sure)} | {sure_accuracy} |")
    return _Table("Exits (percent; ECE: expected calibration error, 15 bins)",
                  "exit | accuracy, held out | accuracy | temperature | ECE raw | ECE calibrated "
                  f"| share with confidence >= {_EXIT_THRESHOLD} | accuracy of those", rows)


def _SweepTable(calibrated, correct, gflops) -> str:
    rows = []
    for point in calibration.Sweep(calibrated, correct, gflops, (*_THRESHOLDS, _NEVER)):
        shares = " / ".join(f"{100 * share:.1f}" for share in point.exit_share)
        name = "never" if point.threshold > 1 else f"{point.threshold:.2f}"
        rows.append(f"| {name} | {100 * point.accuracy:.2f} | {point.gflops * 1e3:.3f} "
                    f"| {shares} |")
    return _Table("One threshold on calibrated confidence at every exit",
                  "threshold | accuracy, % | mean MFLOP | leaves at exit 1 / 2 / 3 / 4, %", rows)


def _Table(title: str, columns: str, rows: List[str]) -> str:
    rule = "|" + "---|" * (columns.count("|") + 1)
    return "\n".join([f"## {title}", "", f"| {columns} |", rule, *rows, ""])


def _Percent(flags: torch.Tensor) -> str:
    return f"{100 * flags.double().mean().item():.2f}"
