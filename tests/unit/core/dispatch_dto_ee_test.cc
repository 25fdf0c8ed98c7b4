// The rule of dto-ee: predicted cost and deficits, on numbers worked out by hand.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/core/sender.h"

namespace offramp {
namespace {

constexpr std::uint64_t kSeed = 4;

Sender Ready(std::vector<ReceiverSpec> specs, const LiveRule& rule = {}) {
  Sender sender(Policy::kDtoEe, std::move(specs), kSeed, rule);
  for (int k = 0; k < sender.size(); ++k) sender.SetAvailable(k, true, 0);
  return sender;
}

Sender Twins(double capacity) {
  return Ready({{.name = "a", .capacity_tasks_per_s = capacity},
                {.name = "b", .capacity_tasks_per_s = capacity}});
}

ReceiverState Busy() {
  ReceiverState receiver;
  receiver.spec = {.name = "a", .mbit_per_s = 8, .latency_s = 0.001};
  receiver.service_s = 0.02;
  receiver.idle_at_s = 10.05;
  receiver.outstanding = 3;
  receiver.arrival_rate_per_s = 20;
  receiver.downstream_cost_s = 0.1;
  return receiver;
}

TEST(PredictedCostTest, SumsTransferServiceWaitAndExternality) {
  // t = 1 + 1 ms (1000 bytes at 8 Mbit/s); u = 50 - 2 = 48 ms (the floor is 2 * 20 - 4 = 36);
  // rho = max(0.4, 28 / 68), rho / (1 - rho) = 0.7; cost = 2 + 20 + 48 + 0.5 * 0.7 * 58 + 100.
  EXPECT_NEAR(PredictedCost(Busy(), 10, 1000), 0.1903, 1e-12);
  EXPECT_NEAR(PredictedCost(Busy(), 10, 1000, {.externality = false}), 0.17, 1e-12);
}

TEST(PredictedCostTest, ReportedRateIsAFloorOfTheLoadUpToACap) {
  ReceiverState receiver = Busy();
  receiver.arrival_rate_per_s = 30;  // rho 0.6: 1.5
  EXPECT_NEAR(PredictedCost(receiver, 10, 1000), 0.17 + 0.5 * 1.5 * 0.058, 1e-12);
  receiver.arrival_rate_per_s = 200;  // rho 4, capped at 0.8: 4
  EXPECT_NEAR(PredictedCost(receiver, 10, 1000), 0.17 + 0.5 * 4 * 0.058, 1e-12);
}

TEST(PredictedCostTest, WaitsForWhatTheLinkHolds) {
  ReceiverState receiver = Busy();
  receiver.link_free_at_s = 10.01;  // t = 12 ms, u = 38 (floor 16): rho/(1-rho) = 18/40 < 2/3
  EXPECT_NEAR(PredictedCost(receiver, 10, 1000),
              0.012 + 0.02 + 0.038 + 0.5 * (2.0 / 3) * 0.048 + 0.1, 1e-12);
}

TEST(PredictedCostTest, UnansweredTasksAreAFloor) {
  ReceiverState receiver = Busy();
  receiver.outstanding = 11;
  const double floor_s = 10 * 0.02 - 2 * 0.002;
  EXPECT_GT(PredictedCost(receiver, 10, 1000), floor_s);
  // The prediction has long run out; nothing has been acknowledged.
  EXPECT_GT(PredictedCost(receiver, 60, 1000), floor_s);
  receiver.service_scv = 1;  // variable service: the task in service counts in full
  EXPECT_GT(PredictedCost(receiver, 60, 1000, {.externality = false}), floor_s + 0.02);
}

TEST(PredictedCostTest, NothingKnownIsFiniteAndGrowsWithTheCount) {
  ReceiverState receiver;
  const double idle = PredictedCost(receiver, 0, 1000);
  EXPECT_TRUE(std::isfinite(idle));
  receiver.outstanding = 10;
  EXPECT_GT(PredictedCost(receiver, 0, 1000), idle + 0.05);
}

TEST(PredictedCostTest, IngredientsCanBeSwitchedOff) {
  ReceiverState receiver = Busy();
  receiver.arrival_rate_per_s = 200;
  // Without the cap the load counts up to 0.97: 0.97 / 0.03.
  EXPECT_NEAR(PredictedCost(receiver, 10, 1000, {.load_cap = false}),
              0.17 + 0.5 * (0.97 / 0.03) * 0.058, 1e-9);
  EXPECT_NEAR(PredictedCost(receiver, 10, 1000, {.externality = false, .load_cap = false}), 0.17,
              1e-12);
  // What concerns others changes nothing here.
  EXPECT_EQ(PredictedCost(receiver, 10, 1000, {.deficits = false, .unseen = false}),
            PredictedCost(receiver, 10, 1000));
}

TEST(DtoEeDispatchTest, TakesTheLeastPredictedCost) {
  Sender sender = Ready({{.name = "fast", .capacity_tasks_per_s = 100},
                         {.name = "slow", .capacity_tasks_per_s = 25}});
  sender.Apply({.share = {0.5, 0.5}, .weight = {1, 1}, .downstream_cost_s = {0, 0}});
  EXPECT_EQ(sender.Choose(0, 1000, {}), 0);
  sender.OnReport(0, 0, {.backlog_s = 0.05, .service_s = 0.01});
  EXPECT_EQ(sender.Choose(0, 1000, {}), 1);
}

TEST(DtoEeDispatchTest, DownstreamCostCounts) {
  Sender sender = Twins(50);
  sender.Apply({.share = {0.5, 0.5}, .weight = {1, 1}, .downstream_cost_s = {0.002, 0.001}});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sender.Choose(0, 1000, {}), 1);
}

// Reports that stay the same: only deficits tell the receivers apart. At `rate_per_s` of the
// others, so many come while a report and a task are on their way, 20 ms each.
std::vector<int> CountWithFrozenReports(double weight, const std::vector<double>& share,
                                        double rate_per_s = 100, const LiveRule& rule = {}) {
  Sender sender = Ready({{.name = "a", .capacity_tasks_per_s = 50, .latency_s = 0.02},
                         {.name = "b", .capacity_tasks_per_s = 50, .latency_s = 0.02},
                         {.name = "c", .capacity_tasks_per_s = 50, .latency_s = 0.02}},
                        rule);
  sender.Apply(
      {.share = share, .weight = {weight, weight, weight}, .downstream_cost_s = {0.002, 0, 0.001}});
  std::vector<int> taken(3);
  for (int i = 0; i < 1000; ++i) {
    const double now_s = i * 0.01;
    const int k = sender.Choose(now_s, 1000, {});
    ++taken[static_cast<std::size_t>(k)];
    sender.OnSent(k, now_s, 1000, 1);
    sender.OnStageDone(k, now_s, now_s, 1);
    for (int r = 0; r < 3; ++r) {
      sender.OnReport(r, now_s,
                      {.service_s = 0.02,
                       .arrival_rate_per_s = rate_per_s,
                       .received_tasks = sender.receiver(r).sent_tasks});
    }
  }
  return taken;
}

TEST(DtoEeDispatchTest, AmongManySendersKeepsToTheShares) {
  const std::vector<int> taken = CountWithFrozenReports(0.05, {0.5, 0.2, 0.3});
  EXPECT_NEAR(taken[0], 500, 5);
  EXPECT_NEAR(taken[1], 200, 5);
  EXPECT_NEAR(taken[2], 300, 5);
}

TEST(DtoEeDispatchTest, ASoleSenderFollowsItsQueues) {
  EXPECT_EQ(CountWithFrozenReports(1, {0.5, 0.2, 0.3}), (std::vector<int>{0, 1000, 0}));
}

TEST(DtoEeDispatchTest, WhereOthersAreRareQueuesSayMoreThanShares) {
  EXPECT_EQ(CountWithFrozenReports(0.05, {0.5, 0.2, 0.3}, 0.1), (std::vector<int>{0, 1000, 0}));
}

TEST(DtoEeDispatchTest, WithoutDeficitsTheSharesAreForgotten) {
  EXPECT_EQ(CountWithFrozenReports(0.05, {0.5, 0.2, 0.3}, 100, {.deficits = false}),
            (std::vector<int>{0, 1000, 0}));
}

TEST(DtoEeDispatchTest, WithoutTheUnseenDeficitsCountByWeightAlone) {
  const LiveRule rule{.unseen = false};
  // Others are rare, and the shares are kept to all the same.
  const std::vector<int> taken = CountWithFrozenReports(0.05, {0.5, 0.2, 0.3}, 0.1, rule);
  EXPECT_NEAR(taken[0], 500, 5);
  EXPECT_EQ(CountWithFrozenReports(1, {0.5, 0.2, 0.3}, 100, rule), (std::vector<int>{0, 1000, 0}));
}

TEST(DtoEeDispatchTest, OldNewsOfABusyReceiverIsTrustedLess) {
  Sender sender = Twins(50);
  sender.Apply({.share = {0.5, 0.5}, .weight = {0.5, 0.5}, .downstream_cost_s = {0, 0}});
  const Report idle_but_busy{.service_s = 0.02, .arrival_rate_per_s = 40};
  sender.OnReport(0, 0.0, idle_but_busy);
  sender.OnReport(1, 0.5, idle_but_busy);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sender.Choose(0.5, 1000, {}), 1);
}

