// The defining behaviour of each policy but dto-ee, on numbers worked out by hand.
#include <vector>

#include <gtest/gtest.h>

#include "offramp/core/sender.h"

namespace offramp {
namespace {

constexpr std::uint64_t kSeed = 20240607;

std::vector<ReceiverSpec> Capacities(const std::vector<double>& capacities) {
  std::vector<ReceiverSpec> specs;
  for (const double capacity : capacities) {
    specs.push_back({.name = "r", .capacity_tasks_per_s = capacity});
  }
  return specs;
}

Sender Ready(Policy policy, std::vector<ReceiverSpec> specs, std::uint64_t seed = kSeed) {
  Sender sender(policy, std::move(specs), seed);
  for (int k = 0; k < sender.size(); ++k) sender.SetAvailable(k, true, 0);
  return sender;
}

int Choose(Sender& sender, double now_s = 0) { return sender.Choose(now_s, 1000, {}); }

// Shares of `draws` choices, nothing sent in between.
std::vector<double> Shares(Sender& sender, int draws) {
  std::vector<double> shares(static_cast<std::size_t>(sender.size()));
  for (int i = 0; i < draws; ++i) shares[static_cast<std::size_t>(Choose(sender))] += 1.0 / draws;
  return shares;
}

TEST(RoundRobinTest, TakesEachInTurn) {
  Sender sender = Ready(Policy::kRoundRobin, Capacities({100, 1, 1}));
  const int first = Choose(sender);
  for (int i = 1; i < 9; ++i) EXPECT_EQ(Choose(sender), (first + i) % 3);
}

TEST(RoundRobinTest, SkipsWhoIsGoneAndKeepsTheOrder) {
  Sender sender = Ready(Policy::kRoundRobin, Capacities({1, 1, 1, 1}));
  while (Choose(sender) != 0) {
  }
  sender.SetAvailable(1, false, 0);
  EXPECT_EQ(Choose(sender), 2);
  EXPECT_EQ(Choose(sender), 3);
  EXPECT_EQ(Choose(sender), 0);
  EXPECT_EQ(Choose(sender), 2);
}

TEST(RoundRobinTest, SendersStartAtDifferentReceivers) {
  std::vector<bool> seen(3);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Sender sender = Ready(Policy::kRoundRobin, Capacities({1, 1, 1}), seed);
    seen[static_cast<std::size_t>(Choose(sender))] = true;
  }
  EXPECT_EQ(seen, std::vector<bool>(3, true));
}

TEST(LeastOutstandingTest, IgnoresCapacity) {
  Sender sender = Ready(Policy::kLeastOutstanding, Capacities({100, 1}));
  sender.OnSent(0, 0, 1000, 1);
  EXPECT_EQ(Choose(sender), 1);
  sender.OnSent(1, 0, 1000, 2);
  EXPECT_EQ(Choose(sender), 0);
  sender.OnStageDone(1, 0.1, 0, 2);
  EXPECT_EQ(Choose(sender), 1);
}

TEST(LeastOutstandingTest, TiesAreDrawnEvenly) {
  Sender sender = Ready(Policy::kLeastOutstanding, Capacities({1, 1, 1}));
  for (const double share : Shares(sender, 6000)) EXPECT_NEAR(share, 1.0 / 3, 0.03);
}

TEST(WeightedLeastOutstandingTest, WeighsByCapacity) {
  // (n + 1) / capacity: 1/40 and 1/10, so the fast one takes three before the tie at 4/40 = 1/10.
  Sender sender = Ready(Policy::kWeightedLeastOutstanding, Capacities({40, 10}));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Choose(sender), 0) << i;
    sender.OnSent(0, 0, 1000, 1);
  }
  const std::vector<double> tie = Shares(sender, 4000);
  EXPECT_NEAR(tie[0], 0.5, 0.04);
  sender.OnSent(0, 0, 1000, 1);
  EXPECT_EQ(Choose(sender), 1);
}

TEST(WeightedLeastOutstandingTest, WithoutACapacityTheReportedServiceTimeCounts) {
  Sender sender = Ready(Policy::kWeightedLeastOutstanding, Capacities({0, 0}));
  sender.OnReport(0, 0, {.service_s = 0.1});
  sender.OnReport(1, 0, {.service_s = 0.025});
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Choose(sender), 1) << i;
    sender.OnSent(1, 0, 1000, 1);
  }
  sender.OnSent(1, 0, 1000, 1);
  EXPECT_EQ(Choose(sender), 0);
}

