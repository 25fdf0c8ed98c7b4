// Between the Open Inference Protocol's protobuf messages and our values. Pure functions; messages
// come from strangers.
#pragma once

#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/gateway/inference.h"

#include "inference/open_inference_grpc.pb.h"

namespace offramp {

// What the reply needs of the request, once the request is gone.
struct GrpcReplyPlan {
  std::string id;                         // echoed
  std::vector<std::string> output_names;  // empty: all
};

struct GrpcInfer {
  InferenceRequest request;  // trace_parent is left to the caller
  GrpcReplyPlan plan;
};

// Checks and converts. Raw contents are moved out of `message` into the tensors, not copied (gRPC
// hands messages out as const, but they belong to the call that ends with them). kNotFound for
// another model, else kInvalidArgument or kUnimplemented.
Result<GrpcInfer> FromGrpc(const Bundle& model, inference::ModelInferRequest& message);

// Outputs always go raw: tritonclient reads nothing else. REQUIRES: reply.status is OK.
Status ToGrpc(const GrpcReplyPlan& plan, const Bundle& model, const InferenceReply& reply,
              inference::ModelInferResponse& message);

void FillServerMetadata(inference::ServerMetadataResponse& message);
void FillModelMetadata(const Bundle& model, inference::ModelMetadataResponse& message);
void FillModelConfig(const Bundle& model, int max_batch_size, inference::ModelConfig& message);
void FillModelStatistics(const Bundle& model, const InferenceStatistics& statistics,
                         inference::ModelStatistics& message);

}  // namespace offramp
