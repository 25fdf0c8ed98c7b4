#include "offramp/simulate/steady_state.h"

#include <cmath>
#include <cstddef>

#include "offramp/base/text.h"

namespace offramp {

namespace {

constexpr std::size_t kManyBatches = 30;
constexpr std::size_t kFewBatches = 10;
constexpr double kStudentMany = 2.0452;  // 97.5 % of Student's t, 29 degrees of freedom
constexpr double kStudentFew = 2.2622;   // 9
constexpr std::size_t kLeastBatch = 10;  // tasks
constexpr double kDependent = 0.25;  // lag-1 correlation from which fewer, longer batches are used
constexpr double kVeryDependent = 0.55;
constexpr double kTrend = 3.5;  // standard deviations of Mann's statistic
constexpr double kWide = 0.1;   // half width / mean

std::vector<double> BatchMeans(std::span<const float> values, std::size_t batches) {
  std::vector<double> means;
  for (std::size_t b = 0; b < batches; ++b) {
    const std::size_t begin = values.size() * b / batches;
    const std::size_t end = values.size() * (b + 1) / batches;
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += static_cast<double>(values[i]);
    means.push_back(sum / static_cast<double>(end - begin));
  }
  return means;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double Variance(const std::vector<double>& values) {
  const double mean = Mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(values.size() - 1);
}

double LagOneCorrelation(const std::vector<double>& values) {
  const double mean = Mean(values);
  double products = 0;
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += (values[i] - mean) * (values[i] - mean);
    if (i > 0) products += (values[i] - mean) * (values[i - 1] - mean);
  }
  return squares > 0 ? products / squares : 0;
}

// Mann's statistic in its standard deviations: > 0 where later values are larger.
double Trend(const std::vector<double>& values) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      sum += values[i] > values[j] ? 1 : values[i] < values[j] ? -1 : 0;
    }
  }
  const auto n = static_cast<double>(values.size());
  return sum / std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

double HalfWidth(const std::vector<double>& means, double student) {
  return student * std::sqrt(Variance(means) / static_cast<double>(means.size()));
}

}  // namespace

SteadyState JudgeDelays(std::span<const float> delay_s) {
  SteadyState state;
  const std::size_t count = delay_s.size();
  if (count < kManyBatches * kLeastBatch) {
    state.warnings.push_back(
        Format("%zu tasks are too few to judge a steady state by: at least %zu", count,
               kManyBatches * kLeastBatch));
    if (count < 2) return state;
    const std::vector<double> each(delay_s.begin(), delay_s.end());
    state.half_width_s = HalfWidth(each, kStudentFew);
    return state;
  }
  const std::vector<double> means = BatchMeans(delay_s, kManyBatches);
  const double mean = Mean(means);
  const double correlation = LagOneCorrelation(means);
  state.half_width_s = correlation > kDependent
                           ? HalfWidth(BatchMeans(delay_s, kFewBatches), kStudentFew)
                           : HalfWidth(means, kStudentMany);
  const double trend = Trend(means);
  if (trend > kTrend) {
    state.warnings.push_back(
        "delays grow until the end: the system is unstable or the run too short");
  } else if (trend < -kTrend) {
    state.warnings.push_back("delays fall until the end: the warm-up is too short");
  } else if (correlation > kVeryDependent) {
    state.warnings.push_back(
        "a batch of tasks depends on the one before: the run is too short for its interval");
  }
  if (state.half_width_s > kWide * mean) {
    state.warnings.push_back(Format(
        "the interval on the mean delay is +-%.0f %% wide: simulate longer for more certainty",
        100 * state.half_width_s / mean));
  }
  return state;
}

}  // namespace offramp
