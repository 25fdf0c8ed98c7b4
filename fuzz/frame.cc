// Any bytes are a frame or refused. A frame that was taken keeps its limits, and writing and
// reading it again changes nothing.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "offramp/base/check.h"
#include "offramp/wire/frame_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using offramp::Buffer;
  const Buffer whole = Buffer::CopyOf(std::as_bytes(std::span(data, size)));
  const auto frame = offramp::DecodeFrame({&whole, 1});

  // The same in two pieces, cut at a place that the input chooses.
  const std::size_t cut = size == 0 ? 0 : data[size - 1] % (size + 1);
  const Buffer pieces[] = {whole.Slice(0, cut), whole.Slice(cut, size - cut)};
  const auto from_pieces = offramp::DecodeFrame(pieces);
  OFFRAMP_CHECK(frame.ok() == from_pieces.ok(), "the verdict depends on where the bytes lie");

  int frames = 0;
  const bool all_ok = offramp::DecodeFrames({&whole, 1}, [&frames](const offramp::Frame&) {
                        ++frames;
                        return true;
                      }).ok();
  OFFRAMP_CHECK((all_ok && frames == 1) == frame.ok(), "one frame is not a sequence of one");
  if (!frame.ok()) return 0;

  OFFRAMP_CHECK(offramp::CheckFrame(*frame).ok(), "a decoded frame breaks the limits");
  const Buffer encoded = offramp::EncodeFrame(*frame).Joined();
  const auto again = offramp::DecodeFrame({&encoded, 1});
  OFFRAMP_CHECK(again.ok(), again.status().ToString());
  OFFRAMP_CHECK(offramp::EncodeFrame(*again).Joined().text() == encoded.text(),
                "a frame changes on its second way");
  OFFRAMP_CHECK(offramp::EncodeFrame(*from_pieces).Joined().text() == encoded.text(),
                "a frame depends on where its bytes lay");
  return 0;
}
