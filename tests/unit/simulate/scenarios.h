// Small scenarios of which theory knows the answer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/exit_profile.h"
#include "offramp/core/scenario.h"

namespace offramp {

// A row's confidence at every exit is the same uniform draw: P(confidence < c) = c everywhere.
inline std::shared_ptr<const ExitProfile> UniformProfile(int stages, int rows) {
  std::vector<std::vector<float>> confidence(static_cast<std::size_t>(stages));
  std::vector<std::vector<float>> correct(static_cast<std::size_t>(stages));
  for (int r = 0; r < rows; ++r) {
    const auto u = (static_cast<float>(r) + 0.5F) / static_cast<float>(rows);
    for (int h = 0; h < stages; ++h) {
      correct[static_cast<std::size_t>(h)].push_back(r % 10 <= 6 + h ? 1.0F : 0.0F);
      if (h + 1 < stages) confidence[static_cast<std::size_t>(h)].push_back(u);
    }
  }
  return std::make_shared<ExitProfile>(std::move(confidence), std::move(correct));
}

// `service_rate[h]`: the nodes of stage h + 1, tasks/s each. One device of `rate`; all linked,
// links take no time. No exits.
inline Scenario PlainScenario(double rate, const std::vector<std::vector<double>>& service_rate) {
  Scenario scenario;
  scenario.devices.push_back({"d0", rate});
  int begin = 0;  // of the stage before, as parts
  int end = 1;
  for (std::size_t h = 0; h < service_rate.size(); ++h) {
    scenario.stages.push_back({.gflops = 1, .output_bytes = 1000});
    const int first = scenario.part_count();
    for (std::size_t k = 0; k < service_rate[h].size(); ++k) {
      std::string name = "s";
      name += std::to_string(h + 1) + "-" + std::to_string(k);
      scenario.nodes.push_back({name, static_cast<int>(h) + 1, service_rate[h][k]});
    }
    const int last = scenario.part_count();
    for (int from = begin; from < end; ++from) {
      for (int to = first; to < last; ++to) scenario.links.push_back({.from = from, .to = to});
    }
    begin = first;
    end = last;
  }
  scenario.stages.back().output_bytes = 0;
  scenario.input_bytes = 1000;
  return scenario;
}

// The same with an exit after every stage but the last.
inline Scenario ExitScenario(double rate, const std::vector<std::vector<double>>& service_rate) {
  Scenario scenario = PlainScenario(rate, service_rate);
  for (std::size_t h = 0; h + 1 < scenario.stages.size(); ++h) scenario.stages[h].exit = true;
  scenario.profile = UniformProfile(scenario.stage_count(), 2000);
  return scenario;
}

}  // namespace offramp
