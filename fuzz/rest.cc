// Everything that a REST client can send to a gateway, up to the point where the request leaves for
// the fleet. The first byte says what the rest is:
//   J  the body of an infer request, JSON as a whole
//   H  four digits, then a body whose JSON has that many bytes and is followed by binary tensors
//   R  the body of a raw binary request
//   P  a path            Z  a gzip body            D  a deflate body          A  an Accept-Encoding
// Oracle: what is accepted has exactly the bytes that its shapes and datatypes say, names only
// outputs that exist, and stays within the bounds.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "offramp/base/check.h"
#include "offramp/gateway/compression.h"
#include "offramp/gateway/oip_outputs.h"
#include "offramp/gateway/oip_parameters.h"
#include "offramp/gateway/oip_tensors.h"
#include "offramp/gateway/rest_request.h"
#include "offramp/gateway/rest_route.h"

namespace {

using namespace offramp;

constexpr std::size_t kMaxInflatedBytes = std::size_t{1} << 20;

const Bundle& Model() {
  static const Bundle* const model = [] {
    auto* bundle = new Bundle;
    bundle->name = "m";
    bundle->inputs = {{"image", DataType::kFp32, {-1, 2, 2}}};
    bundle->outputs = {{"logits", DataType::kFp32, {-1, 3}}};
    return bundle;
  }();
  return *model;
}

void CheckInfer(const Buffer& body, std::optional<std::uint64_t> json_bytes) {
  static RestRequestParser parser({.max_json_bytes = std::size_t{1} << 20});
  const auto infer = parser.Parse(Model(), body, json_bytes);
  if (!infer.ok()) {
    OFFRAMP_CHECK(!infer.status().message().empty(), "an error needs a text");
    return;
  }
  for (const Tensor& tensor : infer->request.inputs) {
    OFFRAMP_CHECK(CheckTensorBytes(tensor, "data").ok(), "accepted bytes must fit the shape");
    OFFRAMP_CHECK(AlignedFor(tensor.datatype, tensor.data).data() == tensor.data.data(),
                  "accepted bytes must be aligned");
  }
  OFFRAMP_CHECK(CheckTensorNames(infer->request.inputs).ok(), "input names");
  OFFRAMP_CHECK(CheckOutputNames(Model(), infer->plan.output_names).ok(), "output names");
  OFFRAMP_CHECK(infer->plan.output_names.size() == infer->plan.output_binary.size(), "outputs");
  OFFRAMP_CHECK(infer->request.id.size() <= kMaxRequestIdBytes, "id");
  OFFRAMP_CHECK(infer->request.timeout_s.value_or(1) > 0, "timeout");
}

void CheckInflate(Encoding encoding, const Buffer& body) {
  const auto inflated = Inflate(encoding, body, kMaxInflatedBytes);
  if (!inflated.ok()) return;
  OFFRAMP_CHECK(inflated->size() <= kMaxInflatedBytes, "a bomb went off");
  const auto again = Inflate(encoding, Deflate(encoding, {*inflated}), kMaxInflatedBytes);
  OFFRAMP_CHECK(again.ok() && again->text() == inflated->text(), "round trip");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'J':
      CheckInfer(Buffer::CopyOf(rest), std::nullopt);
      break;
    case 'R':
      CheckInfer(Buffer::CopyOf(rest), 0);
      break;
    case 'H':
      if (rest.size() >= 4) {
        const std::string digits(rest.substr(0, 4));
        CheckInfer(Buffer::CopyOf(rest.substr(4)), std::strtoull(digits.c_str(), nullptr, 10));
      }
      break;
    case 'P':
      (void)RouteRestPath(rest);
      break;
    case 'Z':
      CheckInflate(Encoding::kGzip, Buffer::CopyOf(rest));
      break;
    case 'D':
      CheckInflate(Encoding::kDeflate, Buffer::CopyOf(rest));
      break;
    case 'A':
      (void)ChooseEncoding(rest);
      (void)ParseContentEncoding(rest);
      break;
    default:
      break;
  }
  return 0;
}
