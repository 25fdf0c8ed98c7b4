#include "offramp/optimize/reference.h"

#include <limits>

#include "offramp/base/random.h"
#include "offramp/core/evaluate.h"
#include "offramp/optimize/flow_solver.h"
#include "offramp/optimize/tuned_thresholds.h"

namespace offramp {
namespace {

constexpr double kStill = 1e-6;  // of the delay, an alternation

Strategy OwnStart(const Problem& problem, int which, Random& random) {
  Strategy strategy = CapacityStrategy(problem, 0.8);
  const std::vector<double> tuned =
      which == 0 ? TuneThresholds(problem).by_stage : std::vector<double>();
  for (int stage = 1; stage < problem.stages(); ++stage) {
    const double threshold =
        which == 0 ? tuned[static_cast<std::size_t>(stage - 1)] : 0.3 + 0.7 * random.Uniform();
    SetStageThreshold(problem, stage, threshold, strategy);
  }
  return strategy;
}

}  // namespace

Result<Reference> SolveReference(const Problem& problem, const ReferenceOptions& options) {
  Reference best;
  best.objective_s = std::numeric_limits<double>::infinity();
  Random random(options.seed);
  Evaluator evaluator;
  const int given = static_cast<int>(options.starts.size());
  for (int start = 0; start < given + options.own_starts; ++start) {
    Strategy strategy = start < given ? options.starts[static_cast<std::size_t>(start)]
                                      : OwnStart(problem, start - given, random);
    const double delay = evaluator.Evaluate(problem, strategy).mean_delay_s;
    double before = std::numeric_limits<double>::infinity();
    for (int i = 0; i < options.alternations; ++i) {
      OFFRAMP_ASSIGN_OR_RETURN(double objective, SolveFlows(problem, strategy, options.stop));
      if (options.thresholds_move) objective = ImproveThresholds(problem, strategy);
      if (objective < best.objective_s) {
        best = {.strategy = strategy, .objective_s = objective, .start = start};
      }
      if (options.stop && options.stop()) return best;
      if (!options.thresholds_move || before - objective < kStill * delay) break;
      before = objective;
    }
  }
  return best;
}

}  // namespace offramp
