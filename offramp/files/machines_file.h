// Reads a machines file (formats.md "Machines"): which machines there are, where tasks come from
// and how the machines are linked. What `offramp plan --place` turns into a fleet file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/objective.h"
#include "offramp/core/service_law.h"

namespace offramp {

struct Machine {
  std::string name;
  double gflops_per_s = 0;        // of all its threads together, > 0
  std::int64_t memory_bytes = 0;  // for stages, > 0
  int threads = 0;                // 0: not given
};

// Where tasks arrive: becomes a gateway, which runs on that machine and needs none of its speed.
struct MachineSource {
  std::string name;
  int machine = 0;         // index
  double tasks_per_s = 0;  // Poisson, > 0
};

// One direction.
struct MachineLink {
  int from = 0;  // indices of machines
  int to = 0;
  double mbit_per_s = 0;  // > 0
  double latency_ms = 0;
};

struct Machines {
  std::string path;                    // as given, for messages
  std::vector<Machine> machines;       // at least one; distinct names
  std::vector<MachineSource> sources;  // at least one; distinct names
  std::vector<MachineLink> links;  // at most one a direction; machines that no link joins cannot
                                   // talk, and nothing is passed on by a third
  std::string bundle_folder;       // absolute; empty: not given
  std::optional<Objective> objective;
  std::optional<double> deadline_ms;
  ServiceLaw service = ServiceLaw::kDeterministic;

  // Index by name, -1 when there is none.
  int FindMachine(const std::string& name) const;
};

inline constexpr std::size_t kMaxMachines = 256;

// Errors are one line with file, line or key, what is wrong and what is expected: kNotFound when
// there is no such file, else kInvalidArgument.
Result<Machines> ReadMachinesFile(const std::string& path);

// The same from text; `path` is only for messages and for relative paths.
Result<Machines> ParseMachines(const std::string& text, const std::string& path);

// Whether the text has the key that only machines files have; false for what is no YAML.
bool IsMachinesText(const std::string& text);

}  // namespace offramp
