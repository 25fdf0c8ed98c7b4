// A serialised inference.ModelInferRequest, as any gRPC client may send it, up to the point where
// the request leaves for the fleet. Oracle: what is accepted has exactly the bytes that its shapes
// and datatypes say, names only outputs that exist, and stays within the bounds.
#include <cstdint>
#include <limits>

#include <google/protobuf/stubs/logging.h>

#include "offramp/base/check.h"
#include "offramp/gateway/grpc_convert.h"
#include "offramp/gateway/oip_outputs.h"
#include "offramp/gateway/oip_parameters.h"
#include "offramp/gateway/oip_tensors.h"

namespace {

using namespace offramp;

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

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  google::protobuf::SetLogHandler(nullptr);  // a line for every mutation that is not UTF-8
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  inference::ModelInferRequest message;
  if (size > std::numeric_limits<int>::max() ||
      !message.ParseFromArray(data, static_cast<int>(size))) {
    return 0;
  }
  const auto infer = FromGrpc(Model(), message);
  if (!infer.ok()) {
    OFFRAMP_CHECK(!infer.status().message().empty(), "an error needs a text");
    return 0;
  }
  for (const Tensor& tensor : infer->request.inputs) {
    OFFRAMP_CHECK(CheckTensorBytes(tensor, "data").ok(), "accepted bytes must fit the shape");
    OFFRAMP_CHECK(AlignedFor(tensor.datatype, tensor.data).data() == tensor.data.data(),
                  "accepted bytes must be aligned");
  }
  OFFRAMP_CHECK(CheckTensorNames(infer->request.inputs).ok(), "input names");
  OFFRAMP_CHECK(CheckOutputNames(Model(), infer->plan.output_names).ok(), "output names");
  OFFRAMP_CHECK(infer->request.id.size() <= kMaxRequestIdBytes, "id");
  OFFRAMP_CHECK(infer->request.timeout_s.value_or(1) > 0, "timeout");
  return 0;
}
