// Any bytes are a frame or refused. A frame that was taken keeps its limits, and writing and
// reading it again changes nothing.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <utility>

#include "offramp/base/check.h"
#include "offramp/wire/frame_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using offramp::Buffer;
  const Buffer whole = Buffer::CopyOf(std::as_bytes(std::span(data, size)));
  const auto frame = offramp::DecodeFrame(whole);

  // The same at an address that the input chooses.
  const std::size_t shift = size == 0 ? 0 : data[size - 1] % Buffer::kAlignment;
  offramp::MutableBuffer room(shift + size);
  if (size > 0) std::memcpy(room.data() + shift, data, size);
  const auto shifted = offramp::DecodeFrame(std::move(room).Freeze().Slice(shift, size));
  OFFRAMP_CHECK(frame.ok() == shifted.ok(), "the verdict depends on where the bytes lie");

  int frames = 0;
  const bool all_ok = offramp::DecodeFrames(whole, [&frames](const offramp::Frame&) {
                        ++frames;
                        return true;
                      }).ok();
  OFFRAMP_CHECK((all_ok && frames == 1) == frame.ok(), "one frame is not a sequence of one");
  if (!frame.ok()) return 0;

  OFFRAMP_CHECK(offramp::CheckFrame(*frame).ok(), "a decoded frame breaks the limits");
  const Buffer encoded = offramp::EncodeFrame(*frame).Joined();
  const auto again = offramp::DecodeFrame(encoded);
  OFFRAMP_CHECK(again.ok(), again.status().ToString());
  OFFRAMP_CHECK(offramp::EncodeFrame(*again).Joined().text() == encoded.text(),
                "a frame changes on its second way");
  OFFRAMP_CHECK(offramp::EncodeFrame(*shifted).Joined().text() == encoded.text(),
                "a frame depends on where its bytes lay");
  return 0;
}
