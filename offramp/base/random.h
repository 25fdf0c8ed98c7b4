// Seeded random numbers that are the same on every platform and standard library.
// (The distributions of <random> are not.) Not thread-safe: one per owner.
#pragma once

#include <cstdint>
#include <random>

namespace offramp {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // 64 random bits.
  std::uint64_t Bits() { return engine_(); }

  // Uniform in [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }

  // Uniform integer in [0, n). REQUIRES: n > 0.
  std::uint64_t Below(std::uint64_t n);

  // Exponential with the given mean.
  double Exponential(double mean);

  // True with the given probability.
  bool Chance(double probability) { return Uniform() < probability; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace offramp
