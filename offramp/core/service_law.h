// Laws of service times that plans and simulations assume; live fleets measure theirs.
#pragma once

namespace offramp {

enum class ServiceLaw {
  kDeterministic,
  kExponential,
  kMeasured,  // a histogram of relative service times; deterministic where there is none
};

}  // namespace offramp
