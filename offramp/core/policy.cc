#include "offramp/core/policy.h"

#include <array>

namespace offramp {

namespace {

struct PolicyFacts {
  Policy policy;
  std::string_view name;
  bool live;
};

constexpr std::array<PolicyFacts, 12> kPolicies = {{
    {Policy::kDtoEe, "dto-ee", true},
    {Policy::kRoundRobin, "round-robin", true},
    {Policy::kLeastOutstanding, "least-outstanding", true},
    {Policy::kWeightedLeastOutstanding, "weighted-least-outstanding", true},
    {Policy::kPowerOfTwo, "power-of-two", true},
    {Policy::kPeakEwma, "peak-ewma", true},
    {Policy::kComputingFirst, "computing-first", true},
    {Policy::kBandwidthFirst, "bandwidth-first", true},
    {Policy::kNoExit, "no-exit", true},
    {Policy::kNash, "nash", false},
    {Policy::kGenetic, "genetic", false},
    {Policy::kOptimum, "optimum", false},
}};

}  // namespace

std::string_view PolicyName(Policy policy) {
  for (const PolicyFacts& facts : kPolicies) {
    if (facts.policy == policy) return facts.name;
  }
  return "unknown";
}

std::optional<Policy> ParsePolicy(std::string_view name) {
  for (const PolicyFacts& facts : kPolicies) {
    if (facts.name == name) return facts.policy;
  }
  return std::nullopt;
}

bool IsLivePolicy(Policy policy) {
  for (const PolicyFacts& facts : kPolicies) {
    if (facts.policy == policy) return facts.live;
  }
  return false;
}

std::vector<std::string> PolicyNames(bool live_only) {
  std::vector<std::string> names;
  for (const PolicyFacts& facts : kPolicies) {
    if (facts.live || !live_only) names.emplace_back(facts.name);
  }
  return names;
}

}  // namespace offramp
