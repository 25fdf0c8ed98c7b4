#include "tests/unit/placement/cases.h"

namespace offramp {

Machines LinkedMachines(const std::vector<MachineSpec>& specs, double mbit_per_s,
                        double latency_ms) {
  Machines machines;
  machines.path = "machines.yaml";
  for (std::size_t m = 0; m < specs.size(); ++m) {
    Machine machine;
    machine.name = std::string("box-") + static_cast<char>('a' + m);
    machine.gflops_per_s = specs[m].gflops_per_s;
    machine.memory_bytes = specs[m].memory_bytes;
    machines.machines.push_back(machine);
    for (std::size_t n = 0; n < specs.size(); ++n) {
      if (n == m) continue;
      machines.links.push_back({static_cast<int>(m), static_cast<int>(n), mbit_per_s, latency_ms});
    }
  }
  return machines;
}

Machines WithSource(Machines machines, double tasks_per_s) {
  machines.sources = {{"gw0", 0, tasks_per_s}};
  return machines;
}

PlacementModel Stages(const std::vector<ModelSegment>& segments) {
  PlacementModel model;
  model.path = "bundle";
  model.input_bytes = 10;
  model.fixed = true;
  model.segments = segments;
  model.segments.back().output_bytes = 0;
  model.segments.back().exit = true;
  return model;
}

PlacementModel Pieces(const std::vector<ModelSegment>& segments) {
  PlacementModel model = Stages(segments);
  model.fixed = false;
  for (std::size_t s = 0; s + 1 < segments.size(); ++s) {
    model.cuts.push_back({std::string("t") + std::to_string(s)});
  }
  return model;
}

}  // namespace offramp
