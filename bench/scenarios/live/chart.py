"""Delay against accuracy as one HTML file: panel = part, curve = policy, point = threshold."""

import html
import math

from harness import stats
from live import matrix

# Distinct without and with colour: every policy has its own hue and its name at its curve's end.
_COLOURS = {
    "dto-ee": "#d62728", "round-robin": "#1f77b4", "least-outstanding": "#2ca02c",
    "weighted-least-outstanding": "#9467bd", "power-of-two": "#8c564b", "peak-ewma": "#e377c2",
    "computing-first": "#17a00f", "bandwidth-first": "#bcbd22", "no-exit": "#7f7f7f",
}
_WIDTH, _HEIGHT, _MARGIN = 460, 320, 52

_STYLE = """
:root { color-scheme: light dark; --ink: #222; --faint: #ccc; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --faint: #444; --paper: #181818; } }
body { font: 15px system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 1000px; margin: 2em auto; padding: 0 1em; }
svg { width: 460px; max-width: 100%; } svg text { fill: var(--ink); font-size: 11px; }
.axis { stroke: var(--faint); } figure { display: inline-block; margin: 0 1em 1.5em 0; }
.key span { margin-right: 1.2em; white-space: nowrap; }
"""


def write(results, path):
    """One panel for each part and number of gateways; points are means over seeds and fleets."""
    panels = []
    for count in sorted({case.gateways for case in results}):
        panels.append(f"<h2>{'one gateway' if count == 1 else f'{count} gateways'}</h2>")
        for part in (*matrix.MEASURED, "whole"):
            panels.append(_panel(part, _points(results, count, part)))
    names = list(dict.fromkeys(case.policy for case in results))
    key = "".join(
        f'<span style="color:{_COLOURS.get(n, "#888")}">&#9679; {html.escape(n)}</span>'
        for n in names
    )
    text = (
        '<!doctype html><meta charset="utf-8"><title>Delay against accuracy</title>'
        f"<style>{_STYLE}</style><h1>Mean delay against accuracy</h1>"
        "<p>Down and right is better. A baseline's points are its thresholds, from low to high; "
        "tasks that were refused or late count at their deadline.</p>"
        f'<p class="key">{key}</p>{"".join(panels)}'
    )
    path.write_text(text, encoding="utf-8")


def _points(results, count, part):
    """{policy: [(accuracy, delay, thresholds)]}, ascending in accuracy."""
    cells = {}
    for case, found in results.items():
        if case.gateways == count:
            cells.setdefault((case.policy, case.thresholds), []).append(found[part])
    points = {}
    for (policy, thresholds), ones in cells.items():
        accuracy = stats.mean([one["accuracy"] for one in ones])
        delay = stats.mean([one["mean_s"] for one in ones])
        if not math.isnan(accuracy):
            points.setdefault(policy, []).append((accuracy, delay, thresholds))
    return {policy: sorted(ones) for policy, ones in points.items()}


def _panel(title, points):
    flat = [p for ones in points.values() for p in ones]
    if not flat:
        return ""
    low, high = min(a for a, _, _ in flat), max(a for a, _, _ in flat)
    low, high = low - 0.003, high + 0.003
    # Saturated policies lie decades above the others.
    bottom = math.log10(min(d for _, d, _ in flat)) - 0.05
    top = math.log10(max(d for _, d, _ in flat)) + 0.05

    def x(accuracy):
        return _MARGIN + (accuracy - low) / (high - low) * (_WIDTH - _MARGIN - 12)

    def y(delay):
        return 12 + (top - math.log10(delay)) / (top - bottom) * (_HEIGHT - _MARGIN - 12)

    parts = [_axes(low, high, bottom, top, x, y)]
    for policy, ones in points.items():
        colour = _COLOURS.get(policy, "#888")
        line = " ".join(f"{x(a):.1f},{y(d):.1f}" for a, d, t in ones if t != "tuned")
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}"/>')
        for accuracy, delay, thresholds in ones:
            radius = 6 if policy == matrix.OURS else 3
            tip = f"{policy} {thresholds}: {delay * 1e3:.0f} ms, {accuracy * 100:.1f} %"
            parts.append(
                f'<circle cx="{x(accuracy):.1f}" cy="{y(delay):.1f}" r="{radius}" fill="{colour}"'
                f'{" stroke=" + chr(34) + colour + chr(34) if thresholds == "tuned" else ""}>'
                f"<title>{html.escape(tip)}</title></circle>"
            )
    return (
        f"<figure><figcaption>{html.escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{"".join(parts)}</svg></figure>'
    )


def _axes(low, high, bottom, top, x, y):
    lines = []
    for step in range(math.ceil(low * 100), math.floor(high * 100) + 1):
        at = x(step / 100)
        lines.append(f'<line class="axis" x1="{at:.1f}" x2="{at:.1f}" y1="12" '
                     f'y2="{_HEIGHT - _MARGIN}"/>')
        lines.append(f'<text x="{at:.1f}" y="{_HEIGHT - _MARGIN + 14}" text-anchor="middle">'
                     f"{step}</text>")
    for decade in range(math.floor(bottom), math.ceil(top) + 1):
        for factor in (1, 2, 5):
            delay = factor * 10.0**decade
            if not bottom <= math.log10(delay) <= top:
                continue
            at = y(delay)
            lines.append(f'<line class="axis" x1="{_MARGIN}" x2="{_WIDTH - 12}" y1="{at:.1f}" '
                         f'y2="{at:.1f}"/>')
            lines.append(f'<text x="{_MARGIN - 6}" y="{at + 4:.1f}" text-anchor="end">'
                         f"{delay * 1e3:g}</text>")
    lines.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 16}" text-anchor="middle">'
                 "accuracy, %</text>")
    lines.append(f'<text x="14" y="{_HEIGHT / 2}" text-anchor="middle" '
                 f'transform="rotate(-90 14 {_HEIGHT / 2})">mean delay, ms</text>')
    return "".join(lines)
