#include "offramp/exits/fit.h"

#include <cmath>
#include <lbfgs.h>
#include <limits>
#include <memory>

#include "offramp/base/random.h"
#include "offramp/base/text.h"
#include "offramp/exits/objective.h"

namespace offramp {

namespace {

constexpr double kDecays[] = {3e-1, 3e-2, 3e-3, 3e-4, 3e-5, 3e-6};
// With more, a hidden layer is driven to zeros.
constexpr double kMostHiddenDecay = 3e-2;
// A loss this much above the best one: smaller decays will not help.
constexpr double kWorse = 1.005;

struct Minimisation {
  const FittingObjective* objective;
  const std::function<bool()>* stop;
  Status status;  // what ended it, when that was no number
};

lbfgsfloatval_t Evaluate(void* instance, const lbfgsfloatval_t* point, lbfgsfloatval_t* gradient,
                         int size, lbfgsfloatval_t /*step*/) {
  auto& run = *static_cast<Minimisation*>(instance);
  const auto count = static_cast<std::size_t>(size);
  if (!run.status.ok()) return 0;
  const Result<double> loss = run.objective->Evaluate({point, count}, {gradient, count});
  if (loss.ok()) return *loss;
  run.status = loss.status();
  return 0;
}

// Anything but 0 ends the minimisation.
int Progress(void* instance, const lbfgsfloatval_t* /*point*/, const lbfgsfloatval_t* /*gradient*/,
             lbfgsfloatval_t /*loss*/, lbfgsfloatval_t /*point_norm*/,
             lbfgsfloatval_t /*gradient_norm*/, lbfgsfloatval_t /*step*/, int /*size*/,
             int /*iteration*/, int /*evaluations*/) {
  auto& run = *static_cast<Minimisation*>(instance);
  if (run.status.ok() && *run.stop && (*run.stop)()) run.status = CancelledError("stopped");
  return run.status.ok() ? 0 : 1;
}

// Zeros; a hidden layer must not begin with all its units alike.
Classifier FirstGuess(const FittingObjective& objective, int hidden, std::uint64_t seed) {
  const std::vector<double> zeros(static_cast<std::size_t>(objective.size()), 0);
  Classifier guess = objective.At(zeros);
  if (hidden == 0) return guess;
  Random random(seed);
  for (DenseLayer& layer : guess.layers) {
    // Uniform with variance 2 / in (He et al. 2015).
    const double bound = std::sqrt(6.0 / static_cast<double>(layer.weights.rows()));
    for (double& weight : layer.weights.reshaped()) weight = bound * (2 * random.Uniform() - 1);
  }
  return guess;
}

// What it is the library says only of a point that can still be used.
bool Usable(int code) {
  switch (code) {
    case LBFGS_SUCCESS:
    case LBFGS_STOP:
    case LBFGS_ALREADY_MINIMIZED:
    case LBFGSERR_MAXIMUMITERATION:
    case LBFGSERR_MAXIMUMLINESEARCH:
    case LBFGSERR_MINIMUMSTEP:
    case LBFGSERR_MAXIMUMSTEP:
    case LBFGSERR_ROUNDING_ERROR:
    case LBFGSERR_WIDTHTOOSMALL:
    case LBFGSERR_INCREASEGRADIENT:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<Classifier> FitClassifier(const RowSpool& features, const RowSpool& targets,
                                 const Standardisation& standard, double l2,
                                 const FitOptions& options, const Classifier* start) {
  const FittingObjective objective(features, targets, standard, options.hidden, l2);
  if (objective.size() > std::numeric_limits<int>::max() / 64) {
    return InvalidArgumentError(Format("an exit from %lld features to %lld classes is too large",
                                       static_cast<long long>(features.width()),
                                       static_cast<long long>(targets.width())));
  }
  const int size = static_cast<int>(objective.size());
  const std::unique_ptr<lbfgsfloatval_t, void (*)(lbfgsfloatval_t*)> point(lbfgs_malloc(size),
                                                                           lbfgs_free);
  if (point == nullptr) return ResourceExhaustedError("no memory for an exit of that size");
  const std::span<double> numbers(point.get(), static_cast<std::size_t>(size));
  objective.Store(start != nullptr ? *start : FirstGuess(objective, options.hidden, options.seed),
                  numbers);
  lbfgs_parameter_t parameters;
  lbfgs_parameter_init(&parameters);
  parameters.m = 10;
  parameters.epsilon = 1e-6;
  parameters.past = 5;  // done when five steps gain less than `delta` of the loss
  parameters.delta = 1e-3;
  parameters.max_iterations = options.max_iterations;
  Minimisation run{.objective = &objective, .stop = &options.stop, .status = OkStatus()};
  const int code = lbfgs(size, point.get(), nullptr, Evaluate, Progress, &run, &parameters);
  OFFRAMP_RETURN_IF_ERROR(run.status);
  if (!Usable(code)) {
    return InternalError(Format("the fit of an exit failed (liblbfgs code %d)", code));
  }
  Classifier classifier = objective.At(numbers);
  for (const DenseLayer& layer : classifier.layers) {
    if (!layer.weights.allFinite() || !layer.bias.allFinite()) {
      return InternalError("the fit of an exit diverged");
    }
  }
  return classifier;
}

Result<Fitted> FitByHeldOut(const RowSpool& features, const RowSpool& targets,
                            const RowSpool& choosing_features, const RowSpool& choosing_targets,
                            const Standardisation& standard, const FitOptions& options) {
  std::optional<Fitted> best;
  std::optional<Classifier> last;
  for (const double l2 : kDecays) {
    if (options.hidden > 0 && l2 > kMostHiddenDecay) continue;
    // One layer's loss has one minimum, so the last fit is only a good start. With a hidden layer
    // each fit finds its own.
    const Classifier* start = last && options.hidden == 0 ? &*last : nullptr;
    OFFRAMP_ASSIGN_OR_RETURN(last, FitClassifier(features, targets, standard, l2, options, start));
    OFFRAMP_ASSIGN_OR_RETURN(const double loss,
                             CrossEntropy(*last, choosing_features, choosing_targets, standard));
    if (!best || loss < best->loss) {
      best = Fitted{.classifier = *last, .l2 = l2, .loss = loss};
    } else if (loss > kWorse * best->loss) {
      break;
    }
  }
  return *std::move(best);
}

}  // namespace offramp
