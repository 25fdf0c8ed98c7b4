#include "offramp/optimize/threshold_step.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace offramp {
namespace {

constexpr double kLargestMove = 0.3;  // of lambda, a step
constexpr float kAboveEverything = 1.01F;
constexpr double kTinyRate = 1e-9;  // keeps an idle node's threshold moving

}  // namespace

ThresholdStep::Sorted ThresholdStep::Sort(const ExitProfile& profile, int stage) {
  Sorted sorted;
  sorted.order.resize(profile.rows());
  const std::span<const float> confidence = profile.confidence(stage);
  const std::span<const float> correct = profile.correct(stage);
  const std::size_t rows = sorted.order.size();
  std::iota(sorted.order.begin(), sorted.order.end(), 0);
  std::stable_sort(sorted.order.begin(), sorted.order.end(), [&](int a, int b) {
    return confidence[static_cast<std::size_t>(a)] < confidence[static_cast<std::size_t>(b)];
  });
  for (const int row : sorted.order) {
    sorted.confidence.push_back(confidence[static_cast<std::size_t>(row)]);
    sorted.correct.push_back(correct[static_cast<std::size_t>(row)]);
  }
  sorted.cut.push_back(0);
  sorted.cut_value.push_back(0.0F);
  for (std::size_t t = 1; t < rows; ++t) {
    const float below = sorted.confidence[t - 1];
    const float above = sorted.confidence[t];
    if (!(below < above)) continue;
    const float middle = 0.5F * (below + above);
    sorted.cut.push_back(t);
    sorted.cut_value.push_back(middle > below ? middle : above);
  }
  sorted.cut.push_back(rows);
  sorted.cut_value.push_back(kAboveEverything);
  return sorted;
}

ThresholdStep::ThresholdStep(const ExitProfile& profile, int stage)
    : profile_(std::make_shared<Sorted>(Sort(profile, stage))),
      gain_(std::make_shared<SortedGain>()) {}

void ThresholdStep::Prepare(std::span<const float> mix,
                            const std::vector<float>& cost_of_going_on_s,
                            double accuracy_weight_s) {
  const auto a = static_cast<float>(accuracy_weight_s);
  const Sorted& sorted = *profile_;
  gain_->weight.resize(sorted.order.size());
  gain_->gain_s.resize(sorted.order.size());
  float* const weight = gain_->weight.data();
  float* const gain = gain_->gain_s.data();
  total_weight_ = 0;
  for (std::size_t t = 0; t < sorted.order.size(); ++t) {
    const auto row = static_cast<std::size_t>(sorted.order[t]);
    weight[t] = mix[row];
    gain[t] = -a * sorted.correct[t] - cost_of_going_on_s[row];
    total_weight_ += static_cast<double>(mix[row]);
  }
}

double ThresholdStep::BestThreshold(const OutflowModel& model, double arrival_rate_per_s,
                                    double current) const {
  const Sorted& sorted = *profile_;
  const SortedGain& worth = *gain_;
  const double lambda = std::max(arrival_rate_per_s, kTinyRate);
  const double rate = lambda / total_weight_;
  const double reach = kLargestMove * lambda + 1e-3 * lambda;
  // The cuts beside the present one: always in reach, however many rows lie between them.
  const auto here = std::lower_bound(sorted.cut_value.begin(), sorted.cut_value.end(),
                                     static_cast<float>(current)) -
                    sorted.cut_value.begin();

  double gain = 0;
  double flow = 0;
  double best = -std::numeric_limits<double>::infinity();
  double threshold = current;
  std::size_t rank = 0;
  for (std::size_t i = 0; i < sorted.cut.size(); ++i) {
    for (; rank < sorted.cut[i]; ++rank) {
      const double row_rate = rate * static_cast<double>(worth.weight[rank]);
      gain += row_rate * (static_cast<double>(worth.gain_s[rank]) - model.extra_price_s);
      flow += row_rate;
    }
    const double d = flow - model.outflow_per_s;
    if (d >= model.headroom) break;  // beyond the pole, and so are all later cuts
    const bool beside = std::abs(static_cast<std::ptrdiff_t>(i) - here) <= 1;
    if (!model.any_distance && !beside && std::abs(d) > reach) continue;
    double cost = 0.5 * model.curvature * d * d;
    if (d > 0) cost /= std::max(1 - d / model.headroom, 1e-3);
    if (gain - cost > best) {
      best = gain - cost;
      threshold = static_cast<double>(sorted.cut_value[i]);
    }
  }
  return threshold;
}

GainCurve ThresholdStep::Curve() const {
  struct Pool {
    double gain = 0;  // mean
    int bins = 0;
  };
  GainCurve curve;
  std::vector<Pool> pools;
  const double bin_weight = total_weight_ / kBins;
  double seen = 0;
  std::size_t t = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    double weight = 0;
    double gain = 0;
    double confidence = 0;
    // The last bin takes what rounding left over.
    for (; t < profile_->order.size() && (bin + 1 == kBins || seen < (bin + 1) * bin_weight); ++t) {
      const double w = static_cast<double>(gain_->weight[t]);
      seen += w;
      weight += w;
      gain += w * static_cast<double>(gain_->gain_s[t]);
      confidence += w * static_cast<double>(profile_->confidence[t]);
    }
    if (!(weight > 0)) continue;
    curve.confidence.push_back(confidence / weight);
    pools.push_back({.gain = gain / weight, .bins = 1});
    while (pools.size() > 1 && pools[pools.size() - 2].gain < pools.back().gain) {
      const Pool last = pools.back();
      pools.pop_back();
      Pool& into = pools.back();
      into.gain = (into.gain * into.bins + last.gain * last.bins) / (into.bins + last.bins);
      into.bins += last.bins;
    }
  }
  for (const Pool& pool : pools) {
    curve.gain_s.insert(curve.gain_s.end(), static_cast<std::size_t>(pool.bins), pool.gain);
  }
  return curve;
}

}  // namespace offramp
