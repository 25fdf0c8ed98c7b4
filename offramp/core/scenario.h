// Scenario: a fleet as numbers, in the user's units (formats.md "Scenario"): what planner and
// simulator read, and what a fleet file becomes when it is planned or simulated.
//
// Scenario -> Problem (ProblemOf) -> Strategy. A Scenario knows more than a Problem: bytes and
// FLOPs, links that queue, the law of service times, and what changes over time. A value.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/exit_profile.h"
#include "offramp/core/objective.h"
#include "offramp/core/policy.h"
#include "offramp/core/problem.h"
#include "offramp/core/service_law.h"

namespace offramp {

struct ScenarioStage {
  double gflops = 0;              // of one task, > 0
  std::int64_t output_bytes = 0;  // of one task's activations; 0 in the last stage
  std::int64_t memory_bytes = 0;  // 0: not given
  bool exit = false;              // answers here; the last stage always does
};

// A source: an end device, or a gateway of a fleet.
struct ScenarioDevice {
  std::string name;
  double tasks_per_s = 0;  // Poisson
};

struct ScenarioNode {
  std::string name;
  int stage = 1;            // 1-based
  double gflops_per_s = 0;  // > 0
};

struct ScenarioLink {
  int from = 0;  // part index: devices first, then nodes, each in the order of this file
  int to = 0;
  double mbit_per_s = 0;  // 0: takes no time (fleets only)
  double latency_ms = 0;
  bool queue = false;  // serialises: one task's bytes after the other's
};

// What changes at a moment; `part` and `link` are indices.
struct DeviceRateChange {
  int part;
  double tasks_per_s;
};
struct NodeSpeedChange {
  int part;
  double gflops_per_s;
};
struct NodeDownChange {
  int part;
  bool down;
};
struct LinkRateChange {
  int link;
  double mbit_per_s;
};
struct ScenarioChange {
  double at_s = 0;
  std::variant<DeviceRateChange, NodeSpeedChange, NodeDownChange, LinkRateChange> what;
};

struct Scenario {
  std::string path;  // of the file, for messages; empty: made by a program
  std::int64_t input_bytes = 0;
  std::vector<ScenarioStage> stages;  // stage 1 first
  // Columns for every stage with an exit, and correctness of the last. Null: no exits.
  std::shared_ptr<const ExitProfile> profile;
  // What live agents make of the profile: a sample, as daemons do (optimize/reliability.h), so that
  // a simulated fleet decides what the fleet will; or, as plans do, all that there is.
  bool profile_is_sample = false;
  std::vector<ScenarioDevice> devices;
  std::vector<ScenarioNode> nodes;
  std::vector<ScenarioLink> links;
  ServiceLaw service = ServiceLaw::kExponential;
  std::optional<ServiceHistogram> service_histogram;  // of kMeasured; absent: deterministic
  double period_s = 0.1;                              // of the agents' rounds
  Objective objective;
  // For policies that do not set thresholds. Absent with `tuned`: the best stage-wide values.
  std::optional<double> fixed_threshold;
  bool tuned = false;
  Policy policy = Policy::kDtoEe;       // a fleet file's
  std::vector<ScenarioChange> changes;  // at_s ascending

  int stage_count() const { return static_cast<int>(stages.size()); }
  int part_count() const { return static_cast<int>(devices.size() + nodes.size()); }

  // By part index: devices first.
  const std::string& part_name(int part) const;
  int part_stage(int part) const;               // 0: device
  int FindPart(const std::string& name) const;  // -1: none; builds nothing: O(parts)

  // Bytes that a task of this link's sender puts on it.
  std::int64_t LinkBytes(const ScenarioLink& link) const;
  // Seconds that one task needs, without queue: 8 bytes / rate + latency.
  double TransferSeconds(const ScenarioLink& link) const;
  double ServiceRate(const ScenarioNode& node) const;  // tasks/s: gflops_per_s / gflops

  // k of queue_model.h: (1 + scv) / 2 of the law.
  double congestion() const;
};

// What every scenario must satisfy, whoever made it: finite positive numbers, distinct names,
// links from one stage to the next, every device and every node before the last stage has a link,
// the profile has a column where a stage has an exit. kInvalidArgument names part, key and rule.
Status CheckScenario(const Scenario& scenario);

// At t = 0, before any change. Problem's node indices differ from part indices (Problem sorts by
// stage): find them by name, or by ProblemIndex. The accuracy weight is the objective's.
Result<Problem> ProblemOf(const Scenario& scenario);

// Problem's node index of every part, for the scenario that the problem was made of.
std::vector<int> ProblemIndex(const Scenario& scenario, const Problem& problem);

}  // namespace offramp
