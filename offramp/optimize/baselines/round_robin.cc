#include "offramp/optimize/baselines/baseline.h"

namespace offramp {

Strategy RoundRobin(const BaselineInput& input) {
  Strategy strategy = UniformStrategy(input.problem, 0);
  strategy.threshold = input.threshold;
  return strategy;
}

}  // namespace offramp
