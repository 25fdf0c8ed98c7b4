// What the bench client asks for, and what it keeps of an answer. Values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/result.h"

namespace offramp::bench {

// Inference on one model with one FP32 input tensor.
struct RequestSpec {
  std::string model;
  std::string input;                    // the tensor's name
  std::vector<std::int64_t> row_shape;  // of one row, without the batch axis
  int rows = 1;                         // of one request; each is a task
  bool early_exit = true;
  double deadline_s = 30;  // of one request, kept by this client

  std::size_t row_bytes() const;
};

// Rows to send, raw FP32, as a file holds them one behind the other. Immutable: threads share it.
class Samples {
 public:
  // The file's size must be a multiple of the row's; kInvalidArgument names the file.
  static Result<Samples> Read(const std::string& path, const RequestSpec& spec);

  std::int64_t count() const { return count_; }

  // `rows` rows (those of the spec) from sample `first` on, going round at the end.
  std::string_view Rows(std::int64_t first) const;

 private:
  std::string bytes_;  // the samples, and behind them the first ones again, for going round
  std::int64_t count_ = 0;
  std::size_t row_bytes_ = 0;
  std::size_t request_bytes_ = 0;
};

enum class Outcome : std::uint8_t {
  kOk,
  kRefused,  // the server takes no more: 503 or 429, UNAVAILABLE or RESOURCE_EXHAUSTED
  kLate,     // the deadline passed
  kFailed,   // anything else
};

std::string_view OutcomeName(Outcome outcome);

struct Answer {
  Outcome outcome = Outcome::kFailed;
  int code = 0;                           // HTTP status, or gRPC's code
  std::vector<std::int32_t> exit_stages;  // one a row; empty: not told
  std::vector<std::int32_t> classes;      // largest entry of each row of the answer
  std::string path;                       // node names, joined by commas; empty: not told
  std::string error;
};

// The largest entry of each row of a [rows, n] FP32 tensor; empty when the size does not fit.
std::vector<std::int32_t> LargestOfRows(std::string_view raw, int rows);

// An INT32 tensor [rows]; empty when the size does not fit.
std::vector<std::int32_t> Integers(std::string_view raw, int rows);

}  // namespace offramp::bench
