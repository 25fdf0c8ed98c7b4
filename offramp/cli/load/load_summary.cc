#include "offramp/cli/load/load_summary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "offramp/base/check.h"

namespace offramp {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 17> kGrpcCodes = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

const char* OutcomeName(LoadOutcome outcome) {
  switch (outcome) {
    case LoadOutcome::kPending:
      return "pending";
    case LoadOutcome::kAnswered:
      return "answered";
    case LoadOutcome::kRefused:
      return "refused";
    case LoadOutcome::kFailed:
      return "failed";
  }
  return "";
}

// Microseconds are plenty, and half the text.
double Rounded(double seconds) { return std::round(seconds * 1e6) / 1e6; }

}  // namespace

double Percentile(std::span<const double> sorted, double percent) {
  OFFRAMP_CHECK(!sorted.empty() && percent >= 0 && percent <= 100, "no such percentile");
  const double rank = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

DelayFigures DelayFiguresOf(std::vector<double> delays_s) {
  if (delays_s.empty()) return {};
  std::sort(delays_s.begin(), delays_s.end());
  DelayFigures figures;
  figures.mean_s =
      std::accumulate(delays_s.begin(), delays_s.end(), 0.0) / static_cast<double>(delays_s.size());
  figures.p50_s = Percentile(delays_s, 50);
  figures.p90_s = Percentile(delays_s, 90);
  figures.p95_s = Percentile(delays_s, 95);
  figures.p99_s = Percentile(delays_s, 99);
  figures.max_s = delays_s.back();
  return figures;
}

LoadSummary Summarise(std::span<const LoadRecord> records) {
  return Summarise(records, -std::numeric_limits<double>::infinity(),
                   std::numeric_limits<double>::infinity());
}

LoadSummary Summarise(std::span<const LoadRecord> records, double from_s, double to_s) {
  LoadSummary summary;
  std::vector<double> delays_s;
  std::int64_t labelled = 0;
  std::int64_t correct = 0;
  std::int64_t exits = 0;
  std::map<int, std::int64_t> exits_at;
  for (const LoadRecord& record : records) {
    if (record.due_s < from_s || record.due_s >= to_s) continue;
    ++summary.requests;
    if (record.outcome != LoadOutcome::kPending) {
      summary.max_send_lag_s = std::max(summary.max_send_lag_s, record.sent_s - record.due_s);
    }
    switch (record.outcome) {
      case LoadOutcome::kPending:
        ++summary.pending;
        continue;
      case LoadOutcome::kRefused:
        ++summary.refused;
        break;
      case LoadOutcome::kFailed:
        ++summary.failed;
        break;
      case LoadOutcome::kAnswered:
        ++summary.answered;
        summary.rows_answered += record.rows;
        delays_s.push_back(record.delay_s);
        if (record.correct >= 0) {
          labelled += record.rows;
          correct += record.correct;
        }
        for (const std::uint8_t stage : record.exit_stages) ++exits_at[stage];
        exits += static_cast<std::int64_t>(record.exit_stages.size());
        continue;
    }
    ++summary.errors[GrpcCodeName(record.code)];
  }
  summary.delay = DelayFiguresOf(std::move(delays_s));
  if (labelled > 0) {
    summary.accuracy = static_cast<double>(correct) / static_cast<double>(labelled);
  }
  for (const auto& [stage, count] : exits_at) {
    summary.exit_share[stage] = static_cast<double>(count) / static_cast<double>(exits);
  }
  return summary;
}

std::string GrpcCodeName(int code) {
  const auto index = static_cast<std::size_t>(code);
  return index < kGrpcCodes.size() ? kGrpcCodes[index] : "CODE_" + std::to_string(code);
}

Json ToJson(const LoadSummary& summary, double span_s) {
  Json json;
  json["requests"] = summary.requests;
  json["answered"] = summary.answered;
  json["refused"] = summary.refused;
  json["failed"] = summary.failed;
  if (summary.pending > 0) json["pending"] = summary.pending;
  json["rows_answered"] = summary.rows_answered;
  if (span_s > 0) {
    json["seconds"] = Rounded(span_s);
    json["offered_requests_per_s"] = static_cast<double>(summary.requests) / span_s;
    json["answered_rows_per_s"] = static_cast<double>(summary.rows_answered) / span_s;
  }
  const DelayFigures& delay = summary.delay;
  json["delay_s"] = {{"mean", Rounded(delay.mean_s)}, {"p50", Rounded(delay.p50_s)},
                     {"p90", Rounded(delay.p90_s)},   {"p95", Rounded(delay.p95_s)},
                     {"p99", Rounded(delay.p99_s)},   {"max", Rounded(delay.max_s)}};
  json["accuracy"] = summary.accuracy ? Json(*summary.accuracy) : Json(nullptr);
  json["exit_share"] = Json::object();
  for (const auto& [stage, share] : summary.exit_share) {
    json["exit_share"][std::to_string(stage)] = share;
  }
  json["errors"] = Json::object();
  for (const auto& [code, count] : summary.errors) json["errors"][code] = count;
  json["max_send_lag_s"] = Rounded(summary.max_send_lag_s);
  return json;
}

Json RecordsToJson(std::span<const LoadRecord> records) {
  Json due = Json::array();
  Json delay = Json::array();
  Json target = Json::array();
  Json sample = Json::array();
  Json outcome = Json::array();
  Json code = Json::array();
  Json correct = Json::array();
  Json exit_stage = Json::array();
  for (const LoadRecord& record : records) {
    due.push_back(Rounded(record.due_s));
    delay.push_back(Rounded(record.delay_s));
    target.push_back(record.target);
    sample.push_back(record.sample);
    outcome.push_back(OutcomeName(record.outcome));
    code.push_back(GrpcCodeName(record.code));
    correct.push_back(record.correct);
    exit_stage.push_back(record.exit_stages);
  }
  return {{"due_s", due},
          {"delay_s", delay},
          {"target", target},
          {"sample", sample},
          {"outcome", outcome},
          {"code", code},
          {"correct_rows", correct},
          {"exit_stages", exit_stage}};
}

}  // namespace offramp
