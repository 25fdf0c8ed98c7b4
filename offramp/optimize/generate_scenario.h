// Scenarios by seed: devices, stages of unlike nodes, links of unlike rates and the exit profile of
// a calibrated synthetic model. For tests, benchmarks and `offramp generate-scenario`; the same
// options give the same scenario on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/scenario.h"

namespace offramp {

struct GeneratorOptions {
  std::uint64_t seed = 1;
  int devices = 50;
  int nodes = 18;            // over all stages, earlier ones get more; >= stages
  int stages = 4;            // 1..16
  int exits = 3;             // 0..stages - 1; in the last stages before the end
  double heterogeneity = 8;  // >= 1: fastest / slowest node of a stage, at most; links: its root
  double load = 0.7;         // in (0, 1): utilisation of a stage's busiest node when thresholds are
                             // 0.8 and senders balance as well as their links allow
  int degree = 3;            // receivers of a sender, at most
  ServiceLaw law = ServiceLaw::kExponential;
  std::size_t rows = 1500;       // of the profile
  double task_rate_per_s = 1;    // of a device, on average
  double accuracy_weight_s = 0;  // a; 0: a random multiple of the time that a task needs
};

// kInvalidArgument names the option and its range. Linear in devices + nodes.
Result<Scenario> GenerateScenario(const GeneratorOptions& options);

// Rows of a model with an exit after each stage that `exit` names (by stage - 1; the last one is
// not looked at): rows have a difficulty, later exits know more, and confidences are calibrated:
// of the rows with confidence x, a share x is answered rightly.
std::shared_ptr<const ExitProfile> SyntheticProfile(const std::vector<bool>& exit, std::size_t rows,
                                                    std::uint64_t seed);

// The options of `count` unlike scenarios: 20 to 200 devices, two to five stages, load 0.5 to 0.92,
// degree 2 to 5, both laws. Committed seeds: `first_seed` + 0..count - 1.
std::vector<GeneratorOptions> ScenarioSuite(int count, std::uint64_t first_seed, std::size_t rows);

}  // namespace offramp
