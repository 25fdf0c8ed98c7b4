#!/usr/bin/python3
"""Trains, calibrates, exports and profiles the shipped vision model (`make models`).

Needs the Debian packages python3-torch, python3-onnx and dataset-fashion-mnist. Users of the
shipped bundle and the tests need none of them. The checkpoint is kept, so that with `--checkpoint`
the export can be run again without training.
"""

import argparse
import json
import pathlib
import sys
import time

try:
    import numpy as np
    import torch
    from training import export
except ImportError as missing:
    sys.exit(f"train_fashion_mnist: {missing}; use /usr/bin/python3 and install with: "
             "apt-get install python3-torch python3-onnx")

import bundle_files
from training import calibration
from training import dataset
from training import network
from training import report
from training import trainer

_MODELS = pathlib.Path(__file__).resolve().parent
_SCRATCH = _MODELS / ".checkpoints"
_NAME = "fashion-mnist"


def main() -> int:
    options = _ParseOptions()
    try:
        data = dataset.Load(options.data)
    except dataset.DatasetError as error:
        print(f"train_fashion_mnist: {error}", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    weights, about = _LoadCheckpoint(options.checkpoint or _Train(data, options))

    model = network.EarlyExitNetwork()
    model.load_state_dict(weights)
    # Everything below is measured on the folded network, the one that is shipped.
    model.FoldNormalisation()
    held_out = report.Answers(trainer.Evaluate(model, data.held_out.images), data.held_out.labels)
    accuracies = trainer.Accuracies(held_out.logits, held_out.labels)
    if any(later <= earlier for earlier, later in zip(accuracies, accuracies[1:])):
        text = " ".join(f"{100 * accuracy:.2f}" for accuracy in accuracies)
        print(f"train_fashion_mnist: held-out accuracy must rise from exit to exit; got {text}",
              file=sys.stderr)
        if not options.max_steps:
            return 1

    # As many digits as bundle.yaml carries, so that the profile follows from the file.
    temperatures = [round(calibration.FitTemperature(answer, held_out.labels), 4)
                    for answer in held_out.logits]
    stages = export.Export(model)
    test = report.Answers(trainer.Evaluate(model, data.test.images), data.test.labels)
    text = report.Render(about["recipe"], stages, temperatures, held_out, test, about["cpu_s"])
    bundle_files.Write(_MakeBundle(stages, temperatures, held_out), options.output,
                       {"REPORT.md": text})
    _KeepReference(options.output.name, data.held_out.images, held_out.logits)
    print(text)
    print(f"wrote {options.output}")
    return 0


def _ParseOptions() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, default=dataset.DEFAULT_FOLDER,
                        help="folder of the IDX files (default: %(default)s)")
    parser.add_argument("--output", type=pathlib.Path, default=_MODELS / _NAME,
                        help="bundle folder to write (default: the shipped one)")
    parser.add_argument("--checkpoint", type=pathlib.Path,
                        help="export these trained weights instead of training")
    parser.add_argument("--max-steps", type=int, default=0,
                        help="a trial of the whole chain: train so many steps only, accept any "
                        "accuracy; needs --output")
    options = parser.parse_args()
    if options.max_steps and options.output == _MODELS / _NAME:
        parser.error("--max-steps needs an --output other than the shipped bundle")
    return options


def _Train(data: dataset.Dataset, options: argparse.Namespace) -> pathlib.Path:
    """Returns the checkpoint that it wrote."""
    recipe = trainer.Recipe()
    started_s = time.process_time()
    model = trainer.Train(data, recipe, options.max_steps)
    about = {"recipe": recipe._asdict(), "cpu_s": time.process_time() - started_s}
    _SCRATCH.mkdir(exist_ok=True)
    path = _SCRATCH / f"{options.output.name}.pt"
    # JSON within: PyTorch 1.13's safe reader takes tensors and text, but no plain numbers.
    torch.save({"weights": model.state_dict(), "about": json.dumps(about)}, path)
    return path


def _LoadCheckpoint(path: pathlib.Path):
    """Returns the weights and {"recipe": .., "cpu_s": ..}."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    return saved["weights"], json.loads(saved["about"])


def _MakeBundle(stages, temperatures, held_out: report.Answers) -> bundle_files.Bundle:
    correct = held_out.Correct()
    confidence = {number: calibration.Confidence(held_out.logits[number - 1],
                                                 temperatures[number - 1]).tolist()
                  for number in range(1, len(stages))}
    return bundle_files.Bundle(
        name=_NAME,
        inputs=[bundle_files.TensorSpec(export.INPUT, [-1, *network.INPUT_SHAPE])],
        outputs=[bundle_files.TensorSpec(export.OUTPUT, [-1, network.CLASSES])],
        labels=dataset.LABELS,
        exits_csv=bundle_files.ExitProfileText(
            confidence, {index + 1: flags.tolist() for index, flags in enumerate(correct)}),
        stages=[bundle_files.StageRecord(
            model=stage.model, receives=[stage.receives], sends=stage.sends, exit=stage.exit,
            temperature=temperature, gflops=stage.gflops, output_bytes=stage.output_bytes,
            memory_bytes=stage.memory_bytes) for stage, temperature in zip(stages, temperatures)])


def _KeepReference(name: str, images: torch.Tensor, logits):
    """What check_bundle.py compares ONNX Runtime's answers with."""
    _SCRATCH.mkdir(exist_ok=True)
    answers = {f"exit{index + 1}": answer.numpy() for index, answer in enumerate(logits)}
    np.savez(_SCRATCH / f"{name}-reference.npz", image=dataset.ToModelInput(images).numpy(),
             **answers)


if __name__ == "__main__":
    sys.exit(main())
