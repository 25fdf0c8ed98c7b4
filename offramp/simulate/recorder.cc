#include "offramp/simulate/recorder.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "offramp/simulate/steady_state.h"

namespace offramp {

namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

// The least value that at least `share` of the sorted ones do not exceed.
double Quantile(const std::vector<float>& sorted, double share) {
  if (sorted.empty()) return 0;
  const double rank = std::ceil(share * static_cast<double>(sorted.size())) - 1;
  const auto index = static_cast<std::size_t>(std::max(rank, 0.0));
  return static_cast<double>(sorted[std::min(index, sorted.size() - 1)]);
}

}  // namespace

Recorder::Bin& Recorder::BinOf(double arrival_s) {
  const double first_s = std::floor(warmup_s_);
  const auto index = static_cast<std::size_t>(std::max(std::floor(arrival_s) - first_s, 0.0));
  if (index >= bins_.size()) bins_.resize(index + 1);
  return bins_[index];
}

void Recorder::OnThreshold(double arrival_s, double threshold) {
  Bin& bin = BinOf(arrival_s);
  bin.threshold += std::min(threshold, 1.0);
  ++bin.decisions;
}

void Recorder::OnAnswered(std::int64_t place, double arrival_s, double delay_s, int stage,
                          double correct) {
  delay_s_[static_cast<std::size_t>(place)] = static_cast<float>(delay_s);
  ++left_[static_cast<std::size_t>(stage)];
  ++finished_;
  delay_sum_s_ += delay_s;
  correct_sum_ += correct;
  Bin& bin = BinOf(arrival_s);
  bin.delay_s += delay_s;
  bin.correct += correct;
  ++bin.answered;
}

std::vector<float> Recorder::AnsweredDelays() const {
  std::vector<float> answered;
  answered.reserve(static_cast<std::size_t>(finished_));
  for (const float delay : delay_s_) {
    if (delay >= 0) answered.push_back(delay);
  }
  return answered;
}

void Recorder::Fill(SimulationResult& result) const {
  result.generated = generated();
  result.finished = finished_;
  result.refused = refused_;
  result.lost = lost_;
  result.resent = resent_;
  const auto count = static_cast<double>(std::max<std::int64_t>(finished_, 1));
  result.mean_delay_s = delay_sum_s_ / count;
  result.accuracy = correct_sum_ / count;
  for (std::size_t stage = 1; stage < left_.size(); ++stage) {
    result.exit_share[static_cast<int>(stage)] = static_cast<double>(left_[stage]) / count;
  }

  std::vector<float> delays = AnsweredDelays();
  const SteadyState steady = JudgeDelays(delays);
  result.mean_ci95_s[0] = result.mean_delay_s - steady.half_width_s;
  result.mean_ci95_s[1] = result.mean_delay_s + steady.half_width_s;
  result.warnings = steady.warnings;
  std::sort(delays.begin(), delays.end());
  result.p50_s = Quantile(delays, 0.50);
  result.p95_s = Quantile(delays, 0.95);
  result.p99_s = Quantile(delays, 0.99);
  if (!delays.empty()) {
    for (int percent = 0; percent <= 100; ++percent) {
      result.delay_quantile_s.push_back(Quantile(delays, percent / 100.0));
    }
  }

  SimulationSeries& series = result.series;
  for (std::size_t i = 0; i < bins_.size(); ++i) {
    const Bin& bin = bins_[i];
    const auto answered = static_cast<double>(bin.answered);
    series.t_s.push_back(std::floor(warmup_s_) + static_cast<double>(i));
    series.delay_s.push_back(bin.answered > 0 ? bin.delay_s / answered : kNothing);
    series.accuracy.push_back(bin.answered > 0 ? bin.correct / answered : kNothing);
    series.threshold.push_back(
        bin.decisions > 0 ? bin.threshold / static_cast<double>(bin.decisions) : kNothing);
  }
}

}  // namespace offramp
