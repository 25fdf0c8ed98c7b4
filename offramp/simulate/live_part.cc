#include "offramp/simulate/live_part.h"

#include <algorithm>

namespace offramp {

namespace {

constexpr double kTransferWeight = 0.1;  // of a new transfer time in the average
constexpr double kLongAgo_s = -1e9;

}  // namespace

LivePart::LivePart(const LiveAgentOptions& options, std::vector<ReceiverSpec> receivers,
                   std::shared_ptr<const ExitProfile> profile, const AgentShare* share)
    : sender_(options.policy, std::move(receivers), options.seed, options.rule),
      live_(options, std::move(profile), share),
      receivers_(static_cast<std::size_t>(sender_.size())),
      received_(static_cast<std::size_t>(options.offloaders)),
      last_arrival_s_(kLongAgo_s),
      last_report_s_(options.start_s) {}

bool LivePart::OnArrival(int offloader, std::span<const float> survived, double weight_s,
                         double now_s) {
  last_arrival_s_ = now_s;
  ++received_[static_cast<std::size_t>(offloader)];
  live_.OnRow(survived);
  return live_.OnArrival(offloader, 1, weight_s);
}

void LivePart::OnServed(double waited_s, double service_s) {
  live_.OnServed(service_s, 1);
  live_.OnWaited(waited_s);
}

void LivePart::OnSent(int receiver, double now_s) {
  live_.OnSent(receiver, 1);
  sender_.OnSent(receiver, now_s, live_.options().row_bytes, 1);
}

void LivePart::OnStageDone(int receiver, double sent_s, double transfer_s, double now_s) {
  double& mean_s = receivers_[static_cast<std::size_t>(receiver)].transfer_s;
  mean_s = mean_s < 0 ? transfer_s : mean_s + kTransferWeight * (transfer_s - mean_s);
  sender_.OnStageDone(receiver, now_s, sent_s, 1);
}

void LivePart::OnReport(int receiver, const Report& report, double now_s) {
  receivers_[static_cast<std::size_t>(receiver)].backlog_s = report.backlog_s;
  sender_.OnReport(receiver, now_s, report);
}

Report LivePart::MakeReport(int offloader, const SimNode& node, double now_s) const {
  Report report;
  report.service_s = live_.service_s();
  report.service_scv = live_.service_scv();
  report.arrival_rate_per_s = live_.arrival_rate_per_s();
  report.queued_tasks = static_cast<std::int64_t>(node.waiting) + (node.running ? 1 : 0);
  report.backlog_s = node.waiting * report.service_s;
  if (node.running) {
    report.backlog_s += std::max(node.started_s + report.service_s - now_s, 0.0);
  }
  report.received_tasks = received_[static_cast<std::size_t>(offloader)];
  report.finished_tasks = node.finished;
  return report;
}

bool LivePart::ReportsDue(bool held, double now_s) {
  const bool active = held || now_s - last_arrival_s_ < 5 * kActiveReport_s;
  if (!active && now_s - last_report_s_ < kIdleReport_s) return false;
  last_report_s_ = now_s;
  return true;
}

double LivePart::NextReport(bool held, double now_s) const {
  const bool active = held || now_s - last_arrival_s_ < 5 * kActiveReport_s;
  return now_s + (active ? kActiveReport_s : kReportCheck_s);
}

}  // namespace offramp
