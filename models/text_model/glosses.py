"""The labelled text: WordNet's noun glosses, each sorted into one of 24 categories.

Debian's wordnet-base brings them (WordNet licence). Standard library only.
"""

import collections
import pathlib
import random
import re
from typing import Dict, List, NamedTuple, Tuple

SOURCE = pathlib.Path("/usr/share/wordnet/data.noun")

# WordNet's lexicographer files of nouns, by the number in data.noun. Two say too little to be a
# category: 03 (the top of the hierarchy) and 16 (motives, 42 of them).
_CATEGORIES = {
    4: "act", 5: "animal", 6: "artifact", 7: "attribute", 8: "body", 9: "cognition",
    10: "communication", 11: "event", 12: "feeling", 13: "food", 14: "group", 15: "location",
    17: "object", 18: "person", 19: "phenomenon", 20: "plant", 21: "possession", 22: "process",
    23: "quantity", 24: "relation", 25: "shape", 26: "state", 27: "substance", 28: "time"}
LABELS = sorted(_CATEGORIES.values())

_FEWEST_WORDS = 4
_MOST_OF_A_CATEGORY = 3000
_SEED = 20
_TEST_ROWS = 4000
_HELD_OUT_ROWS = 4000


class GlossError(Exception):
    """The source is not there or not as expected."""


class Row(NamedTuple):
    text: str
    label: int  # index into LABELS


def Definition(gloss: str) -> str:
    """A gloss without the example sentences that may follow, which often give the word away."""
    return re.split(r'; ?"', gloss.strip())[0].strip(" ;")


def Read(source: pathlib.Path = SOURCE) -> List[Row]:
    """All distinct definitions of at least four words, in the file's order."""
    rows: Dict[str, Row] = {}
    try:
        with source.open(encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("  "):
                    continue  # the licence
                head, gloss = line.split(" | ", 1)
                category = _CATEGORIES.get(int(head.split()[1]))
                text = Definition(gloss)
                if category is not None and len(text.split()) >= _FEWEST_WORDS:
                    rows.setdefault(text.lower(), Row(text, LABELS.index(category)))
    except OSError as error:
        raise GlossError(f"{source}: {error.strerror}; Debian's wordnet-base brings it") from error
    except (ValueError, IndexError) as error:
        raise GlossError(f"{source}: is not WordNet's data.noun ({error})") from error
    return list(rows.values())


def Split(rows: List[Row]) -> Tuple[List[Row], List[Row], List[Row]]:
    """To learn from, held out (temperatures, exit profile), for the report only; at most 3000 rows
    of a category, so that the large ones do not drown the small."""
    rows = list(rows)
    random.Random(_SEED).shuffle(rows)
    seen: collections.Counter = collections.Counter()
    kept = []
    for row in rows:
        seen[row.label] += 1
        if seen[row.label] <= _MOST_OF_A_CATEGORY:
            kept.append(row)
    random.Random(_SEED + 1).shuffle(kept)
    test, rest = kept[:_TEST_ROWS], kept[_TEST_ROWS:]
    return rest[_HELD_OUT_ROWS:], rest[:_HELD_OUT_ROWS], test
