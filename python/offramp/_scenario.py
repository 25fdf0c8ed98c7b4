"""Scenarios: networks in numbers."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _native
from ._arguments import count, seed as checked_seed

_INT_MAX = 2**31 - 1


class Scenario:
    """A network in numbers, as planner and simulator read it; it never changes.

    Made by :meth:`load`, :meth:`from_dict` or :func:`generate_scenario`. For one that differs
    somewhere, change what :meth:`to_dict` gives and call :meth:`from_dict`.

    A part is a device or a node; parts are numbered with the devices first. Arrays by device, node or
    link are in the order of :attr:`devices`, :attr:`nodes` and :attr:`links`, the file's.
    """

    __slots__ = ("_handle",)
    _handle: _native.Scenario

    def __init__(self) -> None:
        raise TypeError("a Scenario is made by load, from_dict or generate_scenario")

    @classmethod
    def _of(cls, native: _native.Scenario) -> Scenario:
        made = object.__new__(cls)
        made._handle = native
        return made

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Scenario:
        """Reads a scenario file with its exit profile, or a fleet file with its bundle."""
        return cls._of(_native.Scenario.load(os.fspath(path)))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any],
                  folder: str | os.PathLike[str] = ".") -> Scenario:
        """The scenario whose file would hold ``data``.

        ``model.exits`` is the path of the exit profile, relative to ``folder``, or the profile
        itself: a mapping from the columns of its file (``confidence_2``, ``correct_2``, ...) to
        sequences of equal length; correctness is 0, 1, or the probability of being right.
        ``mbit_per_s`` of a link may be ``math.inf``: then it takes only its latency.
        """
        return cls._rebuild(data, folder, "", "dto-ee")

    @classmethod
    def _rebuild(cls, data: Mapping[str, Any], folder: str | os.PathLike[str], path: str,
                 policy: str) -> Scenario:
        profile: dict[str, Any] | None = None
        exits = ""
        model = data.get("model") if isinstance(data, Mapping) else None
        if isinstance(model, Mapping):
            given = model.get("exits")
            if isinstance(given, Mapping):
                profile = dict(given)
                data = {**data, "model": {**model, "exits": "profile"}}
            elif isinstance(given, str):
                exits = os.path.join(os.fspath(folder), given)
        data, endless = _without_infinite_rates(data)
        text = json.dumps(data, default=_plain, ensure_ascii=False, indent=0)
        return cls._of(_native.Scenario.from_text(text, profile, exits, endless, path, policy))

    def to_dict(self) -> dict[str, Any]:
        """What the scenario's file holds, with the profile's arrays as ``model.exits``."""
        return self._handle.to_dict()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the scenario to ``path`` and its profile beside it as ``<stem>.exits.csv``."""
        self._handle.save(os.fspath(path))

    @property
    def path(self) -> str:
        """Of the file that it was read from; empty where there is none."""
        return self._handle.path

    @property
    def policy(self) -> str:
        """A fleet file's policy; ``dto-ee`` elsewhere."""
        return self._handle.policy

    @property
    def stages(self) -> int:
        """How many stages the model has."""
        return self._handle.stages

    @property
    def exit_stages(self) -> tuple[int, ...]:
        """Stages with an exit, counted from 1; the last stage, which always answers, left out."""
        return self._handle.exit_stages

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of the devices (gateways, in a fleet)."""
        return self._handle.devices

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of the nodes."""
        return self._handle.nodes

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Names of sender and receiver by link."""
        return self._handle.links

    @property
    def tasks_per_s(self) -> npt.NDArray[np.float64]:
        """Poisson rate by device, tasks/s."""
        return self._handle.tasks_per_s

    @property
    def node_stages(self) -> npt.NDArray[np.int32]:
        """Stage by node, counted from 1."""
        return self._handle.node_stages

    @property
    def service_rate_per_s(self) -> npt.NDArray[np.float64]:
        """Speed by node, tasks/s: ``gflops_per_s`` over its stage's ``gflops``."""
        return self._handle.service_rate_per_s

    @property
    def transfer_s(self) -> npt.NDArray[np.float64]:
        """Seconds that one task needs by link, without queue."""
        return self._handle.transfer_s

    @property
    def profile(self) -> dict[str, npt.NDArray[np.float32]] | None:
        """The exit profile, read-only, by column: ``confidence_h`` and ``correct_h`` for every exit,
        ``correct_H`` for the last stage. None: all tasks are alike."""
        return self._handle.profile

    def __repr__(self) -> str:
        name = self.path or "made by a program"
        return (f"<Scenario {name}: {len(self.devices)} devices, {len(self.nodes)} nodes in "
                f"{self.stages} stages, {len(self.links)} links>")

    def __reduce__(self) -> tuple[Any, ...]:
        return Scenario._rebuild, (self.to_dict(), ".", self.path, self.policy)


def generate_scenario(seed: int = 1, *, devices: int = 50, nodes: int = 18, stages: int = 4,
                      exits: int = 3, heterogeneity: float = 8, load: float = 0.7,
                      degree: int = 3, law: str = "exponential", rows: int = 1500,
                      tasks_per_s: float = 1, accuracy_weight_s: float = 0) -> Scenario:
    """A scenario of unlike nodes and links, the one that ``offramp generate-scenario`` writes.

    Args:
        seed: of everything that is random.
        devices, nodes, stages: how many; earlier stages get more nodes.
        exits: stages that may answer besides the last, 0 to stages - 1.
        heterogeneity: fastest over slowest node of a stage, at most.
        load: utilisation of a stage's busiest node under good balance and thresholds of 0.8.
        degree: receivers of a sender, at most.
        law: of service times: ``exponential`` or ``deterministic``.
        rows: of the exit profile.
        tasks_per_s: of a device, on average.
        accuracy_weight_s: of the objective; 0: a random multiple of the time that a task needs.
    """
    return Scenario._of(_native.generate(
        checked_seed(seed), count("devices", devices, 0, _INT_MAX),
        count("nodes", nodes, 0, _INT_MAX), count("stages", stages, 0, _INT_MAX),
        count("exits", exits, 0, _INT_MAX), heterogeneity, load,
        count("degree", degree, 0, _INT_MAX), law, count("rows", rows, 0, _INT_MAX), tasks_per_s,
        accuracy_weight_s))


def _without_infinite_rates(data: Any) -> tuple[Any, list[int]]:
    """Files cannot say that a link takes no time: such rates become 1, and the links' indices."""
    links = data.get("links") if isinstance(data, Mapping) else None
    if not isinstance(links, (list, tuple)):
        return data, []
    endless = [index for index, link in enumerate(links)
               if isinstance(link, Mapping) and _is_infinite(link.get("mbit_per_s"))]
    if not endless:
        return data, []
    marked = set(endless)
    finite = [dict(link, mbit_per_s=1) if index in marked else link
              for index, link in enumerate(links)]
    return {**data, "links": finite}, endless


def _is_infinite(value: Any) -> bool:
    return isinstance(value, float) and math.isinf(value) and value > 0


def _plain(value: Any) -> Any:
    """What json does not know: numpy's arrays and numbers, other mappings and sequences."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    try:
        return list(value)
    except TypeError:
        raise TypeError(f"a scenario cannot hold a {type(value).__name__}") from None
