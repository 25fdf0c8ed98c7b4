// A bundle: the cut model with its profile (formats.md "Bundle"), as values. Read by files/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offramp/core/exit_profile.h"
#include "offramp/core/service_law.h"
#include "offramp/core/tensor.h"

namespace offramp {

// A tensor of the model's interface; extent -1 in `shape` is the batch.
struct TensorSpec {
  std::string name;
  DataType datatype = DataType::kFp32;
  std::vector<std::int64_t> shape;
};

struct BundleStage {
  std::string file;         // within the bundle's folder, never outside
  std::string sha256;       // 64 lower-case hex digits, checked at load
  std::string data;         // weights beside the file, within the folder; empty: all are in it
  std::string data_sha256;  // of that
  std::vector<std::string> receives;  // tensors read from the task
  std::vector<std::string> sends;     // tensors the next stage needs; empty in the last
  std::string exit;               // output that answers here; empty: no exit (never in the last)
  double temperature = 1;         // of the exit's confidence
  double gflops = 0;              // one task
  std::int64_t output_bytes = 0;  // one task, all of `sends`
  std::int64_t memory_bytes = 0;
  double gflops_per_s = 0;  // reached at batch 1 where the model was profiled; 0: not measured
};

// What turns raw text into the tensors that stage 1 receives, in front of the fleet (a gateway, or
// whoever reads text for `profile`). All of them are INT64, [rows, tokens].
struct BundleTokenizer {
  std::string file;             // a tokenizer.json within the bundle's folder
  std::string sha256;           // of that
  std::string input;            // the model's only input: BYTES, [-1, 1], UTF-8
  std::string ids;              // tensor of token ids
  std::string mask;             // 1 where a token stands, 0 where a shorter row is padded
  std::string types;            // segment of each token; empty: the model does not ask for it
  std::int64_t max_tokens = 0;  // of one text, those that mark its ends included
};

struct Bundle {
  std::string folder;                        // absolute path
  std::string name;                          // the model's name in every API
  std::vector<TensorSpec> inputs;            // what clients send
  std::vector<TensorSpec> outputs;           // the last entry is the answer
  std::optional<BundleTokenizer> tokenizer;  // absent: tasks carry `inputs` as they are
  std::vector<std::string> labels;           // empty: none
  std::vector<BundleStage> stages;
  std::shared_ptr<const ExitProfile> profile;         // null: every threshold is "never"
  std::optional<ServiceHistogram> service_histogram;  // of all stages; absent: not measured
  std::string digest;                                 // SHA-256 over bundle.yaml: identity in Hello

  int stage_count() const { return static_cast<int>(stages.size()); }
  const BundleStage& stage(int h) const { return stages[static_cast<std::size_t>(h - 1)]; }

  // What a task carries to stage 1: `inputs`, or what the tokenizer makes of them.
  std::vector<TensorSpec> task_inputs() const;
};

}  // namespace offramp
