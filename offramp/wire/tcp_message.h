// How messages lie on a TCP connection of TcpTransport. Internal to it.
//
// A message is one frame, or several that are small (kSharedPayloadBytes) together.
//
// Header, eight bytes: length of what follows (32 bits, little-endian); kind; where the tensors of
// a lone frame begin, modulo 64; two zero bytes. A receiver that knows the latter before the bytes
// come can read them to where the tensors are aligned.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "offramp/base/result.h"
#include "offramp/base/status.h"

namespace offramp::internal {

// What each end says first.
inline constexpr std::string_view kPreface = "OFFRAMP1";

inline constexpr std::size_t kHeaderBytes = 8;
using HeaderBytes = std::array<std::byte, kHeaderBytes>;

enum class MessageKind : std::uint8_t {
  kFrames = 1,
  kGoodbye = 2,  // the last one: a status's code (frame_layout.h) and its text
};

struct MessageHeader {
  std::uint32_t length = 0;
  MessageKind kind = MessageKind::kFrames;
  std::uint8_t tensors_at = 0;  // below 64
};

HeaderBytes EncodeHeader(const MessageHeader& header);

// kInvalidArgument if these cannot be a header.
Result<MessageHeader> DecodeHeader(std::span<const std::byte, kHeaderBytes> bytes);

// Header and body. The text is cut to what a goodbye may hold.
std::string EncodeGoodbye(const Status& why);

// What a goodbye says; a goodbye that is none says so.
Status DecodeGoodbye(std::span<const std::byte> body);

inline constexpr std::size_t kGoodbyeBytes = 1024;

}  // namespace offramp::internal
