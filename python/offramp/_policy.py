"""Policies of the user's own."""

from __future__ import annotations

import typing
from collections.abc import Sequence

from ._native import Receiver, Task

if typing.TYPE_CHECKING:
    from ._scenario import Scenario


class Policy:
    """A policy of your own: two questions, asked a task at a time during a simulation::

        class Shortest(offramp.Policy):
            def choose(self, task, receivers):
                return min((r for r in receivers if r.available),
                           key=lambda r: (r.outstanding + 1) / r.tasks_per_s)

            def threshold(self, task):
                return 0.7

    What it is shown is what a real sender knows: its own tasks, and what acknowledgements said. It
    may keep what it likes. Results are the same by seed as long as it draws from nothing but
    ``task.draw``. An exception in a method ends the simulation and arrives at the caller.
    """

    #: What results call it; the class's name unless set.
    name: str = ""

    def start(self, scenario: Scenario) -> None:
        """Before the first task of a simulation: forget what was learned from another one."""

    def choose(self, task: Task, receivers: Sequence[Receiver]) -> Receiver | int | None:
        """The one of ``receivers`` that gets the task, or its index there.

        None, or one that is not available: the task waits until a node comes back. At least one is
        available. They are the parts that ``task.part`` has a link to, in the scenario's order.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method choose")

    def threshold(self, task: Task) -> float:
        """The task's stage is done at a node with an exit: it leaves iff its confidence is at least
        this. Above 1: never."""
        raise NotImplementedError(f"{type(self).__name__} has no method threshold")
