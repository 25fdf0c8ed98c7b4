// Frames to and from bytes: the message Frame of proto/offramp/v1/node.proto, which says how the
// bytes lie. Written so that tensors are neither copied to send nor, where they arrived at an
// aligned address, to receive.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "offramp/base/buffer.h"
#include "offramp/base/result.h"
#include "offramp/base/status.h"
#include "offramp/wire/frame.h"

namespace offramp {

// What a frame may hold. A peer that goes beyond is cut off, so whoever builds frames from a
// client's input checks it first (CheckFrame).
struct FrameLimits {
  static constexpr std::size_t kRows = 65536;  // of a parcel, and values of row numbers
  static constexpr std::size_t kTensors = 64;
  static constexpr std::size_t kRank = 16;
  static constexpr std::size_t kSurvivedPerRow = 64;
  static constexpr std::size_t kSurvivedTotal = 262144;  // over all rows
  static constexpr std::size_t kHops = 64;
  static constexpr int kStages = 64;
  static constexpr std::size_t kNameBytes = 256;  // fleet, node, tensor, trace_parent
  static constexpr std::size_t kRequestIdBytes = 1024;
  static constexpr std::size_t kStatusBytes = 4096;  // a refusal's text; longer ones are cut
  // Everything but the tensors' bytes. Bounds what a hostile frame can make the parser allocate.
  static constexpr std::size_t kEnvelopeBytes = std::size_t{2} << 20;
};

// OK if `frame` keeps FrameLimits, its numbers are finite and its tensors are of the size that
// their shapes say and have a row for each of the frame's. Names what is wrong. Cheap beside
// encoding.
Status CheckFrame(const Frame& frame);

struct EncodedFrame {
  std::string head;             // up to the tensors
  std::vector<Buffer> payload;  // the tensors, shared with the frame, and padding between them

  std::size_t size_bytes() const;

  // Head and payload as one allocation; for tests and the memory transport.
  Buffer Joined() const;
};

// REQUIRES: CheckFrame(frame).ok(), or the peer will take it for garbage.
EncodedFrame EncodeFrame(const Frame& frame);

// The frame in `bytes`. Its tensors share them if they lie at addresses aligned for their elements
// and are not small; else they are copied once. Any input is fine: kInvalidArgument says what is
// wrong.
Result<Frame> DecodeFrame(const Buffer& bytes);

// The same for several frames after each other, as small ones travel in one message. Hands each to
// `take` as it is decoded, until that returns false or the bytes end; stops at the first that is
// wrong. No bytes are wrong too.
Status DecodeFrames(const Buffer& bytes, const std::function<bool(Frame)>& take);

}  // namespace offramp
