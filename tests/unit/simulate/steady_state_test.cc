#include "offramp/simulate/steady_state.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"

namespace offramp {
namespace {

// x_t = rho x_{t-1} + noise around 1: neighbours depend on each other like waiting tasks.
std::vector<float> Dependent(int count, double rho, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values;
  double x = 0;
  for (int i = 0; i < count; ++i) {
    x = rho * x + 0.1 * (random.Uniform() - 0.5);
    values.push_back(static_cast<float>(1 + x));
  }
  return values;
}

TEST(SteadyStateTest, TheIntervalCoversTheMeanAsOftenAsItSays) {
  int covered = 0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    const std::vector<float> values = Dependent(6000, 0.95, static_cast<std::uint64_t>(run));
    double sum = 0;
    for (const float value : values) sum += static_cast<double>(value);
    const double mean = sum / static_cast<double>(values.size());
    covered += std::abs(mean - 1) <= JudgeDelays(values).half_width_s ? 1 : 0;
  }
  EXPECT_GE(covered, kRuns * 92 / 100);
  EXPECT_LE(covered, kRuns * 98 / 100);
}

TEST(SteadyStateTest, AQuietRunGivesNoWarning) {
  int warned = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    warned += JudgeDelays(Dependent(6000, 0.9, seed)).warnings.empty() ? 0 : 1;
  }
  EXPECT_LE(warned, 1);
}

TEST(SteadyStateTest, GrowthAndDecayAreTold) {
  std::vector<float> growing = Dependent(6000, 0.9, 1);
  std::vector<float> falling = growing;
  for (std::size_t i = 0; i < growing.size(); ++i) {
    growing[i] += 3e-4F * static_cast<float>(i);
    falling[i] += 2 * std::exp(-static_cast<float>(i) / 1500);
  }
  EXPECT_NE(JudgeDelays(growing).warnings.at(0).find("unstable"), std::string::npos);
  EXPECT_NE(JudgeDelays(falling).warnings.at(0).find("warm-up"), std::string::npos);
}

TEST(SteadyStateTest, FewTasksAreTold) {
  EXPECT_EQ(JudgeDelays({}).half_width_s, 0);
  const SteadyState state = JudgeDelays(Dependent(50, 0, 1));
  EXPECT_NE(state.warnings.at(0).find("too few"), std::string::npos);
  EXPECT_GT(state.half_width_s, 0);
}

}  // namespace
}  // namespace offramp
