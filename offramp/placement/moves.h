// The neighbours of a placement, one change away: a replica more, less or elsewhere, two exchanged,
// a cut moved, taken out or put in. Used by the search only.
#pragma once

#include <optional>
#include <vector>

#include "offramp/placement/placement_task.h"

namespace offramp {

struct Move {
  enum class Kind { kAdd, kRemove, kRelocate, kSwap, kShiftCut, kMerge, kSplit };
  Kind kind = Kind::kAdd;
  int stage = 1;
  int machine = 0;  // added, removed, moved from, exchanged
  int other = 0;    // stage that it is exchanged with; new end of the stage; how to merge or split
  int to = 0;       // machine that it is moved to or exchanged with
};

// All that make sense, whether they fit or not.
std::vector<Move> MovesFrom(const PlacementTask& task, const Placement& placement);

// Nothing where memory is not kept or nothing would change.
std::optional<Placement> Apply(const PlacementTask& task, const Placement& placement,
                               const Move& move);

}  // namespace offramp
