// The policies by name, as fleet files, commands and reports spell them (formats.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offramp {

enum class Policy {
  kDtoEe,
  kRoundRobin,
  kLeastOutstanding,
  kWeightedLeastOutstanding,
  kPowerOfTwo,
  kPeakEwma,
  kComputingFirst,
  kBandwidthFirst,
  kNoExit,
  kNash,     // plan and simulate only
  kGenetic,  // plan and simulate only
  kOptimum,  // plan and simulate only
};

std::string_view PolicyName(Policy policy);
std::optional<Policy> ParsePolicy(std::string_view name);

// Whether a live fleet can run it.
bool IsLivePolicy(Policy policy);

// Names in the order above; `live_only` leaves out those of plan and simulate.
std::vector<std::string> PolicyNames(bool live_only);

}  // namespace offramp
