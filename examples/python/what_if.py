"""A plan; then plans for the same network without each of its nodes, and for more load, the latter
beside a simulation of the live policy: what_if.py SCENARIO"""

import sys

import offramp


def without(scenario, node):
    """The scenario without one of its nodes."""
    data = scenario.to_dict()
    data["nodes"] = [entry for entry in data["nodes"] if entry["name"] != node]
    data["links"] = [link for link in data["links"] if node not in (link["from"], link["to"])]
    return offramp.Scenario.from_dict(data)


def loaded(scenario, factor):
    """The scenario with every device's rate times factor."""
    data = scenario.to_dict()
    for device in data["devices"]:
        device["tasks_per_s"] *= factor
    return offramp.Scenario.from_dict(data)


def row(what, scenario):
    predicted = offramp.plan(scenario).predicted
    return (f"{what:<14}  {predicted.mean_delay_s * 1e3:8.1f}  {predicted.accuracy * 100:6.2f}"
            f"  {max(predicted.utilisation.values()):5.2f}")


scenario = offramp.Scenario.load(sys.argv[1])
print("WHAT IF          MEAN MS   ACC %  UTIL  SIMULATED MS")
print(row("nothing", scenario))
for node in scenario.nodes:
    try:
        print(row(f"{node} down", without(scenario, node)))
    except ValueError as error:
        print(f"{node + ' down':<14}  {error}")
for factor in [0.5, 0.75, 1.25]:
    changed = loaded(scenario, factor)
    simulated = offramp.simulate(changed, seconds=200)
    print(f"{row(f'load x {factor:.2f}', changed)}  {simulated.mean_delay_s * 1e3:12.1f}")
