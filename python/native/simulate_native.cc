#include "python/native/simulate_native.h"

#include <chrono>
#include <exception>

#include "offramp/simulate/simulation.h"

#include "python/native/convert.h"
#include "python/native/python_policy.h"
#include "python/native/scenario_native.h"

namespace py = pybind11;

namespace offramp {
namespace {

constexpr auto kSignalPeriod = std::chrono::milliseconds(50);

py::dict SeriesToDict(const SimulationSeries& series) {
  py::dict dict;
  dict["t_s"] = ArrayOf(series.t_s);
  dict["delay_s"] = ArrayOf(series.delay_s);
  dict["accuracy"] = ArrayOf(series.accuracy);
  dict["threshold"] = ArrayOf(series.threshold);
  return dict;
}

// Shares of tasks answered by stage, for the stages that answer at all.
py::dict ExitShares(const Scenario& scenario, const SimulationResult& result) {
  py::dict shares;
  for (int stage = 1; stage <= scenario.stage_count(); ++stage) {
    const bool answers = stage == scenario.stage_count() ||
                         scenario.stages[static_cast<std::size_t>(stage - 1)].exit;
    if (!answers) continue;
    const auto share = result.exit_share.find(stage);
    shares[py::int_(stage)] = share == result.exit_share.end() ? 0 : share->second;
  }
  return shares;
}

py::dict ResultToDict(const Scenario& scenario, const SimulationResult& result) {
  py::dict dict;
  dict["seed"] = result.seed;
  dict["generated"] = result.generated;
  dict["finished"] = result.finished;
  dict["refused"] = result.refused;
  dict["lost"] = result.lost;
  dict["resent"] = result.resent;
  dict["mean_delay_s"] = result.mean_delay_s;
  dict["mean_ci95_s"] = py::make_tuple(result.mean_ci95_s[0], result.mean_ci95_s[1]);
  dict["p50_s"] = result.p50_s;
  dict["p95_s"] = result.p95_s;
  dict["p99_s"] = result.p99_s;
  dict["delay_quantile_s"] = ArrayOf(result.delay_quantile_s);
  dict["accuracy"] = result.accuracy;
  dict["exit_share"] = ExitShares(scenario, result);
  dict["utilisation"] = ArrayOf(result.utilization);
  dict["mean_in_system"] = ArrayOf(result.mean_in_system);
  dict["arrival_rate_per_s"] = ArrayOf(result.arrival_rate_per_s);
  dict["mean_sojourn_s"] = ArrayOf(result.mean_sojourn_s);
  dict["link_flow_per_s"] = ArrayOf(result.link_flow_per_s);
  dict["series"] = SeriesToDict(result.series);
  dict["steers"] = scenario.objective.steers();
  dict["objective_met"] = result.objective_met;
  dict["accuracy_weight_s"] = result.accuracy_weight_s;
  dict["events"] = result.events;
  dict["simulated_s"] = result.simulated_s;
  dict["warnings"] = result.warnings;
  return dict;
}

// What Python has to say during a run: signals, the progress callback, a policy that failed.
class Attention {
 public:
  Attention(const py::object& progress, const PythonPolicy* own) : progress_(progress), own_(own) {}

  void OnProgress(double share) {
    if (progress_.is_none() || error_) return;
    const py::gil_scoped_acquire acquire;
    try {
      progress_(share);
    } catch (...) {
      error_ = std::current_exception();
    }
  }

  bool WantsStop() {
    if (own_ != nullptr && own_->failed()) error_ = own_->failed();
    if (error_) return true;
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_at_ < kSignalPeriod) return false;
    looked_at_ = now;
    const py::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) error_ = std::make_exception_ptr(py::error_already_set());
    return error_ != nullptr;
  }

  void RaiseIfAny() const {
    if (own_ != nullptr && own_->failed()) std::rethrow_exception(own_->failed());
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const py::object& progress_;
  const PythonPolicy* own_;
  std::chrono::steady_clock::time_point looked_at_ = std::chrono::steady_clock::now();
  std::exception_ptr error_;
};

py::dict SimulateFor(const NativeScenario& scenario, const NativeOverrides& overrides,
                     const py::object& policy, const py::object& shown, double seconds,
                     std::optional<std::int64_t> tasks, std::optional<double> warmup_s,
                     std::uint64_t seed, bool admission, const py::object& start,
                     const py::object& progress) {
  const auto changed = std::make_shared<const Scenario>(Overridden(scenario, overrides));
  SimulateOptions options;
  std::shared_ptr<PythonPolicy> own;
  if (py::isinstance<py::str>(policy)) {
    options.policy = PolicyOf(policy.cast<std::string>());
  } else {
    own = std::make_shared<PythonPolicy>(policy, changed, shown);
    options.own = own;
  }
  options.thresholds.fixed = changed->fixed_threshold.value_or(options.thresholds.fixed);
  options.thresholds.tuned = changed->tuned;
  options.seconds = seconds;
  options.tasks = tasks;
  options.warmup_s = warmup_s;
  options.seed = seed;
  options.admission = admission;
  if (!start.is_none()) {
    const auto pair = start.cast<std::pair<py::object, py::object>>();
    options.start = ProblemMap(*changed).ToStrategy(NumbersOf(pair.first, "shares"),
                                                    NumbersOf(pair.second, "thresholds"));
  }
  Attention attention(progress, own.get());
  options.progress = [&](double share) { attention.OnProgress(share); };
  options.stop = [&] { return attention.WantsStop(); };

  std::optional<py::gil_scoped_release> release;
  if (own == nullptr) release.emplace();
  Result<SimulationResult> result = Simulate(*changed, options);
  release.reset();
  attention.RaiseIfAny();
  if (!result.ok()) Raise(AtScenario(result.status(), *changed));
  return ResultToDict(*changed, *result);
}

}  // namespace

void BindSimulate(py::module_& module) {
  module.def("simulate", &SimulateFor, py::arg("scenario"), py::arg("overrides"), py::arg("policy"),
             py::arg("shown"), py::arg("seconds"), py::arg("tasks"), py::arg("warmup_s"),
             py::arg("seed"), py::arg("admission"), py::arg("start"), py::arg("progress"));
}

}  // namespace offramp
