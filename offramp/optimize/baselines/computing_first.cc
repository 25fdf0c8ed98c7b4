#include "offramp/optimize/baselines/baseline.h"

namespace offramp {

Strategy ComputingFirst(const BaselineInput& input) {
  Strategy strategy = CapacityStrategy(input.problem, 0);
  strategy.threshold = input.threshold;
  return strategy;
}

}  // namespace offramp
