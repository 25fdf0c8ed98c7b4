#include "offramp/files/scenario_file.h"

#include <filesystem>
#include <utility>

#include "offramp/files/bundle_file.h"
#include "offramp/files/fleet.h"
#include "offramp/files/profile_file.h"
#include "offramp/files/text_file.h"

namespace offramp {

namespace {

// Both kinds have `nodes` and `links`; what tasks come from and what the model is tell them apart.
// The tree is parsed twice, so this only looks at files that a fleet file may be as large as.
bool IsFleetText(const std::string& text, const std::string& path) {
  if (text.size() > kYamlMaxBytes) return false;
  const auto root = ParseYaml(text, path);
  if (!root.ok() || (*root)->kind != YamlValue::Kind::kMap) return false;
  const YamlValue* model = (*root)->Find("model");
  return (*root)->Find("gateways") != nullptr ||
         (model != nullptr && model->kind == YamlValue::Kind::kMap &&
          model->Find("bundle") != nullptr);
}

Result<Scenario> ReadFleetScenario(const std::string& text, const std::string& path,
                                   const MeasuredSpeeds& measured) {
  OFFRAMP_ASSIGN_OR_RETURN(Fleet fleet, ParseFleet(text, path));
  fleet.path = path;  // in messages as it was given
  OFFRAMP_ASSIGN_OR_RETURN(const Bundle bundle, ReadBundle(fleet.bundle_folder));
  OFFRAMP_ASSIGN_OR_RETURN(Scenario scenario, ScenarioOf(fleet, bundle, measured));
  OFFRAMP_RETURN_IF_ERROR(CheckScenario(scenario).At(path));
  return scenario;
}

}  // namespace

Result<Scenario> ReadScenario(const std::string& path, const MeasuredSpeeds& measured) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kScenarioLimits.max_bytes));
  if (IsFleetText(text, path)) return ReadFleetScenario(text, path, measured);
  OFFRAMP_ASSIGN_OR_RETURN(ScenarioYaml yaml, ParseScenarioYaml(text, path));
  Scenario scenario = std::move(yaml.scenario);
  if (!yaml.exits.empty()) {
    std::vector<bool> exits;
    for (const ScenarioStage& stage : scenario.stages) exits.push_back(stage.exit);
    const auto file = std::filesystem::path(path).parent_path() / yaml.exits;
    OFFRAMP_ASSIGN_OR_RETURN(scenario.profile, ReadExitProfile(file.string(), exits));
  }
  OFFRAMP_RETURN_IF_ERROR(CheckScenario(scenario).At(path));
  return scenario;
}

}  // namespace offramp
