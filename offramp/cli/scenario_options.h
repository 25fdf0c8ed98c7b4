// What `plan` and `simulate` share: the scenario a command means, and the options that win over
// what its file says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "offramp/cli/app.h"
#include "offramp/core/policy.h"
#include "offramp/core/scenario.h"

namespace offramp {

struct ScenarioOptions {
  std::string path;
  std::string thresholds;  // a number from 0, or "tuned"; empty: the file's
  std::optional<double> accuracy_weight_s;
  std::optional<double> min_accuracy;
  std::optional<double> max_mean_delay_s;
};

// The positional SCENARIO; `OFFRAMP_SCENARIO` stands in when it is left out.
CLI::Option* AddScenario(CLI::App* command, ScenarioOptions& options);

// --thresholds, --accuracy-weight, --min-accuracy, --max-mean-delay.
void AddScenarioOverrides(CLI::App* command, ScenarioOptions& options);

// The file with the options applied.
Result<Scenario> LoadScenario(const ScenarioOptions& options);

// The options applied to a scenario from elsewhere.
Status ApplyScenarioOptions(const ScenarioOptions& options, Scenario& scenario);

// What policies without thresholds of their own use where `thresholds` says nothing (formats.md).
inline constexpr double kDefaultThreshold = 0.8;

// One policy, or a list as "a,b". kInvalidArgument names the option.
Result<Policy> PolicyOption(const std::string& name);
Result<std::vector<Policy>> PolicyListOption(const std::vector<std::string>& names);

// A whole number, also as 1e6, from 1 to `most`. kInvalidArgument names `option` and the limit.
Result<std::int64_t> CountOption(const std::string& option, const std::string& text,
                                 std::int64_t most);

}  // namespace offramp
