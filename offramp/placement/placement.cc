#include "offramp/placement/placement.h"

#include <algorithm>

namespace offramp {

bool Placement::Holds(int stage, int machine) const {
  return std::binary_search(on(stage).begin(), on(stage).end(), machine);
}

int Placement::replica_count() const {
  std::size_t count = 0;
  for (const std::vector<int>& machines : replicas) count += machines.size();
  return static_cast<int>(count);
}

std::string Placement::Key() const {
  // Two bytes a number, and a separator that no number has.
  std::string key;
  const auto add = [&key](int value) {
    key += static_cast<char>(value & 0xff);
    key += static_cast<char>((value >> 8) & 0x7f);
  };
  for (std::size_t s = 0; s < ends.size(); ++s) {
    add(ends[s]);
    for (const int machine : replicas[s]) add(machine);
    key += "\xff\xff";
  }
  return key;
}

}  // namespace offramp
