// A node's events as Prometheus metrics and log lines. A task whose client gave it a request id or
// a traceparent is logged under both on every hop; others are not.
#pragma once

#include <string>

#include "offramp/daemon/metrics.h"
#include "offramp/node/node_core.h"
#include "offramp/node/node_observer.h"

namespace offramp {

// Loop thread only.
class NodeMetrics final : public NodeObserver {
 public:
  NodeMetrics(const std::string& name, int stage);

  // For the forwarder's measured transfers.
  void OnTransfer(const std::string& receiver, double seconds);

  // Prometheus text, with what the core counts brought up to date.
  std::string Text(NodeCore& core);

  void OnBatch(std::int64_t rows, double compute_s) override;
  void OnBatchFailed(std::int64_t rows, const Status& why) override;
  void OnParcelRun(const TaskFrame& task, std::size_t rows, double queue_s,
                   double compute_s) override;
  void OnExit(std::int64_t rows) override;
  void OnForwarded(std::int64_t rows) override;
  void OnAnswerReturned(std::int64_t rows, double wait_s) override;
  void OnRefused(const TaskFrame& task, std::int64_t rows, const Status& why) override;
  void OnDropped(std::int64_t rows, const Status& why) override;

 private:
  void FollowForwarder(const Forwarder& forwarder);
  void FollowShadows(const ShadowCounters& shadows, const DriftMeter& drift);

  Metrics metrics_;
  prometheus::Histogram& queue_s_;
  prometheus::Histogram& compute_s_;
  prometheus::Histogram& peer_wait_s_;
  prometheus::Histogram& batch_rows_;
  prometheus::Family<prometheus::Histogram>& wire_s_;
  prometheus::Family<prometheus::Counter>& failed_calls_;
  prometheus::Counter& exited_;
  prometheus::Counter& forwarded_;
  prometheus::Family<prometheus::Counter>& refused_;
  prometheus::Family<prometheus::Counter>& dropped_;
  prometheus::Family<prometheus::Counter>& sent_;
  prometheus::Family<prometheus::Counter>& lost_;
  prometheus::Family<prometheus::Gauge>& share_;
  prometheus::Counter& resent_;
  prometheus::Counter& late_answers_;
  prometheus::Gauge& queued_;
  prometheus::Gauge& held_bytes_;
  prometheus::Gauge& arrival_rate_;
  prometheus::Gauge& utilisation_;
  prometheus::Gauge& threshold_;
  prometheus::Gauge& accuracy_weight_;
  prometheus::Family<prometheus::Counter>& shadows_;
  prometheus::Family<prometheus::Gauge>& agreement_;
  prometheus::Family<prometheus::Gauge>& expected_agreement_;
  prometheus::Family<prometheus::Gauge>& excess_wrong_;
  const std::string stage_;
};

}  // namespace offramp
