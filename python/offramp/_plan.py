"""Static plans: shares and thresholds, and their exact evaluation."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Union

import numpy as np
import numpy.typing as npt

from . import _native
from ._arguments import Thresholds, count, overrides, seed as checked_seed
from ._scenario import Scenario

Floats = npt.NDArray[np.float64]

_MOST_ROUNDS = 1_000_000
_MOST_RESTARTS = 1000


def policy_names() -> list[str]:
    """The policies that come with offramp, as :func:`plan` and :func:`simulate` take them."""
    return _native.policy_names()


class Strategy:
    """What is decided for a scenario: how every sender splits, and when tasks exit.

    Attributes:
        scenario: that it is for.
        shares: by the scenario's links: the share of its sender's tasks that a link gets; those of a
            sender sum to 1.
        thresholds: by the scenario's nodes: a task exits iff its confidence is at least this (above
            1: never); NaN at nodes whose stage has no exit.

    Both arrays may be changed; they are checked where the strategy is used.
    """

    def __init__(self, scenario: Scenario, shares: npt.ArrayLike,
                 thresholds: npt.ArrayLike) -> None:
        self.scenario = scenario
        self.shares: Floats = np.array(shares, dtype=float)
        self.thresholds: Floats = np.array(thresholds, dtype=float)

    @classmethod
    def uniform(cls, scenario: Scenario, threshold: float = 0.8) -> Strategy:
        """Every sender splits evenly; one threshold for all: where a fleet starts."""
        return cls(scenario, *_native.uniform(scenario._handle, threshold))

    @classmethod
    def from_dict(cls, scenario: Scenario, data: Mapping[str, Any]) -> Strategy:
        """From ``offloading`` and ``thresholds`` as in a plan's JSON; a link that is not named gets
        no share."""
        index = {link: i for i, link in enumerate(scenario.links)}
        shares = np.zeros(len(index))
        for sender, row in _mapping(data, "offloading").items():
            for receiver, share in _mapping(data["offloading"], sender, "offloading: ").items():
                if (sender, receiver) not in index:
                    raise ValueError(f"offloading: no link goes from '{sender}' to '{receiver}'")
                shares[index[sender, receiver]] = share
        thresholds = np.full(len(scenario.nodes), math.nan)
        given = dict(_mapping(data, "thresholds"))
        for i, (node, stage) in enumerate(zip(scenario.nodes, scenario.node_stages)):
            if stage not in scenario.exit_stages:
                continue
            if node not in given:
                raise ValueError(f"thresholds: lacks '{node}', expected every node with an exit")
            thresholds[i] = given.pop(node)
        if given:
            raise ValueError(f"thresholds: '{next(iter(given))}' is no node with an exit")
        return cls(scenario, shares, thresholds)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """``offloading`` and ``thresholds`` as in a plan's JSON."""
        return {"offloading": self.offloading, "thresholds": self.thresholds_by_node}

    @property
    def offloading(self) -> dict[str, dict[str, float]]:
        """Shares by sender and receiver."""
        rows: dict[str, dict[str, float]] = {}
        for (sender, receiver), share in zip(self.scenario.links, self.shares.tolist()):
            rows.setdefault(sender, {})[receiver] = share
        return rows

    @property
    def thresholds_by_node(self) -> dict[str, float]:
        """Thresholds by name, of nodes with an exit; 2 where nothing ever exits."""
        return {node: 2 if threshold > 1 else threshold
                for node, threshold in zip(self.scenario.nodes, self.thresholds.tolist())
                if not math.isnan(threshold)}


@dataclass(frozen=True)
class Prediction:
    """What a strategy gives in the long run: exact, over all rows of the profile."""

    mean_delay_s: float
    #: Share of tasks answered rightly; 0 without a profile.
    accuracy: float
    #: mean_delay_s - accuracy weight * accuracy: what is minimised.
    objective_s: float
    #: By stage: share of all tasks that it answers.
    exit_share: dict[int, float]
    #: By node name; above 1 no queue is stable.
    utilisation: dict[str, float]
    #: By the scenario's nodes, tasks/s.
    arrival_rate_per_s: Floats
    #: By the scenario's links, tasks/s.
    link_flow_per_s: Floats

    def to_dict(self) -> dict[str, float]:
        """``predicted`` of a plan's JSON."""
        return {"mean_delay_s": self.mean_delay_s, "accuracy": self.accuracy,
                "objective_s": self.objective_s}


@dataclass(frozen=True)
class Certificate:
    """How far a plan can be from the best one of its class."""

    #: On the objective of every plan of the class on the grid.
    lower_bound_s: float
    #: The plan's objective above the bound, never negative.
    gap_s: float
    #: In words: the plans that the bound holds for, and the thresholds that were looked at.
    policy_class: str
    grid: str


