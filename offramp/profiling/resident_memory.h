// How much memory this process holds, and the most that it held since a moment.
#pragma once

#include <cstdint>

namespace offramp {

class ResidentMemory {
 public:
  // Gives what is free back to the system and begins to watch from here.
  ResidentMemory();

  // The most bytes resident since then, above what was resident then; 0 where the system does not
  // tell.
  std::int64_t PeakBytes() const;

 private:
  std::int64_t start_bytes_ = 0;
  bool watches_ = false;
};

}  // namespace offramp
