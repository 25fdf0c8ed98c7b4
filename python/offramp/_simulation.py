"""Simulations: a scenario under a policy, task by task."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _native
from ._arguments import Thresholds, count, overrides, seed as checked_seed
from ._plan import Floats, StrategyLike, as_strategy
from ._policy import Policy
from ._scenario import Scenario

_MOST_TASKS = 100_000_000


@dataclass(frozen=True)
class Series:
    """Means by second of arrival; NaN where nothing arrived."""

    t_s: Floats
    delay_s: Floats
    accuracy: Floats
    threshold: Floats


@dataclass(frozen=True)
class Simulation:
    """What a simulation yields, over the tasks that arrived after the warm-up."""

    policy: str
    seed: int
    generated: int
    finished: int
    #: By admission control.
    refused: int
    lost: int
    #: Sent once more because the receiver died, as often as that happened.
    resent: int
    mean_delay_s: float
    #: 95 % interval of the mean, by batch means.
    mean_ci95_s: tuple[float, float]
    p50_s: float
    p95_s: float
    p99_s: float
    #: 0 %, 1 %, ... 100 %; empty where nothing finished.
    delay_quantile_s: Floats
    #: Share of answers that were right; 0 without a profile.
    accuracy: float
    #: By stage: share of the answers that came from it.
    exit_share: dict[int, float]
    #: By node name.
    utilisation: dict[str, float]
    #: By the scenario's nodes: tasks there on average, tasks/s that arrived, seconds there of one.
    mean_in_system: Floats
    arrival_rate_per_s: Floats
    mean_sojourn_s: Floats
    #: By the scenario's links, tasks/s.
    link_flow_per_s: Floats
    series: Series
    #: Of a floor or ceiling, at the end; True without one.
    objective_met: bool
    #: In force at the end, mean over devices.
    accuracy_weight_s: float
    events: int
    #: Until the last task was answered.
    simulated_s: float
    #: Why not to believe it: too short, unstable, ...
    warnings: list[str]
    #: Whether the objective is a floor or a ceiling.
    steers: bool

    def to_dict(self) -> dict[str, Any]:
        """The object that ``offramp simulate --json`` prints for one policy and seed."""
        run: dict[str, Any] = {
            "tasks": {"generated": self.generated, "finished": self.finished,
                      "refused": self.refused, "lost": self.lost, "resent": self.resent},
            "delay_s": {"mean": self.mean_delay_s, "mean_ci95": list(self.mean_ci95_s),
                        "p50": self.p50_s, "p95": self.p95_s, "p99": self.p99_s},
            "accuracy": self.accuracy,
            "exit_share": {str(stage): share for stage, share in self.exit_share.items()},
            "utilisation": dict(self.utilisation),
            "series": {"t_s": self.series.t_s.tolist(),
                       "delay_s": _with_null(self.series.delay_s),
                       "accuracy": _with_null(self.series.accuracy),
                       "threshold": _with_null(self.series.threshold)},
        }
        if self.steers:
            run.update(objective_met=self.objective_met, accuracy_weight_s=self.accuracy_weight_s)
        if self.warnings:
            run["warnings"] = list(self.warnings)
        return {"seed": self.seed, "policies": {self.policy: run}}


def simulate(scenario: Scenario, policy: str | Policy | None = None, *, seed: int = 1,
             seconds: float = 600, tasks: int | None = None, warmup_s: float | None = None,
             thresholds: Thresholds = None, accuracy_weight_s: float | None = None,
             min_accuracy: float | None = None, max_mean_delay_s: float | None = None,
             admission: bool = False, start: StrategyLike | None = None,
             progress: Callable[[float], object] | None = None) -> Simulation:
    """Simulates a policy, as ``offramp simulate`` does. The same seed gives the same result, and all
    policies see the same tasks at the same times.

    Other Python threads run meanwhile, unless the policy is your own. Ctrl-C ends it.

    Args:
        policy: one of :func:`policy_names` or a :class:`Policy`; None: a fleet file's, else
            ``dto-ee``.
        seed: of arrivals, service times, rows of the profile and everything else.
        seconds: how long tasks arrive; then the system drains.
        tasks: in place of ``seconds``: how many tasks count.
        warmup_s: seconds at the start that no figure counts; None: a tenth.
        thresholds: of policies that do not set them: a number, or ``tuned``; None: the scenario's,
            else 0.8.
        accuracy_weight_s, min_accuracy, max_mean_delay_s: one of them in place of the scenario's
            objective.
        admission: devices refuse what the fleet cannot carry, under policies that also run live.
        start: shares and thresholds to begin with; None: the policy's own.
        progress: called now and then with the share done, 0 to 1.

    Raises:
        ValueError: an argument makes no sense. What a method of your policy raises arrives as it is.
    """
    own = isinstance(policy, Policy)
    if not own and not isinstance(policy, (str, type(None))):
        raise TypeError(f"policy: is a {type(policy).__name__}, expected a name or a Policy")
    chosen = scenario.policy if policy is None else policy
    decided = as_strategy(scenario, start) if start is not None else None
    done = _native.simulate(
        scenario._handle, overrides(thresholds, accuracy_weight_s, min_accuracy, max_mean_delay_s),
        chosen, scenario, seconds,
        None if tasks is None else count("tasks", tasks, 1, _MOST_TASKS), warmup_s,
        checked_seed(seed), admission,
        None if decided is None else (decided.shares, decided.thresholds), progress)
    name = (chosen.name or type(chosen).__name__) if isinstance(chosen, Policy) else chosen
    utilisation = dict(zip(scenario.nodes, done.pop("utilisation").tolist()))
    return Simulation(policy=name, utilisation=utilisation, series=Series(**done.pop("series")),
                      **done)


def _with_null(values: npt.NDArray[np.float64]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.tolist()]
