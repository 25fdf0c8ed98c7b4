// What encoder and decoder share about the form on the wire (proto/offramp/v1/node.proto). Internal
// to wire/.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "offramp/base/buffer.h"
#include "offramp/base/status.h"
#include "offramp/core/tensor.h"

namespace offramp::internal {

// Protobuf tags: field << 3 | wire type.
inline constexpr unsigned char kEnvelopeBytesTag = 1 << 3 | 5;  // fixed32
inline constexpr unsigned char kPayloadTag = 15 << 3 | 2;       // length-delimited
inline constexpr std::size_t kEnvelopeBytesField = 5;           // tag and fixed32

inline constexpr std::size_t kTensorAlignment = Buffer::kAlignment;

constexpr std::size_t AlignUp(std::size_t bytes) {
  return (bytes + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
}

// Smaller payloads are copied on arrival even if they need not be: a tensor that is kept for a
// re-send would pin the whole message with it.
inline constexpr std::size_t kSharedPayloadBytes = 16 << 10;

// gRPC's numbers, by StatusCode.
inline constexpr std::array<std::uint32_t, kStatusCodeCount> kWireStatus = {0, 1, 3, 4,  5,  6,
                                                                            7, 8, 9, 12, 13, 14};

// DataType on the wire: ours plus one, so that an absent one is invalid.
inline constexpr int WireDataType(DataType type) { return static_cast<int>(type) + 1; }

}  // namespace offramp::internal
