// What is remembered of one request of a load.
#pragma once

#include <cstdint>
#include <vector>

namespace offramp {

enum class LoadOutcome : std::uint8_t {
  kPending,  // due or under way when the run was cut short
  kAnswered,
  kRefused,  // the server said that it takes no more: UNAVAILABLE with a time to retry, or
             // RESOURCE_EXHAUSTED
  kFailed,   // any other error, also an answer that does not fit the request
};

struct LoadRecord {
  double due_s = 0;         // from the start of the load
  double sent_s = 0;        // later than due only if the generator itself was late
  double delay_s = 0;       // from due to answer or error
  std::int32_t target = 0;  // index of the server
  std::int32_t sample = 0;  // first row's index in the data
  LoadOutcome outcome = LoadOutcome::kPending;
  std::uint8_t code = 0;  // gRPC status
  std::int32_t rows = 1;
  std::int32_t correct = 0;               // rows whose answer equals the label; -1: no labels
  std::vector<std::uint8_t> exit_stages;  // one a row; empty: not answered, or not told
};

}  // namespace offramp
