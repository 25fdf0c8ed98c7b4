"""A policy of one's own beside dto-ee and peak-ewma, on the same tasks: own_policy.py SCENARIO"""

import sys

import offramp


class Impatient(offramp.Policy):
    """Sends a task where it should be done first, and lets it settle for less the older it is."""

    name = "impatient"

    def choose(self, task, receivers):
        return min((receiver for receiver in receivers if receiver.available),
                   key=lambda r: r.transfer_s + (r.outstanding + 1) / r.tasks_per_s)

    def threshold(self, task):
        age_s = task.now_s - task.arrival_s
        return max(0.6, 0.95 - 0.3 * age_s)


def show(run):
    """One line of the table."""
    low, high = run.mean_ci95_s
    print(f"{run.policy:<10}  {run.mean_delay_s * 1e3:7.1f}  +- {(high - low) / 2 * 1e3:4.1f}"
          f"  {run.p95_s * 1e3:7.1f}  {run.accuracy * 100:6.2f}")


scenario = offramp.Scenario.load(sys.argv[1])
print("POLICY      MEAN MS           P95 MS   ACC %")
for policy in ["dto-ee", "peak-ewma", Impatient()]:
    show(offramp.simulate(scenario, policy, seconds=300))
