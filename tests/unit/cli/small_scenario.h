// Two devices, two stages of two nodes each, every link: what tests of plan and simulate start
// from.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "offramp/core/scenario.h"

namespace offramp {

inline Scenario SmallScenario() {
  Scenario scenario;
  scenario.path = "s.yaml";
  scenario.input_bytes = 1000;
  scenario.stages = {{.gflops = 1, .output_bytes = 500, .exit = true}, {.gflops = 2, .exit = true}};
  std::vector<std::vector<float>> confidence(2);
  std::vector<std::vector<float>> correct(2);
  for (int row = 0; row < 20; ++row) {
    confidence[0].push_back(static_cast<float>(row) / 20);
    correct[0].push_back(row % 4 == 0 ? 0 : 1);
    correct[1].push_back(row == 0 ? 0 : 1);
  }
  scenario.profile = std::make_shared<const ExitProfile>(std::move(confidence), std::move(correct));
  scenario.devices = {{"d0", 4}, {"d1", 2}};
  scenario.nodes = {{"a0", 1, 10}, {"a1", 1, 5}, {"b0", 2, 16}, {"b1", 2, 8}};
  for (const int from : {0, 1}) {
    for (const int to : {2, 3}) scenario.links.push_back({from, to, 8, 1});
  }
  for (const int from : {2, 3}) {
    for (const int to : {4, 5}) scenario.links.push_back({from, to, 4, 0});
  }
  return scenario;
}

}  // namespace offramp
