// What is decided: where a model is cut, and which machines run which stage. A value.
#pragma once

#include <string>
#include <vector>

namespace offramp {

struct Placement {
  // Stage h holds the model's segments [ends[h - 2], ends[h - 1]), the first from 0 on; the last
  // one ends with the model.
  std::vector<int> ends;
  // Machines that run stage h, ascending, at [h - 1]. At most one replica of a stage on a machine:
  // two would be slower than one with the speed of both.
  std::vector<std::vector<int>> replicas;

  int stage_count() const { return static_cast<int>(ends.size()); }
  int begin(int stage) const { return stage == 1 ? 0 : ends[static_cast<std::size_t>(stage - 2)]; }
  int end(int stage) const { return ends[static_cast<std::size_t>(stage - 1)]; }
  const std::vector<int>& on(int stage) const {
    return replicas[static_cast<std::size_t>(stage - 1)];
  }
  bool Holds(int stage, int machine) const;
  int replica_count() const;

  // Equal placements have equal texts.
  std::string Key() const;

  friend bool operator==(const Placement&, const Placement&) = default;
};

}  // namespace offramp
