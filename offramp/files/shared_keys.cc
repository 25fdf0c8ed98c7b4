#include "offramp/files/shared_keys.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "offramp/base/units.h"

namespace offramp {

namespace {

const std::array<std::string, 3> kServices = {"deterministic", "exponential", "measured"};
constexpr double kMaxObjectiveSeconds = 1e6;
constexpr double kMaxThreshold = 1e6;
constexpr double kMaxHistogramNumber = 1e15;

}  // namespace

ThresholdsKey ReadThresholds(const YamlView& view) {
  if (!view.present()) return {};
  if (view.IsText("tuned")) return {.tuned = true};
  return {.fixed = view.Number(
              {.min = 0, .max = kMaxThreshold, .what = "a number of at least 0, or tuned"})};
}

Objective ReadObjective(const YamlView& view) {
  Objective objective;
  if (!view.present()) return objective;
  view.ExpectMap({"accuracy_weight_s", "min_accuracy", "max_mean_delay_s"});
  const YamlView weight = view.Key("accuracy_weight_s");
  const YamlView accuracy = view.Key("min_accuracy");
  const YamlView delay = view.Key("max_mean_delay_s");
  if (weight.present() + accuracy.present() + delay.present() != 1) {
    view.Fail(
        "has several or none of its keys, expected one of accuracy_weight_s, min_accuracy, "
        "max_mean_delay_s");
  }
  objective.accuracy_weight_s =
      weight.Number({.min = 0, .max = kMaxObjectiveSeconds}, objective.accuracy_weight_s);
  if (accuracy.present()) objective.min_accuracy = accuracy.Number({.min = 0, .max = 1});
  if (delay.present()) {
    objective.max_mean_delay_s =
        delay.Number({.min = 0, .above_min = true, .max = kMaxObjectiveSeconds});
  }
  return objective;
}

ServiceLaw ReadService(const YamlView& view, ServiceLaw fallback) {
  if (!view.present()) return fallback;
  const std::string name = view.Choice(kServices);
  if (name == kServices[1]) return ServiceLaw::kExponential;
  return name == kServices[2] ? ServiceLaw::kMeasured : ServiceLaw::kDeterministic;
}

std::optional<ServiceHistogram> ReadServiceHistogram(const YamlView& view) {
  if (!view.present()) return std::nullopt;
  view.ExpectMap({"edges", "weights"});
  const auto numbers = [&view](std::string_view key) {
    std::vector<double> read;
    for (const YamlView& item : view.Key(key).Items(1)) {
      read.push_back(item.Number({.min = 0, .max = kMaxHistogramNumber}));
    }
    return read;
  };
  std::vector<double> edges = numbers("edges");
  Result<ServiceHistogram> made = ServiceHistogram::Create(std::move(edges), numbers("weights"));
  if (made.ok()) return *std::move(made);
  view.Fail(made.status().message());
  return std::nullopt;
}

double ReadLatencyMs(const YamlView& view) {
  return view.Number({.min = 0, .max = kMaxLatencyMs}, 0);
}

double ReadPeriodSeconds(const YamlView& view) {
  return kMillisecond * view.Number({.min = 1, .max = kMaxPeriodMs}, 100);
}

}  // namespace offramp
