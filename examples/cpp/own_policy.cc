// A policy of one's own beside dto-ee and peak-ewma, on the same tasks: own_policy SCENARIO
#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "offramp/files/scenario_file.h"
#include "offramp/simulate/simulation.h"

using namespace offramp;

// Sends a task where it should be done first, and lets it settle for less the older it is.
class Impatient final : public OwnPolicy {
 public:
  int Choose(const TaskView&, std::span<const ReceiverView> receivers) override {
    int best = -1;
    double least_s = 0;
    for (std::size_t i = 0; i < receivers.size(); ++i) {
      const ReceiverView& receiver = receivers[i];
      if (!receiver.available) continue;
      const double wait_s = receiver.transfer_s +
                            static_cast<double>(receiver.outstanding + 1) / receiver.tasks_per_s;
      if (best >= 0 && wait_s >= least_s) continue;
      best = static_cast<int>(i);
      least_s = wait_s;
    }
    return best;
  }

  double Threshold(const TaskView& task) override {
    const double age_s = task.now_s - task.arrival_s;
    return std::max(0.6, 0.95 - 0.3 * age_s);
  }
};

// One line of the table; false if it could not be simulated.
bool Show(const Scenario& scenario, const std::string& name, const SimulateOptions& options) {
  const Result<SimulationResult> result = Simulate(scenario, options);
  if (!result.ok()) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), result.status().message().c_str());
    return false;
  }
  std::printf("%-10s  %7.1f  +- %4.1f  %7.1f  %6.2f\n", name.c_str(), result->mean_delay_s * 1e3,
              (result->mean_ci95_s[1] - result->mean_ci95_s[0]) / 2 * 1e3, result->p95_s * 1e3,
              result->accuracy * 100);
  return true;
}

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: own_policy SCENARIO\n", stderr), 2;
  const Result<Scenario> scenario = ReadScenario(argv[1]);
  if (!scenario.ok()) return std::fprintf(stderr, "%s\n", scenario.status().message().c_str()), 2;

  std::printf("POLICY      MEAN MS           P95 MS   ACC %%\n");
  SimulateOptions options;
  options.seconds = 300;
  bool done = true;
  for (const Policy policy : {Policy::kDtoEe, Policy::kPeakEwma}) {
    options.policy = policy;
    done = Show(*scenario, std::string(PolicyName(policy)), options) && done;
  }
  options.own = std::make_shared<Impatient>();
  done = Show(*scenario, "impatient", options) && done;
  return done ? 0 : 1;
}
