// Keys that scenario and fleet files share, so that both read the same way. Used by their parsers
// only. Every function reports what does not fit to the view's reader and returns something
// harmless.
#pragma once

#include <optional>

#include "offramp/core/objective.h"
#include "offramp/core/service_law.h"
#include "offramp/files/yaml_reader.h"

namespace offramp {

// Bounds that no sensible file comes near; they keep sums and products finite.
inline constexpr int kMaxStages = 64;
inline constexpr double kMaxTasksPerSecond = 1e9;
inline constexpr double kMaxGflops = 1e12;  // of a task, and GFLOP/s of a node
inline constexpr double kMaxMbitPerSecond = 1e9;
inline constexpr double kMaxLatencyMs = 60'000;
inline constexpr double kMaxPeriodMs = 60'000;

// `thresholds`: a number, the word tuned, or nothing.
struct ThresholdsKey {
  std::optional<double> fixed;
  bool tuned = false;
};
ThresholdsKey ReadThresholds(const YamlView& view);

// `objective`: exactly one of its keys; absent: accuracy weight 1 s.
Objective ReadObjective(const YamlView& view);

ServiceLaw ReadService(const YamlView& view, ServiceLaw fallback);

// `service_histogram`: {edges, weights}; absent: none.
std::optional<ServiceHistogram> ReadServiceHistogram(const YamlView& view);

double ReadLatencyMs(const YamlView& view);      // absent: 0
double ReadPeriodSeconds(const YamlView& view);  // `period_ms`; absent: 0.1 s

}  // namespace offramp
