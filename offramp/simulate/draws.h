// Draws: random numbers by key instead of by turn. The draw for (stream, a, b) is a pure function
// of seed and key, so what one policy does cannot shift the draws of another: the same task has the
// same arrival, profile row and service times under every policy (common random numbers).
//
// The bits are two rounds of the SplitMix64 finaliser (Steele, Lea, Flood, OOPSLA 2014) over the
// key. A value; const methods are safe from several threads.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace offramp {

// What is drawn; keys of different streams never collide.
enum class DrawStream : std::uint64_t {
  kArrival,    // a: device, b: its n-th task
  kRow,        // a: task
  kService,    // a: task, b: stage
  kHop,        // a: task, b: stage and attempt
  kExit,       // a: task, b: stage
  kAdmission,  // a: task
  kPhase,      // a: part; where in its period a timer starts
  kPolicy,     // a: part; the seed of its own generator
};

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : seed_(Mix(seed + kGolden)) {}

  std::uint64_t Bits(DrawStream stream, std::uint64_t a, std::uint64_t b = 0) const {
    const std::uint64_t key = (b << 4) | static_cast<std::uint64_t>(stream);
    return Mix(Mix(seed_ ^ (a * kGolden)) ^ (key * kOdd));
  }

  // Uniform in [0, 1), 53 bits.
  double Uniform(DrawStream stream, std::uint64_t a, std::uint64_t b = 0) const {
    return static_cast<double>(Bits(stream, a, b) >> 11) * 0x1.0p-53;
  }

  // Exponential with mean 1.
  double Exponential(DrawStream stream, std::uint64_t a, std::uint64_t b = 0) const {
    return -std::log1p(-Uniform(stream, a, b));
  }

  // Uniform in 0..n-1. The error of scaling 53 bits is below n / 2^53. REQUIRES: n > 0.
  std::size_t Below(std::size_t n, DrawStream stream, std::uint64_t a, std::uint64_t b = 0) const {
    return static_cast<std::size_t>(Uniform(stream, a, b) * static_cast<double>(n));
  }

 private:
  static constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
  static constexpr std::uint64_t kOdd = 0xD1B54A32D192ED03;

  static std::uint64_t Mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
  }

  std::uint64_t seed_;
};

}  // namespace offramp
