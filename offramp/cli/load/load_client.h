// Sends a load to one or more gRPC servers of the Open Inference Protocol and records every answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/cli/load/load_record.h"
#include "offramp/cli/load/request_data.h"

namespace offramp {

struct LoadOptions {
  std::vector<std::string> targets;  // "host:port" of gRPC servers, at least one
  std::vector<double> weights;       // share of requests each target gets; empty: all the same
  std::string model;                 // empty: the only one that the first target serves
  int rows = 1;                      // of each request; each is a task
  double deadline_s = 0;             // of each request; 0: the server's own (120 s at most)
  bool early_exit = true;
  std::uint64_t seed = 1;  // of the choice of target and the order of samples
  double connect_timeout_s = 10;
};

// How a run goes on, for a progress line.
struct LoadProgress {
  double now_s = 0;  // since the start
  std::int64_t sent = 0;
  std::int64_t done = 0;
};

// One run at a time. Stop may be called from any thread; the rest is not thread-safe.
class LoadClient {
 public:
  using OnProgress = std::function<void(const LoadProgress&)>;

  // Connects and asks the first target for its model. kUnavailable names the target.
  static Result<std::unique_ptr<LoadClient>> Connect(const LoadOptions& options);
  ~LoadClient();

  const ServedModel& model() const;

  // Open loop: request i is sent at arrivals_s[i], wherever the answers are, to a target drawn at
  // random. Returns one record a request when all are answered, failed or past their deadline.
  // `on_progress` runs on this thread now and then. `data` must fit the model.
  std::vector<LoadRecord> RunOpen(const std::vector<double>& arrivals_s, const RequestData& data,
                                  const OnProgress& on_progress);

  // Closed loop: `outstanding` requests are under way at any time for `seconds`.
  std::vector<LoadRecord> RunClosed(int outstanding, double seconds, const RequestData& data,
                                    const OnProgress& on_progress);

  // Ends a run early: nothing more is sent, what is under way is cancelled and stays kPending.
  void Stop();

 private:
  class Impl;
  explicit LoadClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offramp
