"""Plan and simulate fleets that run early-exit models, and compare policies of your own.

A :class:`Scenario` is a network in numbers: devices that send tasks, nodes that run the stages of a
model, links, and the exit profile of the model. With one at hand::

    import offramp

    scenario = offramp.generate_scenario(seed=7, devices=50, nodes=18, stages=4)
    plan = offramp.plan(scenario)                        # shares and thresholds, what they give
    run = offramp.simulate(scenario, policy="peak-ewma")  # task by task
    print(plan.predicted.mean_delay_s, run.mean_delay_s, run.accuracy)

A policy of your own is a :class:`Policy` with two methods; :func:`simulate` takes an instance of it.
Whatever is wrong with an input is a :class:`ValueError` with the line that the command ``offramp``
would print. Units stand in names: ``_s`` seconds, ``_per_s`` per second.
"""

from ._native import Receiver, Task
from ._native import version as __version__
from ._plan import Certificate, Plan, Prediction, Strategy, evaluate, plan, policy_names
from ._policy import Policy
from ._scenario import Scenario, generate_scenario
from ._simulation import Series, Simulation, simulate

__all__ = [
    "Certificate",
    "Plan",
    "Policy",
    "Prediction",
    "Receiver",
    "Scenario",
    "Series",
    "Simulation",
    "Strategy",
    "Task",
    "__version__",
    "evaluate",
    "generate_scenario",
    "plan",
    "policy_names",
    "simulate",
]
