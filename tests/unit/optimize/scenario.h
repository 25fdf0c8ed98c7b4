// Problems for tests of the optimiser: small ones by hand and generated ones, by seed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "offramp/core/exit_profile.h"
#include "offramp/core/problem.h"

namespace offramp {

// Synthetic rows of a model with `stages` stages and an exit at each of the first `exits`: rows
// have a difficulty, later exits are better, confidences are calibrated.
std::shared_ptr<const ExitProfile> SyntheticProfile(int stages, int exits, std::size_t rows,
                                                    std::uint64_t seed);

struct ScenarioOptions {
  int sources = 8;
  std::vector<int> replicas = {5, 4, 3};  // by stage
  int degree = 3;                         // receivers of a node, at most
  double load = 0.7;                      // of every stage if it saw what a threshold of 0.8 sends
  double heterogeneity = 6;               // fastest / slowest replica of a stage
  double accuracy_weight_s = 1;
  std::size_t rows = 1000;
  double service_scv = 0;
};

Problem GenerateProblem(const ScenarioOptions& options, std::uint64_t seed);

// Stages of the given service rates (dispatch.md writes fleets so), every link of `transfer_s`.
Problem FleetProblem(int gateways, double rate_per_s, const std::vector<std::vector<double>>& rates,
                     double transfer_s, std::shared_ptr<const ExitProfile> profile,
                     double accuracy_weight_s);

}  // namespace offramp
