// How long each stage takes on this machine, alone and with one thread, as a node runs it; what it
// sends, and the memory that it takes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/service_law.h"
#include "offramp/data/dataset.h"
#include "offramp/model/bundle.h"

namespace offramp {

struct StageTimingOptions {
  std::vector<std::int64_t> batches = {1, 8};  // rows in one call; 1 is always measured
  double seconds = 0.4;                        // of measuring, per stage and batch size, at least
  int fewest_calls = 9;                        // of them, also where they take longer
  std::function<bool()> stop;                  // asked between calls; may be empty
  std::function<void(int stage)> progress;     // may be empty
};

struct BatchTiming {
  std::int64_t batch = 1;
  double median_ms = 0;     // of one call
  double gflops_per_s = 0;  // batch * gflops / median
  int calls = 0;
};

struct StageTiming {
  std::vector<BatchTiming> batches;       // ascending
  std::int64_t output_bytes = 0;          // one row, all of `sends`, on average
  std::int64_t peak_memory_bytes = 0;     // that loading it and one row took; 0: not measured
  std::int64_t largest_memory_bytes = 0;  // the same with the largest batch
};

struct TimingReport {
  std::vector<StageTiming> stages;
  // Of one row's time over its stage's median, stages counting by their share of the time; absent
  // where too few were timed.
  std::optional<ServiceHistogram> histogram;
};

// Blocks; nothing else should run on the machine. kCancelled when stopped; LoadEngine's errors.
// Resident memory is read from /proc/self, whose high-water mark this process may reset.
Result<TimingReport> TimeStages(const Bundle& bundle, DataSet& data,
                                const StageTimingOptions& options);

// The shape of `ratios` (times over their medians): equally likely ranges, finer towards the end;
// the slowest thousandth, which others interrupted, is left out. Absent where there are fewer than
// 32.
std::optional<ServiceHistogram> HistogramOf(std::vector<double> ratios);

}  // namespace offramp
