// ModelStreamInfer: many requests and replies on one call. Replies go out in the order in which
// they are ready, told apart by their ids; a request that fails is answered with error_message and
// the stream goes on.
#pragma once

#include <memory>
#include <set>

#include <grpcpp/grpcpp.h>

#include "offramp/gateway/inference.h"

#include "inference/open_inference_grpc.pb.h"

namespace offramp {

class InferStream;

// All open streams, so that a stop does not wait for clients that keep idle ones. Thread-safe.
class InferStreams {
 public:
  InferStreams();
  ~InferStreams();

  // The reactor of a new call; it deletes itself when the call is over.
  grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>* Open(
      grpc::CallbackServerContext* context, InferenceService& service);

  // Every stream takes no more requests and ends once its answers are out; new ones end at once.
  void Drain();

 private:
  friend class InferStream;
  struct Registry;
  std::shared_ptr<Registry> registry_;
};

}  // namespace offramp
