// The two ways to ask: a closed loop for what a server can do, and a schedule for what its users
// would see. Both start threads that block in calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/scenarios/client/caller.h"
#include "bench/scenarios/client/request.h"
#include "offramp/base/result.h"

namespace offramp::bench {

// Seconds on the system's monotonic clock (CLOCK_MONOTONIC): comparable between processes.
double MonotonicSeconds();

struct ClosedLoop {
  int outstanding = 1;
  double warmup_s = 0.3;
  double seconds = 2;
};

// `outstanding` threads ask one server again and again. Prints one JSON line when the warm-up is
// over and one with the figures at the end, to standard output.
Status RunClosedLoop(const ClosedLoop& loop, CallerFactory& callers, const std::string& address,
                     const Samples& samples);

// One request of an open loop.
struct Due {
  double due_s = 0;  // from the start
  int target = 0;    // index into the addresses
  std::int64_t sample = 0;
};

// One request a line, "due_s target sample", ascending. kInvalidArgument names file and line.
Result<std::vector<Due>> ReadSchedule(const std::string& path, std::size_t targets);

// Sends every request when it is due, whatever the answers do, by at most `threads` at a time; a
// delay counts from the due time, so requests that had to wait for a thread are charged for it.
// Prints a JSON line with the start time at the start, and writes `records_path` at the end: one
// line a request with tabs between due_s, sent_s, delay_s, target, sample, outcome, code, exit
// stage, class and path (of the first row; -1 and "-" where not told).
Status RunSchedule(const std::vector<Due>& schedule, int threads, CallerFactory& callers,
                   const std::vector<std::string>& addresses, const Samples& samples,
                   const std::string& records_path);

}  // namespace offramp::bench
