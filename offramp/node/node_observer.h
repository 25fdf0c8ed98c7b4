// What happens in a node, for metrics and logs; NodeCore itself knows neither.
#pragma once

#include <cstddef>
#include <cstdint>

#include "offramp/base/status.h"
#include "offramp/wire/frame.h"

namespace offramp {

class NodeObserver {
 public:
  virtual ~NodeObserver() = default;

  // A batch of `rows` has run. Times of each of its parcels are told by OnParcelRun.
  virtual void OnBatch(std::int64_t rows, double compute_s) = 0;

  // That batch has failed. With more rows than one, they run again, each alone.
  virtual void OnBatchFailed(std::int64_t rows, const Status& why) = 0;

  // `rows` of `task` are through the engine.
  virtual void OnParcelRun(const TaskFrame& task, std::size_t rows, double queue_s,
                           double compute_s) = 0;
  virtual void OnExit(std::int64_t rows) = 0;
  virtual void OnForwarded(std::int64_t rows) = 0;

  // An answer came back from downstream after `wait_s`.
  virtual void OnAnswerReturned(std::int64_t rows, double wait_s) = 0;

  // `rows` of `task` are given back or failed, by reason.
  virtual void OnRefused(const TaskFrame& task, std::int64_t rows, const Status& why) = 0;

  // Rows dropped before compute: expired or cancelled.
  virtual void OnDropped(std::int64_t rows, const Status& why) = 0;
};

}  // namespace offramp
