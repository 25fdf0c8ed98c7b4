#include "offramp/cli/demo/scenario.h"

#include <algorithm>

#include "offramp/base/text.h"

namespace offramp {
namespace {

const FleetNode* FastestOfStage(const Fleet& fleet, int stage) {
  const FleetNode* fastest = nullptr;
  for (const FleetNode& node : fleet.nodes) {
    if (node.stage != stage) continue;
    if (fastest == nullptr || node.gflops_per_s > fastest->gflops_per_s) fastest = &node;
  }
  return fastest;
}

}  // namespace

Result<DemoScenario> MakeDemoScenario(const Fleet& fleet, double seconds, double tasks_per_s,
                                      const DemoTimes& times) {
  if (tasks_per_s <= 0) {
    for (const FleetGateway& gateway : fleet.gateways) tasks_per_s += gateway.tasks_per_s;
  }
  if (tasks_per_s <= 0) {
    return InvalidArgumentError(fleet.path +
                                ": gateways: have no tasks_per_s, expected some or --rate");
  }
  const FleetNode* victim = FastestOfStage(fleet, 2);
  if (victim == nullptr) victim = FastestOfStage(fleet, 1);
  if (victim == nullptr || victim->gflops_per_s <= 0) {
    return InvalidArgumentError(
        fleet.path + ": nodes: the fastest of stage 2 has no gflops_per_s, which the demo lowers");
  }
  DemoScenario scenario;
  scenario.seconds = seconds;
  scenario.victim = victim->name;
  scenario.victim_gflops_per_s = victim->gflops_per_s;
  scenario.load = {{seconds * times.surge, tasks_per_s},
                   {seconds * (times.surge_end - times.surge), tasks_per_s * times.surge_factor},
                   {seconds * (1 - times.surge_end), tasks_per_s}};
  scenario.parts = {{"quiet", seconds * times.quiet, seconds * times.surge},
                    {"surge", seconds * times.surge, seconds * times.kill},
                    {"kill", seconds * times.kill, seconds * times.slow},
                    {"slow", seconds * times.slow, seconds}};
  using Kind = DemoEvent::Kind;
  scenario.events = {
      {seconds * times.kill, Kind::kKill, victim->name + " killed"},
      {seconds * times.restart, Kind::kRestart, victim->name + " restarted"},
      {seconds * times.slow, Kind::kSlow,
       Format("%s %.0f times slower", victim->name.c_str(), kDemoSlowdown)},
      {seconds * times.recover, Kind::kRecover, victim->name + " back to speed"},
  };
  return scenario;
}

std::string PartAt(const DemoScenario& scenario, double t_s) {
  std::string name = "warm-up";
  for (const DemoPart& part : scenario.parts) {
    if (t_s >= part.from_s) name = part.name;
  }
  return name;
}

}  // namespace offramp