TEST(WeightedLeastOutstandingTest, UnknownSpeedsCountAsTheMeanOfTheOthers) {
  Sender sender = Ready(Policy::kWeightedLeastOutstanding, Capacities({10, 0, 30}));
  EXPECT_EQ(Choose(sender), 2);  // 1/10, 1/20, 1/30
  sender.OnSent(2, 0, 1000, 1);  // 2/30
  EXPECT_EQ(Choose(sender), 1);
  Sender unknown = Ready(Policy::kWeightedLeastOutstanding, Capacities({0, 0}));
  unknown.OnSent(0, 0, 1000, 1);
  EXPECT_EQ(Choose(unknown), 1);
}

TEST(NoExitTest, DispatchesAsWeightedLeastOutstanding) {
  Sender sender = Ready(Policy::kNoExit, Capacities({40, 10}));
  sender.OnSent(0, 0, 1000, 2);
  EXPECT_EQ(Choose(sender), 0);
  sender.OnSent(0, 0, 1000, 2);
  EXPECT_EQ(Choose(sender), 1);
}

TEST(PowerOfTwoTest, ComparesTwoDistinctReceivers) {
  // The most loaded of three loses every comparison; the least loaded wins both of its own: it is
  // drawn with probability 2/3, the middle one 1/3.
  Sender sender = Ready(Policy::kPowerOfTwo, Capacities({1, 1, 1}));
  sender.OnSent(1, 0, 1000, 1);
  sender.OnSent(2, 0, 1000, 5);
  const std::vector<double> shares = Shares(sender, 9000);
  EXPECT_NEAR(shares[0], 2.0 / 3, 0.02);
  EXPECT_NEAR(shares[1], 1.0 / 3, 0.02);
  EXPECT_EQ(shares[2], 0);
}

TEST(PowerOfTwoTest, OneReceiver) {
  Sender sender = Ready(Policy::kPowerOfTwo, Capacities({1, 1}));
  sender.SetAvailable(0, false, 0);
  EXPECT_EQ(Choose(sender), 1);
}

TEST(PeakEwmaTest, TakesTheLeastLatencyTimesOutstanding) {
  Sender sender = Ready(Policy::kPeakEwma, Capacities({0, 0}));
  sender.OnStageDone(0, 1, 0.96, 0);  // 40 ms
  sender.OnStageDone(1, 1, 0.90, 0);  // 100 ms
  for (int i = 0; i < 2; ++i) {       // 40, 80 ms
    ASSERT_EQ(Choose(sender, 1), 0) << i;
    sender.OnSent(0, 1, 1000, 1);
  }
  EXPECT_EQ(Choose(sender, 1), 1);  // 120 ms
}

TEST(PeakEwmaTest, RisesAtOnceAndFadesOverTenSeconds) {
  Sender sender = Ready(Policy::kPeakEwma, Capacities({0}));
  sender.OnStageDone(0, 1, 0.98, 0);  // 20 ms
  sender.OnStageDone(0, 2, 1.90, 0);
  EXPECT_NEAR(sender.receiver(0).peak_latency_s, 0.1, 1e-9);
  sender.OnStageDone(0, 12, 11.98, 0);  // 10 s later: 20 ms + 80 ms / e
  EXPECT_NEAR(sender.receiver(0).peak_latency_s, 0.02 + 0.08 * 0.36788, 1e-5);
}

TEST(PeakEwmaTest, OneBadMomentIsForgottenWithoutTraffic) {
  Sender sender = Ready(Policy::kPeakEwma, Capacities({0, 0}));
  sender.OnStageDone(0, 1, 0.9, 0);   // 100 ms
  sender.OnStageDone(1, 1, 0.96, 0);  // 40 ms
  EXPECT_EQ(Choose(sender, 1), 1);
  sender.OnStageDone(1, 16, 15.96, 0);  // 15 s later 100 ms have faded to 22
  EXPECT_EQ(Choose(sender, 16), 0);
}

TEST(PeakEwmaTest, FailingFastIsNotAnsweringFast) {
  Sender sender = Ready(Policy::kPeakEwma, Capacities({0, 0}));
  sender.OnStageDone(0, 1, 0.96, 0);
  sender.OnStageDone(1, 1, 0.96, 0);
  sender.OnSent(0, 1, 1000, 1);
  sender.OnFailed(0, 1.001, 1, 1);
  EXPECT_GE(sender.receiver(0).peak_latency_s, 3 * 0.04);
  sender.OnSent(1, 1.001, 1000, 1);  // 80 ms there, 160 here
  EXPECT_EQ(Choose(sender, 1.001), 1);
}

TEST(PeakEwmaTest, PenaltiesAreBounded) {
  Sender sender = Ready(Policy::kPeakEwma, Capacities({10, 10}));
  for (int i = 0; i < 1000; ++i) sender.OnFailed(0, 1, 0.9, 1);
  EXPECT_LE(sender.receiver(0).peak_latency_s, 10);
  EXPECT_EQ(Choose(sender, 1), 1);
}