@dataclass(frozen=True)
class Plan:
    """A static plan and what is known about it."""

    policy: str
    strategy: Strategy
    predicted: Prediction
    #: Over rows of the profile that the plan has not seen, where some were kept apart.
    held_out: Prediction | None
    #: Of the distributed run from the cold start.
    rounds: int
    #: Of that run, by round: arrays ``round``, ``mean_delay_s``, ``accuracy``, ``objective_s``.
    history: dict[str, npt.NDArray[Any]]
    #: In force: the objective's, or the one found for a floor or ceiling.
    accuracy_weight_s: float
    certificate: Certificate | None
    #: Why the rounds ended: ``converged``, ``rounds spent``, ``nothing to do``; in a line.
    stop: str
    message: str
    #: Which start gave the plan; 0: the distributed run.
    restart: int
    #: Several lines for people.
    report: str

    @property
    def offloading(self) -> dict[str, dict[str, float]]:
        """Shares by sender and receiver."""
        return self.strategy.offloading

    @property
    def thresholds(self) -> dict[str, float]:
        """By node with an exit; 2 where nothing ever exits."""
        return self.strategy.thresholds_by_node

    @property
    def optimality_gap_s(self) -> float | None:
        """The certificate's gap."""
        return self.certificate.gap_s if self.certificate else None

    def to_dict(self) -> dict[str, Any]:
        """The object that ``offramp plan --json`` prints."""
        data: dict[str, Any] = {"policy": self.policy, **self.strategy.to_dict(),
                                "predicted": self.predicted.to_dict()}
        if self.held_out:
            data["held_out"] = self.held_out.to_dict()
        data["rounds"] = self.rounds
        data["optimality_gap_s"] = self.optimality_gap_s
        columns = {key: values.tolist() for key, values in self.history.items()}
        data["history"] = [dict(zip(columns, row)) for row in zip(*columns.values())]
        data.update(accuracy_weight_s=self.accuracy_weight_s, objective_met=True, stop=self.stop,
                    message=self.message, restart=self.restart)
        if self.certificate:
            data["certificate"] = {"lower_bound_s": self.certificate.lower_bound_s,
                                   "class": self.certificate.policy_class,
                                   "grid": self.certificate.grid}
        data["utilisation"] = dict(self.predicted.utilisation)
        data["exit_share"] = {str(h): share for h, share in self.predicted.exit_share.items()}
        return data


StrategyLike = Union[Strategy, Plan, Mapping[str, Any]]


def plan(scenario: Scenario, policy: str | None = None, *, rounds: int = 300, seed: int = 1,
         restarts: int = 3, held_out: float = 0, certificate: bool = True,
         thresholds: Thresholds = None, accuracy_weight_s: float | None = None,
         min_accuracy: float | None = None, max_mean_delay_s: float | None = None,
         progress: Callable[[int], object] | None = None) -> Plan:
    """A static plan, as ``offramp plan`` makes it. Other Python threads run meanwhile.

    Args:
        policy: one of :func:`policy_names`; None: a fleet file's, else ``dto-ee``.
        rounds: of the agents, at most.
        seed: of restarts and of what is random in a policy.
        restarts: further starts from other thresholds; the best plan is kept.
        held_out: share of the profile's rows kept apart to predict on, 0 to 0.9.
        certificate: whether to bound how far the plan can be from the best.
        thresholds: of policies that do not set them: a number, or ``tuned``; None: the scenario's,
            else 0.8.
        accuracy_weight_s, min_accuracy, max_mean_delay_s: one of them in place of the scenario's
            objective.
        progress: called with the round.

    Raises:
        ValueError: an argument makes no sense, or the objective cannot be met.
    """
    made = _native.plan(
        scenario._handle, overrides(thresholds, accuracy_weight_s, min_accuracy, max_mean_delay_s),
        scenario.policy if policy is None else policy, count("rounds", rounds, 1, _MOST_ROUNDS),
        checked_seed(seed), count("restarts", restarts, 0, _MOST_RESTARTS), held_out, certificate,
        progress)
    bound = made.pop("certificate")
    unseen = made.pop("held_out")
    return Plan(strategy=Strategy(scenario, made.pop("shares"), made.pop("thresholds")),
                predicted=_prediction(scenario, made.pop("predicted")),
                held_out=_prediction(scenario, unseen) if unseen else None,
                certificate=Certificate(*bound) if bound else None, **made)


def evaluate(scenario: Scenario, strategy: StrategyLike) -> Prediction:
    """What a strategy gives in the long run, exactly, over all rows of the profile.

    ``strategy`` may be a :class:`Strategy`, a :class:`Plan` (also one made for another scenario with
    the same parts and links) or a mapping with ``offloading`` and ``thresholds`` such as a plan's
    JSON.
    """
    decided = as_strategy(scenario, strategy)
    return _prediction(scenario, _native.evaluate(scenario._handle, decided.shares,
                                                  decided.thresholds))


def as_strategy(scenario: Scenario, strategy: StrategyLike) -> Strategy:
    """`strategy`, whatever form it has, in the order of `scenario`."""
    if isinstance(strategy, Plan):
        strategy = strategy.strategy
    if isinstance(strategy, Strategy):
        if strategy.scenario is scenario:
            return strategy
        strategy = strategy.to_dict()
    return Strategy.from_dict(scenario, strategy)


def _prediction(scenario: Scenario, native: dict[str, Any]) -> Prediction:
    utilisation = dict(zip(scenario.nodes, native.pop("utilisation").tolist()))
    return Prediction(utilisation=utilisation, **native)


def _mapping(data: Any, key: str, where: str = "") -> Mapping[str, Any]:
    value = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(value, Mapping):
        shown = "missing" if value is None else json.dumps(value, default=str)
        raise ValueError(f"{where}{key}: is {shown}, expected a mapping")
    return value
