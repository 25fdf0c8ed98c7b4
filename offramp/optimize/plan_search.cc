#include "offramp/optimize/plan_search.h"

#include <algorithm>
#include <cmath>

namespace offramp {
namespace {

constexpr int kPatience = 40;    // rounds without getting better
constexpr double kStill = 1e-5;  // of the delay: what counts as better
constexpr int kLargePatience = 10;
constexpr double kLargeStill = 1e-4;
constexpr double kOnTheLine = 1e-9;  // rounding of an exact evaluation
constexpr int kSearchRounds = 60;
constexpr int kBisections = 16;
// Accuracy weights that are as good as 0 and as infinite, in multiples of the mean delay.
constexpr double kLeastWeight = 1e-3;
constexpr double kLargestWeight = 1e4;

}  // namespace

bool IsLarge(const Problem& problem) {
  return static_cast<double>(problem.link_count()) * static_cast<double>(problem.rows()) >
         kLargeProblem;
}

bool Meets(const Objective& objective, double accuracy, double mean_delay_s) {
  if (objective.min_accuracy) return accuracy >= *objective.min_accuracy - kOnTheLine;
  if (objective.max_mean_delay_s) return mean_delay_s <= *objective.max_mean_delay_s + kOnTheLine;
  return true;
}

bool IsBetter(const Objective& objective, const Candidate& a, const Candidate& b) {
  if (!objective.steers()) return a.objective_s < b.objective_s;
  const bool a_meets = Meets(objective, a.accuracy, a.mean_delay_s);
  const bool b_meets = Meets(objective, b.accuracy, b.mean_delay_s);
  if (a_meets != b_meets) return a_meets;
  const bool least_delay = objective.min_accuracy.has_value() == a_meets;
  return least_delay ? a.mean_delay_s < b.mean_delay_s : a.accuracy > b.accuracy;
}

RoundsResult RunRounds(DtoEe& fleet, int rounds, const Objective& objective, Candidate& best,
                       std::vector<RoundSummary>* history, const RoundsHooks& hooks) {
  RoundsResult result;
  const bool large = IsLarge(fleet.problem());
  const int patience = large ? kLargePatience : kPatience;
  const double still = large ? kLargeStill : kStill;
  double least = 0;
  int since = 0;
  for (int round = 0;; ++round) {
    const Strategy strategy = fleet.strategy();
    const Evaluation& e = round < rounds ? fleet.Round() : fleet.Evaluate();
    result.rounds = round;
    const Candidate now{
        .mean_delay_s = e.mean_delay_s, .accuracy = e.accuracy, .objective_s = e.objective_s};
    if (history != nullptr) {
      history->push_back({.round = round,
                          .mean_delay_s = e.mean_delay_s,
                          .accuracy = e.accuracy,
                          .objective_s = e.objective_s});
    }
    if (best.strategy.share.empty() || IsBetter(objective, now, best)) {
      best = now;
      best.strategy = strategy;
    }
    if (hooks.progress) hooks.progress(round);
    if (hooks.stop && hooks.stop()) {
      result.stopped = true;
      return result;
    }
    if (round == rounds) return result;
    if (round == 0 || e.objective_s < least - still * e.mean_delay_s) {
      least = e.objective_s;
      since = 0;
    } else if (++since >= patience) {
      // The last Round moved once more; what it came to is what `best` holds or no better.
      result.converged = true;
      return result;
    }
  }
}

WeightSearch SearchWeight(const Problem& problem, const PlanOptions& options, Candidate& best) {
  const Objective& objective = options.objective;
  DtoEe fleet(problem, {.seed = options.seed});
  const auto try_weight = [&](double weight_s) {
    fleet.problem().SetAccuracyWeight(weight_s);
    RunRounds(fleet, kSearchRounds, objective, best, nullptr, {.stop = options.stop});
    const Evaluation& e = fleet.Evaluate();
    return Candidate{.mean_delay_s = e.mean_delay_s, .accuracy = e.accuracy};
  };
  // More weight, more accuracy and more delay. At weight 0 the delay is least.
  const Candidate cheapest = try_weight(0);
  const double scale = std::max(cheapest.mean_delay_s, 1e-9);
  const auto meets = [&](const Candidate& c) {
    return Meets(objective, c.accuracy, c.mean_delay_s);
  };
  const bool floor = objective.min_accuracy.has_value();
  if (floor ? meets(cheapest) : !meets(cheapest)) {
    return {.accuracy_weight_s = 0, .met = meets(cheapest)};
  }
  const Candidate dearest = try_weight(kLargestWeight * scale);
  if (floor ? !meets(dearest) : meets(dearest)) {
    return {.accuracy_weight_s = kLargestWeight * scale, .met = meets(dearest)};
  }
  double low = std::log(kLeastWeight * scale);
  double high = std::log(kLargestWeight * scale);
  for (int i = 0; i < kBisections && !(options.stop && options.stop()); ++i) {
    const double middle = 0.5 * (low + high);
    const bool enough = meets(try_weight(std::exp(middle)));
    (enough == floor ? high : low) = middle;
  }
  return {.accuracy_weight_s = std::exp(floor ? high : low), .met = true};
}

}  // namespace offramp
