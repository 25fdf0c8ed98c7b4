// LiveRule: the ingredients of dto-ee's live rule (dispatch.md), each of which a study may switch
// off to see what it is worth. Fleets run with all of them; no fleet file names one.
//
// With all on, nothing is computed otherwise than without this struct. A value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "offramp/core/queue_model.h"

namespace offramp {

struct LiveRule {
  // The delay that a task causes for those behind it is half counted, in dispatch and exits.
  bool externality = true;
  // Tasks that the shares promised a receiver and it has not got pull the next ones there.
  bool deficits = true;
  // What others must have sent since a receiver's newest report is added to what is seen; off:
  // deficits count 1 - w in place of at most that.
  bool unseen = true;
  // Reports every 20 ms, besides the one on each acknowledgement (simulation only).
  bool reports = true;
  // Exits follow the queues of the moment; off: the agent's threshold of this round.
  bool queue_aware_exits = true;
  // The congestion constant k is measured; off: that of Poisson arrivals and the expected law.
  bool measured_congestion = true;
  // The price V that a node tells upstream is at most 6 / mu; off: D' as it is.
  bool visit_cap = true;
  // The load in the externality is at most 0.8; off: as far as queues are modelled.
  bool load_cap = true;

  double kappa() const { return externality ? 0.5 : 0; }
  double most_load() const { return load_cap ? 0.8 : kMaxUtilization; }
  bool operator==(const LiveRule&) const = default;
};

// "externality", "deficits", ..., in the order above.
std::vector<std::string> IngredientNames();

// Switches one off by name. False: there is none of this name.
bool SwitchOff(std::string_view ingredient, LiveRule& rule);

}  // namespace offramp
