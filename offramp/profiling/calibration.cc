#include "offramp/profiling/calibration.h"

#include <algorithm>
#include <cmath>

#include <boost/math/tools/minima.hpp>

#include "offramp/base/text.h"
#include "offramp/model/confidence.h"

namespace offramp {

namespace {

constexpr double kMostLogInverse = 4;
constexpr int kBits = 20;  // of precision

// -log softmax(row / temperature)_label; NaN where the row is not finite.
double NegativeLogLikelihood(std::span<const float> row, std::int32_t label, double inverse) {
  double top = -HUGE_VAL;
  for (const float logit : row) {
    if (!std::isfinite(logit)) return std::nan("");
    top = std::max(top, static_cast<double>(logit));
  }
  double sum = 0;
  for (const float logit : row) sum += std::exp((static_cast<double>(logit) - top) * inverse);
  const double mine = static_cast<double>(row[static_cast<std::size_t>(label)]);
  return std::log(sum) - (mine - top) * inverse;
}

}  // namespace

Status AppendLogits(const Tensor& logits, LogitRows& rows) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::vector<float> values, FloatsOf(logits));
  const auto size = static_cast<std::int64_t>(values.size());
  const std::int64_t classes = logits.rows() < 1 ? 0 : size / logits.rows();
  if (classes < 2) {
    return InvalidArgumentError(
        Format("\"%s\" answers %lld numbers a row, expected the logits of "
               "at least two classes",
               logits.name.c_str(), static_cast<long long>(classes)));
  }
  if (rows.classes == 0) rows.classes = classes;
  if (rows.classes != classes) {
    return InvalidArgumentError(Format("\"%s\" answers %lld classes, and %lld before",
                                       logits.name.c_str(), static_cast<long long>(classes),
                                       static_cast<long long>(rows.classes)));
  }
  rows.values.insert(rows.values.end(), values.begin(), values.end());
  return OkStatus();
}

LogitRows SliceLogits(const LogitRows& rows, std::int64_t first, std::int64_t count) {
  const auto begin = rows.values.begin() + first * rows.classes;
  return {.classes = rows.classes, .values = {begin, begin + count * rows.classes}};
}

std::vector<std::int32_t> ArgMax(const LogitRows& rows) {
  std::vector<std::int32_t> best;
  best.reserve(static_cast<std::size_t>(rows.rows()));
  for (std::int64_t i = 0; i < rows.rows(); ++i) {
    const std::span<const float> row = rows.row(i);
    const bool sound = std::none_of(row.begin(), row.end(), [](float x) { return std::isnan(x); });
    const auto top = sound ? std::max_element(row.begin(), row.end()) : row.begin();
    best.push_back(static_cast<std::int32_t>(top - row.begin()));
  }
  return best;
}

double MeanNegativeLogLikelihood(const LogitRows& logits, std::span<const std::int32_t> labels,
                                 double temperature) {
  double sum = 0;
  std::int64_t counted = 0;
  for (std::int64_t i = 0; i < logits.rows(); ++i) {
    const double loss =
        NegativeLogLikelihood(logits.row(i), labels[static_cast<std::size_t>(i)], 1 / temperature);
    if (std::isnan(loss)) continue;
    sum += loss;
    ++counted;
  }
  return counted == 0 ? 0 : sum / static_cast<double>(counted);
}

double FitTemperature(const LogitRows& logits, std::span<const std::int32_t> labels) {
  if (logits.rows() == 0) return 1;
  const auto loss = [&](double log_inverse) {
    return MeanNegativeLogLikelihood(logits, labels, std::exp(-log_inverse));
  };
  const auto [log_inverse, least] =
      boost::math::tools::brent_find_minima(loss, -kMostLogInverse, kMostLogInverse, kBits);
  return std::exp(-log_inverse);
}

ReliabilityCurve MeasureReliability(std::span<const float> confidence,
                                    std::span<const float> correct, int bins) {
  ReliabilityCurve found;
  found.bins.resize(static_cast<std::size_t>(bins));
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    const double at = std::ceil(static_cast<double>(confidence[i]) * bins);
    ReliabilityBin& bin = found.bins[static_cast<std::size_t>(std::clamp<double>(at, 1, bins)) - 1];
    ++bin.rows;
    bin.confidence += static_cast<double>(confidence[i]);
    bin.accuracy += static_cast<double>(correct[i]);
  }
  for (ReliabilityBin& bin : found.bins) {
    if (bin.rows == 0) continue;
    const auto rows = static_cast<double>(bin.rows);
    bin.confidence /= rows;
    bin.accuracy /= rows;
    found.error +=
        rows / static_cast<double>(confidence.size()) * std::abs(bin.confidence - bin.accuracy);
  }
  return found;
}

}  // namespace offramp
