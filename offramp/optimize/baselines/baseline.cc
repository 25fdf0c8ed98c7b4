#include "offramp/optimize/baselines/baseline.h"

#include "offramp/base/check.h"

namespace offramp {

Strategy MakeBaseline(Policy policy, const BaselineInput& input) {
  switch (policy) {
    case Policy::kRoundRobin:
      return RoundRobin(input);
    case Policy::kLeastOutstanding:
      return LeastOutstanding(input);
    case Policy::kWeightedLeastOutstanding:
      return WeightedLeastOutstanding(input);
    case Policy::kPowerOfTwo:
      return PowerOfTwo(input);
    case Policy::kPeakEwma:
      return PeakEwma(input);
    case Policy::kComputingFirst:
      return ComputingFirst(input);
    case Policy::kBandwidthFirst:
      return BandwidthFirst(input);
    case Policy::kNoExit:
      return NoExit(input);
    case Policy::kNash:
      return Nash(input);
    case Policy::kGenetic:
      return Genetic(input);
    case Policy::kDtoEe:
    case Policy::kOptimum:
      break;
  }
  OFFRAMP_CHECK(false, "not a baseline");
}

}  // namespace offramp
