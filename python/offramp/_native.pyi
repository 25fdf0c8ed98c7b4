"""What the extension gives to the package; users see only Task and Receiver of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

version: str

class Scenario:
    @staticmethod
    def load(path: str) -> Scenario: ...
    @staticmethod
    def from_text(text: str, profile: dict[str, Any] | None, exits_path: str,
                  endless_links: list[int], path: str, policy: str) -> Scenario: ...
    def to_dict(self) -> dict[str, Any]: ...
    def save(self, path: str) -> None: ...
    @property
    def path(self) -> str: ...
    @property
    def policy(self) -> str: ...
    @property
    def stages(self) -> int: ...
    @property
    def exit_stages(self) -> tuple[int, ...]: ...
    @property
    def devices(self) -> tuple[str, ...]: ...
    @property
    def nodes(self) -> tuple[str, ...]: ...
    @property
    def links(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def tasks_per_s(self) -> npt.NDArray[np.float64]: ...
    @property
    def node_stages(self) -> npt.NDArray[np.int32]: ...
    @property
    def service_rate_per_s(self) -> npt.NDArray[np.float64]: ...
    @property
    def transfer_s(self) -> npt.NDArray[np.float64]: ...
    @property
    def profile(self) -> dict[str, npt.NDArray[np.float32]] | None: ...

class Overrides:
    def __init__(self, thresholds: float | str | None, accuracy_weight_s: float | None,
                 min_accuracy: float | None, max_mean_delay_s: float | None) -> None: ...

class Task:
    """One task at one part, when a policy is asked about it."""

    @property
    def now_s(self) -> float:
        """Simulated seconds."""
    @property
    def arrival_s(self) -> float:
        """When it arrived at its device."""
    @property
    def number(self) -> int:
        """In the order of arrival."""
    @property
    def part(self) -> int:
        """That has it: devices first, then nodes, each in the scenario's order."""
    @property
    def at(self) -> str:
        """Name of that part."""
    @property
    def stage(self) -> int:
        """Of that part; 0: a device."""
    @property
    def draw(self) -> float:
        """Uniform in [0, 1), another one each time, the same by seed."""

class Receiver:
    """A part that a task may be sent to, as its sender knows it."""

    @property
    def part(self) -> int:
        """Its number: devices first, then nodes, each in the scenario's order."""
    @property
    def name(self) -> str:
        """Its name in the scenario."""
    @property
    def available(self) -> bool:
        """False once its death was noticed."""
    @property
    def outstanding(self) -> int:
        """Tasks sent from here whose stage is not done."""
    @property
    def tasks_per_s(self) -> float:
        """Its speed by the file."""
    @property
    def transfer_s(self) -> float:
        """Seconds of one task over the link, without queue, as last measured."""
    @property
    def latency_s(self) -> float:
        """Seconds from sending to done, averaged over about ten tasks; 0: none yet."""
    @property
    def queued_tasks(self) -> int:
        """Tasks there when the last acknowledgement left it."""

def generate(seed: int, devices: int, nodes: int, stages: int, exits: int, heterogeneity: float,
             load: float, degree: int, law: str, rows: int, tasks_per_s: float,
             accuracy_weight_s: float) -> Scenario: ...
def plan(scenario: Scenario, overrides: Overrides, policy: str, rounds: int, seed: int,
         restarts: int, held_out: float, certificate: bool,
         progress: Callable[[int], object] | None) -> dict[str, Any]: ...
def evaluate(scenario: Scenario, shares: npt.NDArray[np.float64],
             thresholds: npt.NDArray[np.float64]) -> dict[str, Any]: ...
def uniform(scenario: Scenario,
            threshold: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
def policy_names() -> list[str]: ...
def simulate(scenario: Scenario, overrides: Overrides, policy: object, shown: object,
             seconds: float, tasks: int | None, warmup_s: float | None, seed: int, admission: bool,
             start: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None,
             progress: Callable[[float], object] | None) -> dict[str, Any]: ...
