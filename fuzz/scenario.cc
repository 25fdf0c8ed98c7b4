// A scenario file of any bytes: a Scenario that keeps every rule and survives being written and
// read again, or one line that says why not.
#include <cstddef>
#include <cstdint>
#include <string>

#include "offramp/base/check.h"
#include "offramp/files/scenario_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto yaml = offramp::ParseScenarioYaml(text, "s.yaml");
  if (!yaml.ok()) {
    OFFRAMP_CHECK(yaml.status().code() == offramp::StatusCode::kInvalidArgument, "its own fault");
    OFFRAMP_CHECK(yaml.status().message().find('\n') == std::string::npos, "one line");
    return 0;
  }
  offramp::Scenario scenario = yaml->scenario;
  // The profile is another file: without it, stages that exit do not.
  for (offramp::ScenarioStage& stage : scenario.stages) {
    stage.exit = &stage == &scenario.stages.back();
  }
  const offramp::Status status = offramp::CheckScenario(scenario);
  // A time or rate that only several keys together make absurd has no line of its own.
  if (!status.ok()) return 0;
  const std::string written = offramp::ScenarioText(scenario, yaml->exits);
  const auto again = offramp::ParseScenarioYaml(written, "again.yaml");
  OFFRAMP_CHECK(again.ok(), again.status().message());
  OFFRAMP_CHECK(offramp::ScenarioText(again->scenario, again->exits) == written, "the same");
  return 0;
}
