#include "offramp/node/node_metrics.h"

#include <spdlog/spdlog.h>

#include "offramp/daemon/log.h"

namespace offramp {

namespace {

std::string ReasonOf(const Status& status) { return std::string(StatusCodeName(status.code())); }

}  // namespace

NodeMetrics::NodeMetrics(const std::string& name, int stage)
    : metrics_(name, "node"),
      queue_s_(metrics_.Histogram("offramp_queue_seconds", "Time a parcel waits for the engine.")
                   .Add({{"stage", std::to_string(stage)}}, Metrics::SecondsBuckets())),
      compute_s_(metrics_.Histogram("offramp_compute_seconds", "Time of one call of the engine.")
                     .Add({{"stage", std::to_string(stage)}}, Metrics::SecondsBuckets())),
      peer_wait_s_(metrics_
                       .Histogram("offramp_peer_wait_seconds",
                                  "From sending a task on to its answer coming back.")
                       .Add({{"stage", std::to_string(stage)}}, Metrics::SecondsBuckets())),
      batch_rows_(metrics_.Histogram("offramp_batch_rows", "Tasks in one call of the engine.")
                      .Add({{"stage", std::to_string(stage)}},
                           prometheus::Histogram::BucketBoundaries{1, 2, 4, 8, 16, 32, 64, 128})),
      wire_s_(metrics_.Histogram("offramp_wire_seconds",
                                 "Time on the (emulated) link to a next hop, per parcel.")),
      failed_calls_(metrics_.Counter("offramp_engine_failures_total",
                                     "Calls of the engine that failed, by reason.")),
      exited_(metrics_.Counter("offramp_tasks_exited_total", "Tasks answered at this stage.")
                  .Add({{"exit_stage", std::to_string(stage)}})),
      forwarded_(metrics_.Counter("offramp_tasks_forwarded_total", "Tasks that went on.").Add({})),
      refused_(metrics_.Counter("offramp_tasks_refused_total",
                                "Tasks given back to their sender, by reason.")),
      dropped_(metrics_.Counter("offramp_tasks_dropped_total",
                                "Tasks dropped before compute: expired or cancelled.")),
      sent_(metrics_.Counter("offramp_tasks_sent_total", "Tasks sent, by next hop.")),
      lost_(metrics_.Counter("offramp_tasks_lost_total",
                             "Tasks sent again since a next hop died or went silent.")),
      share_(metrics_.Gauge("offramp_offloading_share", "Strategy: share of a next hop.")),
      resent_(metrics_.Counter("offramp_tasks_resent_total", "Re-sends of tasks.").Add({})),
      late_answers_(metrics_
                        .Counter("offramp_late_answers_total",
                                 "Answers of tasks that somebody else had answered.")
                        .Add({})),
      queued_(metrics_.Gauge("offramp_queue_tasks", "Tasks waiting or running.").Add({})),
      held_bytes_(metrics_.Gauge("offramp_held_bytes", "Bytes of all tasks held.").Add({})),
      arrival_rate_(metrics_.Gauge("offramp_arrival_rate_tasks_per_second", "Measured.").Add({})),
      utilisation_(
          metrics_.Gauge("offramp_utilisation", "Arrival rate times service time.").Add({})),
      threshold_(metrics_.Gauge("offramp_confidence_threshold", "At which a task exits.").Add({})),
      accuracy_weight_(metrics_
                           .Gauge("offramp_accuracy_weight_seconds",
                                  "What accuracy 1 in place of 0 may cost in delay, now.")
                           .Add({})),
      shadows_(metrics_.Counter("offramp_shadow_tasks_total",
                                "Tasks that left here and ran on to compare, by result.")),
      agreement_(metrics_.Gauge("offramp_exit_agreement",
                                "Share of shadows where the last stage agreed with the exit.")),
      expected_agreement_(metrics_.Gauge("offramp_exit_agreement_expected",
                                         "The same as the exit profile expects it, at least.")),
      excess_wrong_(metrics_.Gauge("offramp_exit_excess_wrong",
                                   "Share of this exit's answers wrong beyond the profile; "
                                   "thresholds take it into account.")),
      stage_(std::to_string(stage)) {}

void NodeMetrics::OnTransfer(const std::string& receiver, double seconds) {
  wire_s_.Add({{"receiver", receiver}}, Metrics::SecondsBuckets()).Observe(seconds);
}

void NodeMetrics::OnBatch(std::int64_t rows, double compute_s) {
  compute_s_.Observe(compute_s);
  batch_rows_.Observe(static_cast<double>(rows));
}

void NodeMetrics::OnBatchFailed(std::int64_t rows, const Status& why) {
  failed_calls_.Add({{"reason", ReasonOf(why)}}).Increment();
  spdlog::warn("the engine failed on {} rows: {}", rows, why.ToString());
}

void NodeMetrics::OnParcelRun(const TaskFrame& task, std::size_t rows, double queue_s,
                              double compute_s) {
  queue_s_.Observe(queue_s);
  if (const std::string tag = TaskTag(task.request_id, task.trace_parent); !tag.empty()) {
    spdlog::info("{} stage={} rows={} queue_s={:.6f} compute_s={:.6f}", tag, stage_, rows, queue_s,
                 compute_s);
  }
}

void NodeMetrics::OnExit(std::int64_t rows) { exited_.Increment(static_cast<double>(rows)); }

void NodeMetrics::OnForwarded(std::int64_t rows) {
  forwarded_.Increment(static_cast<double>(rows));
}

void NodeMetrics::OnAnswerReturned(std::int64_t /*rows*/, double wait_s) {
  peer_wait_s_.Observe(wait_s);
}

void NodeMetrics::OnRefused(const TaskFrame& task, std::int64_t rows, const Status& why) {
  refused_.Add({{"reason", ReasonOf(why)}}).Increment(static_cast<double>(rows));
  if (const std::string tag = TaskTag(task.request_id, task.trace_parent); !tag.empty()) {
    spdlog::info("{} stage={} rows={} refused: {}", tag, stage_, rows, why.ToString());
  }
}

void NodeMetrics::OnDropped(std::int64_t rows, const Status& why) {
  dropped_.Add({{"reason", ReasonOf(why)}}).Increment(static_cast<double>(rows));
}

void NodeMetrics::FollowForwarder(const Forwarder& forwarder) {
  FollowTotal(resent_, static_cast<double>(forwarder.counters().resent_rows));
  FollowTotal(late_answers_, static_cast<double>(forwarder.counters().late_answers));
  for (int k = 0; k < forwarder.sender().size(); ++k) {
    const ReceiverState& receiver = forwarder.sender().receiver(k);
    const prometheus::Labels label = {{"receiver", receiver.spec.name}};
    FollowTotal(sent_.Add(label), static_cast<double>(forwarder.metrics(k).sent_rows));
    FollowTotal(lost_.Add(label), static_cast<double>(forwarder.metrics(k).lost_rows));
    share_.Add(label).Set(receiver.share);
  }
}

void NodeMetrics::FollowShadows(const ShadowCounters& shadows, const DriftMeter& drift) {
  const auto follow = [&](const char* result, std::uint64_t count) {
    FollowTotal(shadows_.Add({{"result", result}}), static_cast<double>(count));
  };
  follow("agreed", shadows.agreed);
  follow("disagreed", shadows.disagreed);
  follow("unanswered", shadows.unanswered);
  agreement_.Add({}).Set(drift.agreement());
  expected_agreement_.Add({}).Set(drift.expected_agreement());
  excess_wrong_.Add({}).Set(drift.excess_wrong());
}

std::string NodeMetrics::Text(NodeCore& core) {
  queued_.Set(static_cast<double>(core.queued_rows()));
  held_bytes_.Set(static_cast<double>(core.held_bytes()));
  arrival_rate_.Set(core.agents().arrival_rate_per_s());
  utilisation_.Set(core.agents().utilisation());
  threshold_.Set(core.agents().exit_rule().threshold());
  accuracy_weight_.Set(core.agents().accuracy_weight_s());
  if (core.forwarder() != nullptr) FollowForwarder(*core.forwarder());
  if (core.agents().drift() != nullptr) {
    FollowShadows(core.shadows().counters(), *core.agents().drift());
  }
  return metrics_.Text();
}

}  // namespace offramp