TEST(ComputingFirstTest, DrawsByCapacity) {
  Sender sender = Ready(Policy::kComputingFirst, Capacities({60, 30, 10}));
  const std::vector<double> shares = Shares(sender, 20000);
  EXPECT_NEAR(shares[0], 0.6, 0.015);
  EXPECT_NEAR(shares[1], 0.3, 0.015);
  EXPECT_NEAR(shares[2], 0.1, 0.015);
}

TEST(ComputingFirstTest, DrawsByReportedSpeedWhereNoneIsExpected) {
  Sender sender = Ready(Policy::kComputingFirst, Capacities({0, 0}));
  sender.OnReport(0, 0, {.service_s = 0.01});
  sender.OnReport(1, 0, {.service_s = 0.03});
  EXPECT_NEAR(Shares(sender, 20000)[0], 0.75, 0.015);
}

TEST(BandwidthFirstTest, DrawsByLinkRate) {
  Sender sender = Ready(Policy::kBandwidthFirst,
                        {{.name = "a", .mbit_per_s = 90}, {.name = "b", .mbit_per_s = 10}});
  EXPECT_NEAR(Shares(sender, 20000)[0], 0.9, 0.015);
}

TEST(BandwidthFirstTest, WithoutRatesLatencyCounts) {
  // 10 kB at the rate of a local network: 0.08 ms. 1 / 1.08 ms against 1 / 3.08 ms.
  Sender sender = Ready(Policy::kBandwidthFirst,
                        {{.name = "a", .latency_s = 0.001}, {.name = "b", .latency_s = 0.003}});
  EXPECT_NEAR(Shares(sender, 20000)[0], 3.08 / 4.16, 0.015);
}

TEST(BandwidthFirstTest, BareLinksAreEven) {
  Sender sender = Ready(Policy::kBandwidthFirst, Capacities({90, 10}));
  EXPECT_NEAR(Shares(sender, 20000)[0], 0.5, 0.02);
}

class EveryLivePolicy : public testing::TestWithParam<std::string> {
 protected:
  static Sender Make(const std::vector<double>& capacities) {
    return Ready(*ParsePolicy(GetParam()), Capacities(capacities));
  }
};

TEST_P(EveryLivePolicy, NeverTakesWhoIsNotAvailable) {
  Sender sender = Make({50, 100, 50});
  sender.SetAvailable(1, false, 0);
  for (int i = 0; i < 200; ++i) {
    const int k = Choose(sender, i * 0.01);
    ASSERT_NE(k, 1);
    ASSERT_NE(k, Sender::kNone);
    sender.OnSent(k, i * 0.01, 1000, 1);
  }
}

TEST_P(EveryLivePolicy, NobodyAvailable) {
  Sender sender(*ParsePolicy(GetParam()), Capacities({1, 1}), kSeed);
  EXPECT_EQ(Choose(sender), Sender::kNone);
  Sender none(*ParsePolicy(GetParam()), {}, kSeed);
  EXPECT_EQ(Choose(none), Sender::kNone);
}

TEST_P(EveryLivePolicy, ExcludedOnlyWhenNobodyElseIsThere) {
  Sender sender = Make({50, 100, 50});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(sender.Choose(0, 1000, {true, true, false}), 2);
  sender.SetAvailable(2, false, 0);
  for (int i = 0; i < 50; ++i) EXPECT_NE(sender.Choose(0, 1000, {true, true, false}), 2);
}

TEST_P(EveryLivePolicy, SameSeedSameChoices) {
  Sender a = Make({50, 100, 50, 0});
  Sender b = Make({50, 100, 50, 0});
  for (int i = 0; i < 300; ++i) {
    const int k = Choose(a, i * 0.01);
    ASSERT_EQ(Choose(b, i * 0.01), k);
    a.OnSent(k, i * 0.01, 1000, 1);
    b.OnSent(k, i * 0.01, 1000, 1);
  }
}

TEST_P(EveryLivePolicy, SurvivesReceiversOfWhichNothingIsKnown) {
  Sender sender = Make({0, 0, 0});
  std::vector<int> taken(3);
  for (int i = 0; i < 300; ++i) {
    const int k = Choose(sender, i * 0.001);
    ASSERT_NE(k, Sender::kNone);
    ++taken[static_cast<std::size_t>(k)];
    sender.OnSent(k, i * 0.001, 1000, 1);
  }
  for (const int count : taken) EXPECT_GT(count, 50) << "nobody is shut out";
}

INSTANTIATE_TEST_SUITE_P(Policies, EveryLivePolicy, testing::ValuesIn(PolicyNames(true)),
                         [](const auto& test) {
                           std::string name = test.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace offramp
