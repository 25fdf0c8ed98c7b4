"""Texts that a tokenizer may be sent, from a seed: sentences, many scripts, emoji, controls, marks,
broken UTF-8, and glosses where WordNet is installed. All are bytes."""

import pathlib
import random

SEED = 6
WORDNET = pathlib.Path("/usr/share/wordnet/data.noun")

# First and last code point of blocks that a sentence may be in.
SCRIPTS = {
    "latin": (0x41, 0x7A), "latin-1": (0xA0, 0xFF), "latin-extended": (0x100, 0x24F),
    "phonetic": (0x250, 0x2AF), "greek": (0x370, 0x3FF), "cyrillic": (0x400, 0x52F),
    "armenian": (0x530, 0x58F), "hebrew": (0x590, 0x5FF), "arabic": (0x600, 0x6FF),
    "syriac": (0x700, 0x74F), "devanagari": (0x900, 0x97F), "bengali": (0x980, 0x9FF),
    "tamil": (0xB80, 0xBFF), "thai": (0xE00, 0xE7F), "tibetan": (0xF00, 0xFFF),
    "georgian": (0x10A0, 0x10FF), "jamo": (0x1100, 0x11FF), "ethiopic": (0x1200, 0x137F),
    "khmer": (0x1780, 0x17FF), "mongolian": (0x1800, 0x18AF), "vietnamese": (0x1E00, 0x1EFF),
    "greek-extended": (0x1F00, 0x1FFF), "punctuation": (0x2000, 0x206F),
    "currency": (0x20A0, 0x20CF), "letterlike": (0x2100, 0x214F), "arrows": (0x2190, 0x21FF),
    "mathematics": (0x2200, 0x22FF), "boxes": (0x2500, 0x257F), "dingbats": (0x2700, 0x27BF),
    "supplemental-punctuation": (0x2E00, 0x2E5D), "cjk-punctuation": (0x3000, 0x303F),
    "kana": (0x3040, 0x30FF), "cjk-a": (0x3400, 0x4DBF), "cjk": (0x4E00, 0x9FFF),
    "hangul": (0xAC00, 0xD7A3), "private": (0xE000, 0xE0FF), "compatibility": (0xF900, 0xFAFF),
    "presentation": (0xFB00, 0xFDFF), "half-width": (0xFF00, 0xFFEF),
    "gothic": (0x10330, 0x1034F), "cherokee": (0x13A0, 0x13FF), "deseret": (0x10400, 0x1044F),
    "new-capitals": (0x10D40, 0x10D8F), "musical": (0x1D100, 0x1D1FF),
    "mathematical": (0x1D400, 0x1D7FF), "emoji": (0x1F300, 0x1F64F), "emoji-2": (0x1F680, 0x1FAFF),
    "cjk-b": (0x20000, 0x2A6DF), "cjk-e": (0x2B820, 0x2CEAF), "tags": (0xE0000, 0xE007F),
    "latin-d": (0xA720, 0xA7FF), "marks": (0x300, 0x36F), "marks-2": (0x1AB0, 0x1AFF)}

WORDS = ("a small furry animal that lives in a burrow the quick brown fox doesn't re-enter "
         "unaffable internationalisation state-of-the-art 3.14159 $9.99 C++ e-mail@example.org "
         "[CLS] [SEP] [MASK] [UNK] [PAD] [sep] ##able don't 'tis O'Neill THE end. "
         "Straße façade naïve coöperate Ångström İstanbul ΣΊΣΥΦΟΣ ﬁne ½ ™ … — “quoted”").split()
CONTROLS = ["\0", "\x01", "\t", "\n", "\r", "\x0b", "\x0c", "\x1f", "\x7f", "\x85", "\xa0", "\xad",
            "\u200b", "\u200d", "\u200e", "\u2028", "\u2029", "\u202e", "\u2060", "\ufeff",
            "\ufffd", "\u061c", "\u08e2", "\u3000", "\u1680", "\u180e"]
EMOJI = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪", "1️⃣", "🫠", "❤️", "🧑🏿‍🚀", "☺", "\U0001faea"]


def _character(draw):
    first, last = SCRIPTS[draw.choice(list(SCRIPTS))]
    return chr(draw.randint(first, last))


def _anything(draw):
    code = draw.randrange(0x110000 - 0x800)
    return chr(code if code < 0xD800 else code + 0x800)


def _sentence(draw):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 14)))


def _script(draw):
    first, last = SCRIPTS[draw.choice(list(SCRIPTS))]
    return " ".join("".join(chr(draw.randint(first, last)) for _ in range(draw.randint(1, 8)))
                    for _ in range(draw.randint(1, 8)))


def _mixture(draw):
    sources = [lambda: draw.choice(WORDS), lambda: _character(draw), lambda: draw.choice(CONTROLS),
               lambda: draw.choice(EMOJI), lambda: " ", lambda: draw.choice("abcdefgh"),
               lambda: chr(draw.randint(0x300, 0x36F)), lambda: _anything(draw)]
    return "".join(draw.choice(sources)() for _ in range(draw.randint(0, 30)))


def _broken(draw):
    text = bytearray(_mixture(draw).encode())
    for _ in range(draw.randint(1, 5)):
        at = draw.randint(0, len(text))
        if text and draw.random() < 0.5:
            del text[min(at, len(text) - 1)]
        else:
            text.insert(at, draw.randrange(128, 256))
    return bytes(text)


def _long(draw):
    return draw.choice(["a" * draw.randint(95, 105), "é" * draw.randint(95, 105),
                        "word " * draw.randint(120, 140), "中" * draw.randint(120, 140),
                        "[SEP]" * draw.randint(120, 140), "x1," * 60, "ё" * 101 + " end"])


def make(count=10000):
    draw = random.Random(SEED)
    glosses = []
    if WORDNET.exists():
        with WORDNET.open(encoding="utf-8") as source:
            glosses = [line.split(" | ", 1)[1].strip() for line in source if " | " in line]
    kinds = [_sentence, _script, _script, _mixture, _mixture, _broken, _long]
    if glosses:
        kinds += [lambda d: d.choice(glosses), lambda d: d.choice(glosses).upper()]
    lines = [b"", b" ", b"\xff", b"\xef\xbf\xbd", "ÉÀ".encode(), b"[CLS]", b"[CLS][SEP]"]
    while len(lines) < count:
        made = draw.choice(kinds)(draw)
        lines.append(made if isinstance(made, bytes) else made.encode())
    return lines
