#include "offramp/optimize/admission.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/optimize/rates.h"

namespace offramp {
namespace {

constexpr double kPeriod_s = 0.1;

// One stage as gateways see it: a queue that serves `mu` tasks/s, Poisson offers, rates smoothed
// over a second, overload as the receivers would say it.
class Stage {
 public:
  Stage(double mu, int gateways, std::uint64_t seed)
      : mu_(mu), control_(static_cast<std::size_t>(gateways)), random_(seed) {
    for (int g = 0; g < gateways; ++g) offers_.emplace_back();
    fraction_.assign(control_.size(), 1);
  }

  // A round at the given offered rates, tasks/s by gateway.
  void Round(const std::vector<double>& offered) {
    double arrived = 0;
    for (std::size_t g = 0; g < control_.size(); ++g) {
      for (double t = random_.Exponential(1 / offered[g]); t < kPeriod_s;
           t += random_.Exponential(1 / offered[g])) {
        offers_[g].Count();
        if (random_.Chance(fraction_[g])) {
          arrived += 1;
        } else {
          refused_ += 1;
        }
      }
    }
    arrivals_.Count(static_cast<std::int64_t>(arrived));
    const double rate = arrivals_.Round(kPeriod_s);
    const double done = std::min(queue_ + arrived, mu_ * kPeriod_s);
    queue_ += arrived - done;
    served_ += done;
    for (std::size_t g = 0; g < control_.size(); ++g) {
      const double excess = std::max(rate - 0.97 * mu_, 0.0);
      const AdmissionDecision decision =
          control_[g].Round({.period_s = kPeriod_s,
                             .overloaded = excess > 0,
                             .excess_share = rate > 0 ? excess / rate : 0,
                             .backlog_s = queue_ / mu_,
                             .service_s = 3 / mu_,
                             .utilization = rate / mu_,
                             .offered_rate_per_s = offers_[g].Round(kPeriod_s)});
      fraction_[g] = decision.admitted_fraction;
      EXPECT_GE(decision.admitted_fraction, 0);
      EXPECT_LE(decision.admitted_fraction, 1);
      EXPECT_EQ(decision.retry_after_s > 0, decision.admitted_fraction < 1);
    }
  }

  // Utilisation over `seconds` at the given offers.
  double Run(double seconds, const std::vector<double>& offered) {
    const double before = served_;
    worst_backlog_s_ = 0;
    const int rounds = static_cast<int>(std::lround(seconds / kPeriod_s));
    for (int r = 0; r < rounds; ++r) {
      Round(offered);
      worst_backlog_s_ = std::max(worst_backlog_s_, queue_ / mu_);
    }
    return (served_ - before) / (mu_ * seconds);
  }

  double refused() const { return refused_; }
  double worst_backlog_s() const { return worst_backlog_s_; }
  double fraction(std::size_t gateway) const { return fraction_[gateway]; }
  void SetSpeed(double mu) { mu_ = mu; }

 private:
  double mu_;
  std::vector<AdmissionControl> control_;
  std::vector<RateMeter> offers_;
  std::vector<double> fraction_;
  RateMeter arrivals_;
  Random random_;
  double queue_ = 0;
  double served_ = 0;
  double refused_ = 0;
  double worst_backlog_s_ = 0;
};

TEST(Admission, NeverRefusesWhileThereIsCapacity) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Stage stage(240, 4, seed);
    stage.Run(120, std::vector<double>(4, 0.9 * 240 / 4));
    EXPECT_EQ(stage.refused(), 0) << "seed " << seed;
    stage.Run(60, std::vector<double>(4, 0.4 * 240 / 4));
    EXPECT_EQ(stage.refused(), 0) << "seed " << seed;
  }
}

TEST(Admission, SettlesNearTheTargetWithBoundedQueues) {
  for (const double overload : {1.2, 1.5, 3.0, 8.0}) {
    Stage stage(240, 1, 7);
    stage.Run(10, {0.6 * 240});
    stage.Run(15, {overload * 240});
    EXPECT_LT(stage.worst_backlog_s(), 2.5 * overload) << overload;
    const double utilization = stage.Run(60, {overload * 240});
    EXPECT_GT(utilization, 0.9) << overload;
    EXPECT_LT(utilization, 0.985) << overload;
    EXPECT_LT(stage.worst_backlog_s(), 1.0) << overload;
  }
}

TEST(Admission, StopsRefusingSoonAfterTheSurge) {
  Stage stage(240, 1, 3);
  stage.Run(10, {120});
  stage.Run(20, {480});
  EXPECT_GT(stage.refused(), 0);
  stage.Run(2, {140});
  const double before = stage.refused();
  stage.Run(30, {140});
  EXPECT_EQ(stage.refused(), before);
}

TEST(Admission, FollowsAStageThatLosesHalfItsSpeedAndRegainsIt) {
  Stage stage(240, 2, 4);
  stage.Run(10, {90, 90});
  EXPECT_EQ(stage.refused(), 0);
  stage.SetSpeed(120);
  stage.Run(15, {90, 90});
  const double slow = stage.Run(30, {90, 90});
  EXPECT_GT(slow, 0.9);
  EXPECT_LT(stage.worst_backlog_s(), 1.5);
  stage.SetSpeed(240);
  stage.Run(10, {90, 90});
  const double before = stage.refused();
  stage.Run(30, {90, 90});
  EXPECT_EQ(stage.refused(), before);
}

TEST(Admission, GatewaysRefuseAlike) {
  Stage stage(240, 3, 5);
  stage.Run(10, {40, 40, 40});
  stage.Run(60, {100, 200, 300});
  EXPECT_NEAR(stage.fraction(0), stage.fraction(2), 0.15);
  EXPECT_NEAR(stage.fraction(0), 0.95 * 240 / 600, 0.12);
}

TEST(Admission, OverloadFurtherDownCountsWithoutAQueueInSight) {
  // Stages without exits: the first queue is short, the excess comes from behind it.
  AdmissionControl control;
  AdmissionInput input{.period_s = kPeriod_s,
                       .overloaded = true,
                       .excess_share = 0.4,
                       .backlog_s = 0,
                       .service_s = 0.01,
                       .utilization = 0.5,
                       .offered_rate_per_s = 100};
  for (int r = 0; r < 40; ++r) EXPECT_EQ(control.Round(input).admitted_fraction, 1) << r;
  AdmissionDecision decision;
  for (int r = 0; r < 20; ++r) decision = control.Round(input);
  EXPECT_TRUE(control.engaged());
  EXPECT_LT(decision.admitted_fraction, 0.7);
  EXPECT_GE(decision.retry_after_s, 1);
}

TEST(Admission, SilenceOfClientsIsHarmless) {
  AdmissionControl control;
  AdmissionInput input{.period_s = kPeriod_s,
                       .overloaded = true,
                       .backlog_s = 5,
                       .utilization = 2,
                       .offered_rate_per_s = 0};
  for (int r = 0; r < 100; ++r) {
    EXPECT_EQ(control.Round(input).admitted_fraction, 1);
  }
}

}  // namespace
}  // namespace offramp
