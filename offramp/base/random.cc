#include "offramp/base/random.h"

#include <cmath>
#include <limits>

#include "offramp/base/check.h"

namespace offramp {

std::uint64_t Random::Below(std::uint64_t n) {
  OFFRAMP_CHECK(n > 0, "an empty range has no element");
  // Rejects the last, incomplete run of n so that every value is equally likely.
  const std::uint64_t limit =
      std::numeric_limits<std::uint64_t>::max() - std::numeric_limits<std::uint64_t>::max() % n;
  std::uint64_t bits = engine_();
  while (bits >= limit) bits = engine_();
  return bits % n;
}

double Random::Exponential(double mean) { return -mean * std::log1p(-Uniform()); }

}  // namespace offramp
