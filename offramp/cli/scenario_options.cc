#include "offramp/cli/scenario_options.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "offramp/base/text.h"
#include "offramp/files/scenario_file.h"

namespace offramp {
namespace {

std::optional<double> WholeNumber(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

CLI::Option* AddScenario(CLI::App* command, ScenarioOptions& options) {
  return command->add_option("SCENARIO", options.path, "Scenario or fleet file")
      ->envname("OFFRAMP_SCENARIO")
      ->type_name("");
}

void AddScenarioOverrides(CLI::App* command, ScenarioOptions& options) {
  command
      ->add_option("--thresholds", options.thresholds,
                   "Of policies that do not set them: a number, or tuned (best stage-wide values "
                   "at t = 0); default: the file's, else 0.8")
      ->envname("OFFRAMP_THRESHOLDS")
      ->type_name("T");
  CLI::Option* weight =
      command->add_option("--accuracy-weight", options.accuracy_weight_s,
                          "Minimise mean delay - S * accuracy, in place of the file's objective");
  weight->check(CLI::Range(0.0, 1e6))->type_name("S");
  CLI::Option* accuracy = command->add_option("--min-accuracy", options.min_accuracy,
                                              "Least mean delay with at least this accuracy");
  accuracy->check(CLI::Range(0.0, 1.0))->type_name("A");
  CLI::Option* delay =
      command->add_option("--max-mean-delay", options.max_mean_delay_s,
                          "Greatest accuracy with at most this mean delay in seconds");
  delay->check(CLI::PositiveNumber)->type_name("S");
  weight->excludes(accuracy)->excludes(delay);
  accuracy->excludes(delay);
}

Status ApplyScenarioOptions(const ScenarioOptions& options, Scenario& scenario) {
  if (!options.thresholds.empty()) {
    scenario.tuned = options.thresholds == "tuned";
    scenario.fixed_threshold.reset();
    if (!scenario.tuned) {
      scenario.fixed_threshold = WholeNumber(options.thresholds);
      if (!scenario.fixed_threshold || *scenario.fixed_threshold < 0) {
        return InvalidArgumentError("--thresholds: is '" + options.thresholds +
                                    "', expected a number from 0 (above 1: never exit) or 'tuned'");
      }
    }
  }
  if (options.accuracy_weight_s) {
    scenario.objective = {.accuracy_weight_s = *options.accuracy_weight_s};
  }
  if (options.min_accuracy) scenario.objective = {.min_accuracy = options.min_accuracy};
  if (options.max_mean_delay_s) {
    scenario.objective = {.max_mean_delay_s = options.max_mean_delay_s};
  }
  return CheckScenario(scenario).At(scenario.path);
}

Result<Scenario> LoadScenario(const ScenarioOptions& options) {
  if (options.path.empty())
    return InvalidArgumentError("SCENARIO: expected a scenario or fleet file");
  OFFRAMP_ASSIGN_OR_RETURN(Scenario scenario, ReadScenario(options.path));
  OFFRAMP_RETURN_IF_ERROR(ApplyScenarioOptions(options, scenario));
  return scenario;
}

Result<Policy> PolicyOption(const std::string& name) {
  const std::optional<Policy> policy = ParsePolicy(name);
  if (policy) return *policy;
  const std::vector<std::string> names = PolicyNames(/*live_only=*/false);
  const std::string near = Nearest(name, names);
  return InvalidArgumentError("--policy: is '" + name + "', expected one of " + Join(names) +
                              (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

Result<std::vector<Policy>> PolicyListOption(const std::vector<std::string>& names) {
  std::vector<Policy> policies;
  for (const std::string& name : names) {
    OFFRAMP_ASSIGN_OR_RETURN(const Policy policy, PolicyOption(name));
    if (std::find(policies.begin(), policies.end(), policy) != policies.end()) {
      return InvalidArgumentError("--policy: names '" + name + "' twice, expected each once");
    }
    policies.push_back(policy);
  }
  return policies;
}

Result<std::int64_t> CountOption(const std::string& option, const std::string& text,
                                 std::int64_t most) {
  const std::optional<double> value = WholeNumber(text);
  if (!value || *value < 1 || *value > static_cast<double>(most) || std::floor(*value) != *value) {
    return InvalidArgumentError(
        option + ": is '" + text +
        Format("', expected a whole number from 1 to %lld", static_cast<long long>(most)));
  }
  return static_cast<std::int64_t>(*value);
}

}  // namespace offramp