TEST(DtoEeDispatchTest, DeficitsAreClamped) {
  Sender sender = Twins(50);
  sender.Apply({.share = {0.9, 0.1}, .weight = {0.5, 0.5}, .downstream_cost_s = {0, 0}});
  for (int i = 0; i < 100; ++i) sender.OnSent(1, 0, 1000, 1);
  EXPECT_DOUBLE_EQ(sender.receiver(0).deficit, 3);
  EXPECT_DOUBLE_EQ(sender.receiver(1).deficit, -3);
  sender.OnSent(0, 0, 1000, 64);
  EXPECT_DOUBLE_EQ(sender.receiver(0).deficit, -3);
}

TEST(DtoEeDispatchTest, ChoosingAloneChangesNothing) {
  Sender sender = Twins(50);
  sender.Apply({.share = {0.9, 0.1}, .weight = {0.5, 0.5}, .downstream_cost_s = {0, 0}});
  for (int k = 0; k < 2; ++k) {
    sender.OnReport(k, 0, {.service_s = 0.02, .arrival_rate_per_s = 100});
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(sender.Choose(0.05, 1000, {}), 0);
  EXPECT_EQ(sender.receiver(0).deficit, 0);
}

TEST(DtoEeDispatchTest, SharesByCapacityBeforeTheAgentSpeaks) {
  Sender sender =
      Ready({{.name = "a", .capacity_tasks_per_s = 60}, {.name = "b", .capacity_tasks_per_s = 20}});
  sender.OnSent(1, 0, 1000, 1);
  EXPECT_DOUBLE_EQ(sender.receiver(0).deficit, 0.75);
  EXPECT_DOUBLE_EQ(sender.receiver(1).deficit, 0.25 - 1);
}

TEST(DtoEeDispatchTest, SharesOfTheDeadFallToTheOthers) {
  Sender sender = Ready({{.name = "a", .capacity_tasks_per_s = 50},
                         {.name = "b", .capacity_tasks_per_s = 50},
                         {.name = "c", .capacity_tasks_per_s = 50}});
  sender.Apply(
      {.share = {0.6, 0.1, 0.3}, .weight = {0.5, 0.5, 0.5}, .downstream_cost_s = {0, 0, 0}});
  sender.SetAvailable(0, false, 0);
  sender.OnSent(1, 0, 1000, 1);
  EXPECT_DOUBLE_EQ(sender.receiver(2).deficit, 0.75);
  EXPECT_EQ(sender.receiver(0).deficit, 0) << "what is owed to the dead does not pile up";
}

TEST(DtoEeDispatchTest, ADeadReceiverDoesNotLookIdle) {
  Sender sender = Twins(50);
  sender.Apply({.share = {0.5, 0.5}, .weight = {0.5, 0.5}, .downstream_cost_s = {0, 0}});
  // Receiver 0 swallows what it gets and says nothing; 1 answers each within 20 ms.
  int swallowed = 0;
  for (int i = 0; i < 50; ++i) {
    const double now_s = i * 0.025;
    const int k = sender.Choose(now_s, 1000, {});
    sender.OnSent(k, now_s, 1000, 1);
    if (k == 0) ++swallowed;
    if (k == 1) sender.OnStageDone(1, now_s + 0.02, now_s, 1);
    sender.OnReport(1, now_s + 0.02,
                    {.service_s = 0.02, .received_tasks = sender.receiver(1).sent_tasks});
  }
  EXPECT_LE(swallowed, 3);
}

TEST(DtoEeDispatchTest, FailingFastDoesNotAttract) {
  Sender sender = Twins(50);
  sender.Apply({.share = {0.5, 0.5}, .weight = {1, 1}, .downstream_cost_s = {0, 0}});
  int failed = 0;
  for (int i = 0; i < 500; ++i) {  // 10 s at 50 tasks/s
    const double now_s = i * 0.02;
    const int k = sender.Choose(now_s, 1000, {});
    sender.OnSent(k, now_s, 1000, 1);
    if (k == 0) {
      ++failed;
      sender.OnFailed(0, now_s, now_s, 1);
    } else {
      sender.OnStageDone(1, now_s + 0.02, now_s, 1);
    }
    for (int r = 0; r < 2; ++r) {
      sender.OnReport(r, now_s,
                      {.backlog_s = r == 0 ? 0 : 0.04,
                       .service_s = 0.02,
                       .received_tasks = sender.receiver(r).sent_tasks});
    }
  }
  EXPECT_LE(failed, 15);
  EXPECT_GE(failed, 2) << "and it is tried again";
}

TEST(ExtraCostOfGoingOnTest, LeastCostAgainstTheAverage) {
  Sender sender = Twins(50);
  EXPECT_EQ(sender.ExtraCostOfGoingOn(0, 1000), 0) << "before the first decision";
  sender.Apply({.share = {0.5, 0.5},
                .weight = {1, 1},
                .downstream_cost_s = {0.03, 0.01},
                .average_cost_s = 0.025});
  EXPECT_NEAR(sender.ExtraCostOfGoingOn(0, 1000), 0.02 + 0.01 - 0.025, 1e-12);
  sender.SetAvailable(1, false, 0);
  EXPECT_NEAR(sender.ExtraCostOfGoingOn(0, 1000), 0.02 + 0.03 - 0.025, 1e-12);
  sender.SetAvailable(0, false, 0);
  EXPECT_TRUE(std::isinf(sender.ExtraCostOfGoingOn(0, 1000)));
}

}  // namespace
}  // namespace offramp
