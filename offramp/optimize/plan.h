// MakePlan: a static plan for a Problem by any policy, and everything one wants to know about it
// (formats.md "Plan"). What `offramp plan` prints.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/evaluate.h"
#include "offramp/core/objective.h"
#include "offramp/core/policy.h"
#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"
#include "offramp/optimize/certificate.h"

namespace offramp {

// Links times profile rows: the work of a round. Beyond it a tenth of a second and more; rounds
// then end sooner, when ten of them have gained less than 0.01 % of the delay.
inline constexpr double kLargeProblem = 2e7;

struct PlanOptions {
  Policy policy = Policy::kDtoEe;
  int rounds = 300;  // of the agents, at most
  std::uint64_t seed = 1;
  Objective objective;  // a floor or a ceiling is met by a search for the weight
  double fixed_threshold = 0.8;
  bool tuned = false;       // fixed thresholds: best stage-wide values instead
  int restarts = 3;         // dto-ee, optimum: from other thresholds; the best plan is kept. Of
                            // dto-ee none beyond kLargeProblem, where they gain nothing
  bool certificate = true;  // a lower bound on U (algorithm.md section 7)
  double held_out = 0;      // share of the profile's rows kept apart for `held_out`
  std::function<void(int round)> progress;

  // Asked between rounds, by the calling thread; true: the best so far is planned, without a
  // certificate. Null: never.
  std::function<bool()> stop;
};

struct RoundSummary {
  int round = 0;  // 0: the cold start
  double mean_delay_s = 0;
  double accuracy = 0;
  double objective_s = 0;
};

// Why the rounds ended.
enum class PlanStop { kConverged, kRoundsSpent, kNothingToDo, kStopped };

// "converged", "rounds spent", "nothing to do", "stopped".
std::string_view PlanStopName(PlanStop stop);

struct Plan {
  Policy policy = Policy::kDtoEe;
  Strategy strategy;
  Evaluation predicted;                // exact, over all rows of the profile
  std::optional<Evaluation> held_out;  // over rows the plan has not seen
  double accuracy_weight_s = 0;        // in force: the objective's, or found
  bool objective_met = true;           // false: the nearest that can be met was planned
  std::string message;                 // in a line, why it stopped or what cannot be met
  PlanStop stop = PlanStop::kRoundsSpent;
  int rounds = 0;                     // of the distributed run from the cold start
  std::vector<RoundSummary> history;  // of that run, even if a restart gave the plan
  int restart = 0;                    // which start gave the plan; 0: the distributed run
  std::optional<Certificate> certificate;

  std::string BriefReport() const;  // one line
  std::string FullReport(const Problem& problem) const;
};

// kInvalidArgument names the option that makes no sense for the policy or problem.
Result<Plan> MakePlan(const Problem& problem, const PlanOptions& options);

}  // namespace offramp
