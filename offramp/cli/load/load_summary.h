// Figures of a load, or of a part of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "offramp/cli/load/load_record.h"

namespace offramp {

// The value below which `percent` % of the values lie: linear between the two nearest ranks, as
// numpy.percentile. REQUIRES: `sorted` is ascending and not empty, percent within [0, 100].
double Percentile(std::span<const double> sorted, double percent);

struct DelayFigures {
  double mean_s = 0;
  double p50_s = 0;
  double p90_s = 0;
  double p95_s = 0;
  double p99_s = 0;
  double max_s = 0;
};

// All zero for no values.
DelayFigures DelayFiguresOf(std::vector<double> delays_s);

struct LoadSummary {
  std::int64_t requests = 0;
  std::int64_t answered = 0;
  std::int64_t refused = 0;
  std::int64_t failed = 0;
  std::int64_t pending = 0;  // cut short
  std::int64_t rows_answered = 0;
  DelayFigures delay;                          // of answered requests
  std::optional<double> accuracy;              // of answered rows with labels
  std::map<int, double> exit_share;            // by stage, of answered rows; sums to 1
  std::map<std::string, std::int64_t> errors;  // gRPC code name -> requests
  double max_send_lag_s = 0;                   // how late the generator itself was at worst
};

// Of the requests due in [from_s, to_s).
LoadSummary Summarise(std::span<const LoadRecord> records, double from_s, double to_s);
LoadSummary Summarise(std::span<const LoadRecord> records);

// "UNAVAILABLE" of a gRPC status code's number.
std::string GrpcCodeName(int code);

// Keys as docs/bench.md lists them. `span_s` > 0 adds rates.
nlohmann::ordered_json ToJson(const LoadSummary& summary, double span_s);

// One array a column, index = request: compact, and a data frame in one line.
nlohmann::ordered_json RecordsToJson(std::span<const LoadRecord> records);

}  // namespace offramp
