// The one internal request type. Protocol files (oip_grpc, oip_rest, later openai) only translate
// to and from it; they know no fleet and no algorithm.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/status.h"
#include "offramp/core/tensor.h"
#include "offramp/model/bundle.h"

namespace offramp {

struct InferenceRequest {
  std::string model_name;
  std::string model_version;   // empty or "1"
  std::string id;              // the client's request id, echoed and logged on every hop
  std::string trace_parent;    // W3C traceparent, empty: none
  std::vector<Tensor> inputs;  // by name, any order
  bool early_exit = true;
  std::optional<double> timeout_s;  // what the client asked for; else the fleet's deadline
};

// One answered row.
struct RowAnswer {
  int exit_stage = 0;
  float confidence = 0;
};

struct InferenceReply {
  Status status;                // not OK: nothing else is set
  double retry_after_s = 0;     // > 0 with kUnavailable or kResourceExhausted
  std::vector<Tensor> outputs;  // the model's `outputs`, rows in the request's order
  std::vector<RowAnswer> rows;
  std::string path;    // node names of the first row, joined by commas
  double queue_s = 0;  // of the first row, over all hops
  double compute_s = 0;
  double total_s = 0;  // in the gateway, from arrival to answer
};

// Totals since start, in the vocabulary of the Open Inference Protocol's statistics extension.
struct InferenceStatistics {
  std::uint64_t inference_count = 0;  // rows answered
  std::uint64_t execution_count = 0;  // requests answered
  std::uint64_t success_count = 0;
  std::uint64_t success_ns = 0;
  std::uint64_t fail_count = 0;
  std::uint64_t fail_ns = 0;
  std::uint64_t queue_ns = 0;
  std::uint64_t compute_infer_ns = 0;
  std::uint64_t last_inference_ms = 0;  // epoch
};

// What protocol files call. All methods are thread-safe.
class InferenceService {
 public:
  using RequestId = std::uint64_t;  // never 0
  using Done = std::function<void(InferenceReply)>;

  virtual ~InferenceService() = default;

  // Checks the request against the model, sends its rows into the fleet and calls `done` exactly
  // once: on the service's loop thread, possibly before Infer returns.
  virtual RequestId Infer(InferenceRequest request, Done done) = 0;

  // The client is gone: `done` is called with kCancelled unless it already was. Unknown ids are
  // fine.
  virtual void Cancel(RequestId id) = 0;

  virtual const Bundle& model() const = 0;
  virtual bool live() const = 0;
  // Every stage has a live replica within reach; at the start also: those that it may use have been
  // found, or looked for long enough.
  virtual bool ready() const = 0;
  virtual int max_batch_size() const = 0;  // rows that one request may have; clients send no more
  virtual InferenceStatistics statistics() const = 0;
};

}  // namespace offramp
