#include "offramp/gateway/gateway_metrics.h"

#include <spdlog/spdlog.h>

#include "offramp/daemon/log.h"

namespace offramp {

GatewayMetrics::GatewayMetrics(const std::string& name)
    : metrics_(name, "gateway"),
      request_s_(metrics_.Histogram("offramp_request_duration_seconds",
                                    "From arrival at the gateway to the reply, by exit stage of "
                                    "the request's first task.")),
      queue_s_(metrics_
                   .Histogram("offramp_request_queue_seconds",
                              "Waiting for engines, over all hops of a request's first task.")
                   .Add({}, Metrics::SecondsBuckets())),
      compute_s_(metrics_
                     .Histogram("offramp_request_compute_seconds",
                                "In engines, over all hops of a request's first task.")
                     .Add({}, Metrics::SecondsBuckets())),
      requests_(metrics_.Counter("offramp_requests_total", "Requests by status code.")),
      exits_(metrics_.Counter("offramp_tasks_answered_total", "Tasks by the stage they left at.")),
      wire_s_(metrics_.Histogram("offramp_wire_seconds",
                                 "Time on the (emulated) link to a next hop, per parcel.")),
      sent_(metrics_.Counter("offramp_tasks_sent_total", "Tasks sent, by next hop.")),
      lost_(metrics_.Counter("offramp_tasks_lost_total",
                             "Tasks sent again since a next hop died or went silent.")),
      share_(metrics_.Gauge("offramp_offloading_share", "Strategy: share of a next hop.")),
      resent_(metrics_.Counter("offramp_tasks_resent_total", "Re-sends of tasks.").Add({})),
      inflight_(metrics_.Gauge("offramp_inflight_tasks", "Accepted, not yet answered.").Add({})),
      admitted_(metrics_
                    .Gauge("offramp_admitted_fraction",
                           "Share of what is offered that the fleet carries.")
                    .Add({})),
      arrival_rate_(metrics_.Gauge("offramp_arrival_rate_tasks_per_second", "Measured.").Add({})),
      accuracy_weight_(metrics_
                           .Gauge("offramp_accuracy_weight_seconds",
                                  "What accuracy 1 in place of 0 may cost in delay, now.")
                           .Add({})),
      objective_met_(
          metrics_.Gauge("offramp_objective_met", "0 once the objective is out of reach.").Add({})),
      expected_accuracy_(metrics_
                             .Gauge("offramp_expected_accuracy",
                                    "Of late answers, by the exit profile; 0 where the objective "
                                    "is a weight.")
                             .Add({})) {}

void GatewayMetrics::OnTransfer(const std::string& receiver, double seconds) {
  wire_s_.Add({{"receiver", receiver}}, Metrics::SecondsBuckets()).Observe(seconds);
}

void GatewayMetrics::OnReply(const InferenceRequest& request, std::size_t rows,
                             const InferenceReply& reply) {
  requests_.Add({{"code", std::string(StatusCodeName(reply.status.code()))}}).Increment();
  if (reply.status.ok()) {
    request_s_
        .Add({{"exit_stage", std::to_string(reply.rows[0].exit_stage)}}, Metrics::SecondsBuckets())
        .Observe(reply.total_s);
    queue_s_.Observe(reply.queue_s);
    compute_s_.Observe(reply.compute_s);
    for (const RowAnswer& row : reply.rows) {
      exits_.Add({{"exit_stage", std::to_string(row.exit_stage)}}).Increment();
    }
  }
  if (const std::string tag = TaskTag(request.id, request.trace_parent); !tag.empty()) {
    spdlog::info("{} rows={} total_s={:.6f} path={} {}", tag, rows, reply.total_s, reply.path,
                 reply.status.ToString());
  }
}

std::string GatewayMetrics::Text(GatewayCore& core) {
  inflight_.Set(static_cast<double>(core.inflight_rows()));
  admitted_.Set(core.admitted_fraction());
  arrival_rate_.Set(core.agents().arrival_rate_per_s());
  accuracy_weight_.Set(core.agents().accuracy_weight_s());
  objective_met_.Set(core.agents().objective().met() ? 1 : 0);
  expected_accuracy_.Set(core.agents().objective().accuracy());
  const Forwarder& forwarder = core.forwarder();
  FollowTotal(resent_, static_cast<double>(forwarder.counters().resent_rows));
  for (int k = 0; k < forwarder.sender().size(); ++k) {
    const ReceiverState& receiver = forwarder.sender().receiver(k);
    const prometheus::Labels label = {{"receiver", receiver.spec.name}};
    FollowTotal(sent_.Add(label), static_cast<double>(forwarder.metrics(k).sent_rows));
    FollowTotal(lost_.Add(label), static_cast<double>(forwarder.metrics(k).lost_rows));
    share_.Add(label).Set(receiver.share);
  }
  return metrics_.Text();
}

}  // namespace offramp
