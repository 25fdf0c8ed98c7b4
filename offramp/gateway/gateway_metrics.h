// A gateway's replies as Prometheus metrics and log lines.
#pragma once

#include <string>

#include "offramp/daemon/metrics.h"
#include "offramp/gateway/gateway_core.h"
#include "offramp/gateway/gateway_observer.h"

namespace offramp {

// Loop thread only.
class GatewayMetrics final : public GatewayObserver {
 public:
  explicit GatewayMetrics(const std::string& name);

  // For the forwarder's measured transfers.
  void OnTransfer(const std::string& receiver, double seconds);

  // Prometheus text, with what the core counts brought up to date.
  std::string Text(GatewayCore& core);

  void OnReply(const InferenceRequest& request, std::size_t rows,
               const InferenceReply& reply) override;

 private:
  Metrics metrics_;
  prometheus::Family<prometheus::Histogram>& request_s_;
  prometheus::Histogram& queue_s_;
  prometheus::Histogram& compute_s_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Counter>& exits_;
  prometheus::Family<prometheus::Histogram>& wire_s_;
  prometheus::Family<prometheus::Counter>& sent_;
  prometheus::Family<prometheus::Counter>& lost_;
  prometheus::Family<prometheus::Gauge>& share_;
  prometheus::Counter& resent_;
  prometheus::Gauge& inflight_;
  prometheus::Gauge& admitted_;
  prometheus::Gauge& arrival_rate_;
  prometheus::Gauge& accuracy_weight_;
  prometheus::Gauge& objective_met_;
  prometheus::Gauge& expected_accuracy_;
};

}  // namespace offramp
