// While nothing happens: delay against the strongest baselines at equal accuracy. The shipped
// profile in two halves: agents know one, tasks follow the other, so nobody is judged on the rows
// that set the thresholds. A baseline's delay is read at our accuracy off its own curve over
// thresholds, on the same arrivals. Prints the ratios.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/files/profile_file.h"
#include "tests/sim/demo_fleet.h"
#include "tests/sim/live_sim.h"

namespace offramp {
namespace {

constexpr double kLength_s = 60;

std::shared_ptr<const ExitProfile> HalfOfShipped(std::size_t odd) {
  static const auto shipped =
      ReadExitProfile("models/fashion-mnist/exits.csv", {true, true, true, true}).value();
  std::vector<std::vector<float>> confidence(4);
  std::vector<std::vector<float>> correct(4);
  for (int h = 1; h <= 4; ++h) {
    const auto index = static_cast<std::size_t>(h) - 1;
    for (std::size_t r = odd; r < shipped->rows(); r += 2) {
      if (h < 4) confidence[index].push_back(shipped->confidence(h)[r]);
      correct[index].push_back(shipped->correct(h)[r]);
    }
  }
  return std::make_shared<const ExitProfile>(confidence, correct);
}

// Two to four replicas a stage, up to eight times unequal, of about F2's speed together.
std::vector<std::vector<double>> RandomFleet(std::uint64_t seed) {
  Random random(seed);
  std::vector<std::vector<double>> fleet;
  for (const double total : {240.0, 96.0, 76.0, 60.0}) {
    std::vector<double> stage(2 + random.Below(3));
    double sum = 0;
    for (double& speed : stage) sum += speed = std::pow(8.0, random.Uniform());
    for (double& speed : stage) speed *= total / sum;
    fleet.push_back(std::move(stage));
  }
  return fleet;
}

struct Point {
  double delay_s;
  double accuracy;
};

Point Measure(const SimOptions& options) {
  const SimResult result = Simulate(options);
  return {result.MeanDelay(kWarm_s, kLength_s), result.Accuracy(kWarm_s, kLength_s)};
}

// Off the points that no other beats in both, linear between them.
double DelayAt(std::vector<Point> curve, double accuracy) {
  std::sort(curve.begin(), curve.end(),
            [](const Point& a, const Point& b) { return a.accuracy < b.accuracy; });
  std::vector<Point> best;
  for (const Point& point : curve) {
    while (!best.empty() && best.back().delay_s >= point.delay_s) best.pop_back();
    best.push_back(point);
  }
  if (accuracy <= best.front().accuracy) return best.front().delay_s;
  for (std::size_t i = 1; i < best.size(); ++i) {
    if (accuracy > best[i].accuracy) continue;
    const double part =
        (accuracy - best[i - 1].accuracy) / (best[i].accuracy - best[i - 1].accuracy);
    return best[i - 1].delay_s + part * (best[i].delay_s - best[i - 1].delay_s);
  }
  return std::numeric_limits<double>::infinity();  // it cannot be so accurate
}

std::vector<Point> Curve(SimOptions options, Policy policy) {
  options.policy = policy;
  options.agents = false;
  std::vector<Point> curve;
  const std::vector<std::vector<double>> settings = {
      {.5, .5, .5},  {.65, .7, .65},  {.7, .8, .7},  {.8, .8, .8},    {.85, .8, .8},
      {.9, .85, .8}, {.93, .88, .85}, {.95, .9, .9}, {.98, .95, .93}, {1.1, 1.1, 1.1}};
  for (const std::vector<double>& thresholds : settings) {
    options.thresholds = thresholds;
    curve.push_back(Measure(options));
  }
  return curve;
}

class QuietTimes : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Gateways, QuietTimes, testing::Values(1, 4));

TEST_P(QuietTimes, NotAboveTheStrongestBaselinesAtEqualAccuracy) {
  double log_sum[2] = {0, 0};
  int count = 0;
  for (const auto& fleet : {FleetF2(), RandomFleet(1)}) {
    for (const double rate : {40.0, 120.0}) {
      SimOptions options = DemoFleet(Policy::kDtoEe, GetParam());
      options.capacity_per_s = fleet;
      options.rate_per_s = rate;
      options.duration_s = kLength_s;
      options.profile = HalfOfShipped(0);
      options.agent_profile = HalfOfShipped(1);
      options.agents = true;
      const std::vector<Point> curves[2] = {Curve(options, Policy::kPeakEwma),
                                            Curve(options, Policy::kWeightedLeastOutstanding)};
      for (const double weight_s : {0.5, 1.5}) {
        options.objective.accuracy_weight_s = weight_s;
        const Point ours = Measure(options);
        for (int i = 0; i < 2; ++i) {
          const double theirs_s = DelayAt(curves[i], ours.accuracy);
          if (std::isfinite(theirs_s)) log_sum[i] += std::log(ours.delay_s / theirs_s);
        }
        ++count;
      }
    }
  }
  const double peak_ewma = std::exp(log_sum[0] / count);
  const double weighted = std::exp(log_sum[1] / count);
  std::printf("%d gateway(s): delay is %.3f of peak-ewma's, %.3f of weighted-least-outstanding's\n",
              GetParam(), peak_ewma, weighted);
  EXPECT_LT(peak_ewma, 1.0);
  EXPECT_LT(weighted, 1.0);
}

}  // namespace
}  // namespace offramp
