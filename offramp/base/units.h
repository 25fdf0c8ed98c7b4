// Units that cross borders (formats.md): 1 GFLOP = 1e9 operations, 1 Mbit = 1e6 bits.
#pragma once

#include <cstdint>

namespace offramp {

inline constexpr double kBitsPerMbit = 1e6;
inline constexpr double kMillisecond = 1e-3;  // in seconds
inline constexpr double kMicrosecond = 1e-6;  // in seconds

// Time a message of `bytes` occupies a link of `mbit_per_s`; 0 for a link without a rate.
inline double SerializationSeconds(std::int64_t bytes, double mbit_per_s) {
  return mbit_per_s > 0 ? 8.0 * static_cast<double>(bytes) / (mbit_per_s * kBitsPerMbit) : 0.0;
}

// Transfer time of one message: serialization plus latency.
inline double TransferSeconds(std::int64_t bytes, double mbit_per_s, double latency_ms) {
  return SerializationSeconds(bytes, mbit_per_s) + latency_ms * kMillisecond;
}

}  // namespace offramp
