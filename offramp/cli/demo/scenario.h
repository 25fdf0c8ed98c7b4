// The demo's scenario as values: what happens when, and which stretches the table tells apart.
#pragma once

#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/cli/load/arrivals.h"
#include "offramp/files/fleet.h"

namespace offramp {

// A stretch that gets its own figures. Tasks belong to it by the time they were due.
struct DemoPart {
  std::string name;
  double from_s = 0;
  double to_s = 0;
};

struct DemoEvent {
  enum class Kind {
    kKill,     // SIGKILL
    kRestart,  // the same name again, as `offramp node` does
    kSlow,     // the node computes kDemoSlowdown times slower
    kRecover,  // as fast as before
  };
  double at_s = 0;
  Kind kind = Kind::kKill;
  std::string label;  // for progress and report: "s2-a killed"
};

inline constexpr double kDemoSlowdown = 4;

struct DemoScenario {
  double seconds = 0;
  std::vector<LoadStep> load;     // tasks per second over time
  std::vector<DemoPart> parts;    // ascending; what comes before the first is warm-up
  std::vector<DemoEvent> events;  // ascending
  std::string victim;             // the node all events happen to
  double victim_gflops_per_s = 0;

  double measured_from_s() const { return parts.empty() ? 0 : parts.front().from_s; }
};

// Shares of the whole; the times of a 26 s run stand beside them.
struct DemoTimes {
  double quiet = 2.0 / 26;       // 2 s: warm-up ends
  double surge = 8.0 / 26;       // 8 s: the rate rises
  double surge_end = 12.5 / 26;  // and falls back; until `kill` belongs to the surge
  double kill = 14.5 / 26;
  double restart = 18.5 / 26;
  double slow = 20.0 / 26;
  double recover = 24.5 / 26;
  double surge_factor = 1.6;
};

// The victim is the fastest node of stage 2 (of stage 1 in a fleet without a second). `tasks_per_s`
// 0: the sum of what the fleet file expects of its gateways. kInvalidArgument when the fleet has no
// expectation, or no emulated speed that could be lowered.
Result<DemoScenario> MakeDemoScenario(const Fleet& fleet, double seconds, double tasks_per_s,
                                      const DemoTimes& times = {});

// The part that `t_s` lies in, "warm-up" before the first.
std::string PartAt(const DemoScenario& scenario, double t_s);

}  // namespace offramp
