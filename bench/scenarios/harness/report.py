"""A figure's results as Markdown for people and JSON for programs."""

import json
import math
import pathlib
import time

from harness import machine, paths


def table(header, rows):
    """A Markdown table; numbers come as text already."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def verdict(value, limit, smaller_is_better=True):
    if math.isnan(value):
        return "not measured"
    return "met" if (value <= limit) == smaller_is_better or value == limit else "**missed**"


def ms(seconds, digits=1):
    return "-" if seconds is None or math.isnan(seconds) else f"{seconds * 1e3:.{digits}f} ms"


def percent(share, digits=1):
    return "-" if share is None or math.isnan(share) else f"{share * 100:.{digits}f} %"


class Figure:
    """One figure of docs/benchmarks.md while it is measured.

    `goals` are rows (what, goal, measured, verdict); `sections` is further Markdown; `data` holds
    every repetition, for the JSON file.
    """

    def __init__(self, name, title, command):
        self.name, self.title, self.command = name, title, command
        self.machine = machine.facts()
        self.load_before = machine.load_average()
        self.goals, self.sections, self.data = [], [], {}
        self._started, self._other = time.monotonic(), machine.OtherWork()

    def goal(self, what, goal, measured, value, limit, smaller_is_better=True):
        self.goals.append((what, goal, measured, verdict(value, limit, smaller_is_better)))

    @property
    def other_work(self):
        return self._other.share()

    def markdown(self):
        where = machine.line(self.machine, self.load_before, self.other_work)
        text = f"`{self.command}`  \n{where}"
        if self.goals:
            text += "\n\n" + table(("figure", "goal", "measured", "verdict"), self.goals)
        return text + "".join("\n\n" + section for section in self.sections) + "\n"

    def finish(self):
        """Writes bench/out/<name>.{json,md} and prints the Markdown."""
        paths.OUT.mkdir(parents=True, exist_ok=True)
        document = {
            "figure": self.name,
            "command": self.command,
            "machine": self.machine,
            "load_average_before": self.load_before,
            "other_work": self.other_work,
            "took_s": round(time.monotonic() - self._started, 1),
            "goals": [dict(zip(("what", "goal", "measured", "verdict"), g)) for g in self.goals],
            "data": self.data,
        }
        text = json.dumps(document, indent=1, default=_plain)
        (paths.OUT / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")
        (paths.OUT / f"{self.name}.md").write_text(self.markdown(), encoding="utf-8")
        print(f"## {self.title}\n\n{self.markdown()}", flush=True)


def _plain(value):
    """NumPy's numbers and arrays, and paths, as JSON knows them."""
    if isinstance(value, pathlib.Path):
        return str(value)
    return value.tolist()


def update_document(path):
    """Puts bench/out/<name>.md between `<!-- begin <name> -->` and `<!-- end <name> -->`."""
    document = pathlib.Path(path)
    text = document.read_text(encoding="utf-8")
    for block in sorted(paths.OUT.glob("*.md")):
        begin, end = f"<!-- begin {block.stem} -->", f"<!-- end {block.stem} -->"
        if begin in text and end in text:
            head, rest = text.split(begin, 1)
            tail = rest.split(end, 1)[1]
            text = f"{head}{begin}\n{block.read_text(encoding='utf-8')}{end}{tail}"
    document.write_text(text, encoding="utf-8")
