// The search behind MakePlan, for one training problem. Private to plan.cc.
#pragma once

#include <vector>

#include "offramp/core/evaluate.h"
#include "offramp/optimize/dto_ee.h"
#include "offramp/optimize/plan.h"

namespace offramp {

// A strategy and what it comes to.
struct Candidate {
  Strategy strategy;
  double mean_delay_s = 0;
  double accuracy = 0;
  double objective_s = 0;
};

// Whether `a` serves the objective better than `b` does: least U; under a floor or ceiling first
// whoever meets it (or comes nearest), then the least delay or the greatest accuracy.
bool IsBetter(const Objective& objective, const Candidate& a, const Candidate& b);
bool Meets(const Objective& objective, double accuracy, double mean_delay_s);

// The rounds of a fleet until `rounds` are spent or nothing gets better any more. Offers every
// round's strategy to `best` and appends to `history` unless null, round 0 being the start.
struct RoundsResult {
  int rounds = 0;
  bool converged = false;
  bool stopped = false;
};
struct RoundsHooks {
  std::function<void(int round)> progress;  // may be null
  std::function<bool()> stop;               // may be null
};
bool IsLarge(const Problem& problem);
RoundsResult RunRounds(DtoEe& fleet, int rounds, const Objective& objective, Candidate& best,
                       std::vector<RoundSummary>* history, const RoundsHooks& hooks);

struct WeightSearch {
  double accuracy_weight_s = 0;
  bool met = true;
};

// The accuracy weight at which the fleet's converged rounds just meet a floor or ceiling, by
// bisection of its logarithm, each step starting where the last one ended (decision 13). Offers
// every strategy it meets to `best`.
WeightSearch SearchWeight(const Problem& problem, const PlanOptions& options, Candidate& best);

}  // namespace offramp
