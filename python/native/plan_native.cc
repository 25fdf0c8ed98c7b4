// plan and evaluate for Python: shares by the scenario's links, thresholds by its nodes.
#include "python/native/plan_native.h"

#include <chrono>

#include "offramp/core/evaluate.h"
#include "offramp/optimize/plan.h"

#include "python/native/convert.h"
#include "python/native/scenario_native.h"

namespace py = pybind11;

namespace offramp {
namespace {

// Between looks at signals: Ctrl-C works, and other threads are not asked for the lock all the
// time.
constexpr auto kSignalPeriod = std::chrono::milliseconds(50);

py::dict PredictionOf(const ProblemMap& map, const Evaluation& evaluation) {
  py::dict prediction;
  prediction["mean_delay_s"] = evaluation.mean_delay_s;
  prediction["accuracy"] = evaluation.accuracy;
  prediction["objective_s"] = evaluation.objective_s;
  prediction["arrival_rate_per_s"] = ArrayOf(map.ByNode(evaluation.arrival_rate_per_s));
  prediction["utilisation"] = ArrayOf(map.ByNode(evaluation.utilization));
  prediction["link_flow_per_s"] = ArrayOf(map.ByLink(evaluation.link_flow_per_s));
  py::dict exits;
  for (int stage = 1; stage <= map.problem.stages(); ++stage) {
    if (stage < map.problem.stages() && !map.problem.has_exit(stage)) continue;
    exits[py::int_(stage)] = evaluation.exit_share[static_cast<std::size_t>(stage - 1)];
  }
  prediction["exit_share"] = exits;
  return prediction;
}

template <typename Value>
auto Rounds(const Plan& plan, Value value) {
  std::vector<decltype(value(plan.history.front()))> values;
  values.reserve(plan.history.size());
  for (const RoundSummary& round : plan.history) values.push_back(value(round));
  return ArrayOf(values);
}

py::dict PlanToDict(const ProblemMap& map, const Plan& plan) {
  py::dict dict;
  dict["policy"] = std::string(PolicyName(plan.policy));
  dict["shares"] = ArrayOf(map.Shares(plan.strategy));
  dict["thresholds"] = ArrayOf(map.Thresholds(plan.strategy));
  dict["predicted"] = PredictionOf(map, plan.predicted);
  dict["held_out"] = plan.held_out ? py::object(PredictionOf(map, *plan.held_out)) : py::none();
  dict["rounds"] = plan.rounds;
  dict["history"] = py::dict(
      py::arg("round") = Rounds(plan, [](const RoundSummary& r) { return r.round; }),
      py::arg("mean_delay_s") = Rounds(plan, [](const RoundSummary& r) { return r.mean_delay_s; }),
      py::arg("accuracy") = Rounds(plan, [](const RoundSummary& r) { return r.accuracy; }),
      py::arg("objective_s") = Rounds(plan, [](const RoundSummary& r) { return r.objective_s; }));
  dict["accuracy_weight_s"] = plan.accuracy_weight_s;
  dict["stop"] = std::string(PlanStopName(plan.stop));
  dict["message"] = plan.message;
  dict["restart"] = plan.restart;
  dict["certificate"] = py::none();
  if (plan.certificate) {
    dict["certificate"] = py::make_tuple(plan.certificate->lower_bound_s, plan.certificate->gap_s,
                                         plan.certificate->policy_class, plan.certificate->grid);
  }
  dict["report"] = plan.FullReport(map.problem);
  return dict;
}

py::dict MakePlanFor(const NativeScenario& scenario, const NativeOverrides& overrides,
                     const std::string& policy, int rounds, std::uint64_t seed, int restarts,
                     double held_out, bool certificate, const py::object& progress) {
  const Scenario changed = Overridden(scenario, overrides);
  const ProblemMap map(changed);
  PlanOptions options;
  options.policy = PolicyOf(policy);
  options.rounds = rounds;
  options.seed = seed;
  options.objective = changed.objective;
  options.fixed_threshold = changed.fixed_threshold.value_or(options.fixed_threshold);
  options.tuned = changed.tuned;
  options.restarts = restarts;
  options.held_out = held_out;
  options.certificate = certificate;
  auto looked_at = std::chrono::steady_clock::now();
  // Throws through MakePlan, which only holds values.
  options.progress = [&](int round) {
    const auto now = std::chrono::steady_clock::now();
    if (progress.is_none() && now - looked_at < kSignalPeriod) return;
    looked_at = now;
    const py::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!progress.is_none()) progress(round);
  };
  Result<Plan> plan = [&] {
    const py::gil_scoped_release release;
    return MakePlan(map.problem, options);
  }();
  if (!plan.ok()) Raise(AtScenario(plan.status(), changed));
  if (!plan->objective_met) {
    Raise(AtScenario(InvalidArgumentError("objective: " + plan->message), changed));
  }
  return PlanToDict(map, *plan);
}

py::dict EvaluateFor(const NativeScenario& scenario, const py::object& shares,
                     const py::object& thresholds) {
  const ProblemMap map(*scenario);
  const Strategy strategy =
      map.ToStrategy(NumbersOf(shares, "shares"), NumbersOf(thresholds, "thresholds"));
  Evaluator evaluator;
  const Evaluation* evaluation = nullptr;
  {
    const py::gil_scoped_release release;
    evaluation = &evaluator.Evaluate(map.problem, strategy);
  }
  return PredictionOf(map, *evaluation);
}

// Shares by link and thresholds by node of a uniform strategy.
py::tuple UniformFor(const NativeScenario& scenario, double threshold) {
  const ProblemMap map(*scenario);
  const Strategy strategy = UniformStrategy(map.problem, threshold);
  return py::make_tuple(ArrayOf(map.Shares(strategy)), ArrayOf(map.Thresholds(strategy)));
}

}  // namespace

void BindPlan(py::module_& module) {
  module.def("plan", &MakePlanFor, py::arg("scenario"), py::arg("overrides"), py::arg("policy"),
             py::arg("rounds"), py::arg("seed"), py::arg("restarts"), py::arg("held_out"),
             py::arg("certificate"), py::arg("progress"));
  module.def("evaluate", &EvaluateFor, py::arg("scenario"), py::arg("shares"),
             py::arg("thresholds"));
  module.def("uniform", &UniformFor, py::arg("scenario"), py::arg("threshold"));
  module.def("policy_names", [] { return PolicyNames(/*live_only=*/false); });
}

}  // namespace offramp
