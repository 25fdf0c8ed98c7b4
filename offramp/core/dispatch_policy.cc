#include "offramp/core/dispatch_policy.h"

#include "offramp/base/check.h"

namespace offramp {

std::unique_ptr<DispatchPolicy> MakeDispatchPolicy(Policy policy, const LiveRule& rule) {
  switch (policy) {
    case Policy::kDtoEe:
      return MakeDtoEeDispatch(rule);
    case Policy::kRoundRobin:
      return MakeRoundRobin();
    case Policy::kLeastOutstanding:
      return MakeLeastOutstanding();
    case Policy::kWeightedLeastOutstanding:
    case Policy::kNoExit:
      return MakeWeightedLeastOutstanding();
    case Policy::kPowerOfTwo:
      return MakePowerOfTwo();
    case Policy::kPeakEwma:
      return MakePeakEwma();
    case Policy::kComputingFirst:
      return MakeComputingFirst();
    case Policy::kBandwidthFirst:
      return MakeBandwidthFirst();
    case Policy::kNash:
    case Policy::kGenetic:
    case Policy::kOptimum:
      break;
  }
  OFFRAMP_CHECK(false, "no live dispatch for this policy");
}

}  // namespace offramp
