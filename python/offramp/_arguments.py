"""Arguments that several functions take, checked with messages like the command's."""

from __future__ import annotations

import operator
from typing import SupportsIndex, Union

from . import _native

Thresholds = Union[float, str, None]


def count(name: str, value: SupportsIndex, low: int, high: int) -> int:
    """A whole number from low to high, also given as 1e6."""
    whole = int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
    if not low <= whole <= high:
        raise ValueError(f"{name}: is {value}, expected a whole number from {low} to {high}")
    return whole


def seed(value: SupportsIndex) -> int:
    return count("seed", value, 0, 2**64 - 1)


def overrides(thresholds: Thresholds, accuracy_weight_s: float | None, min_accuracy: float | None,
              max_mean_delay_s: float | None) -> _native.Overrides:
    return _native.Overrides(thresholds, accuracy_weight_s, min_accuracy, max_mean_delay_s)
