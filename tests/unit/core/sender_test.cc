// What a Sender counts and predicts, whatever its policy.
#include "offramp/core/sender.h"

#include <cmath>
#include <limits>
#include <utility>

#include <gtest/gtest.h>

namespace offramp {
namespace {

Sender One(ReceiverSpec spec) {
  Sender sender(Policy::kDtoEe, {std::move(spec)}, 1);
  sender.SetAvailable(0, true, 0);
  return sender;
}

TEST(SenderTest, LinksSerialise) {
  // 1000 bytes at 8 Mbit/s are 1 ms on the link.
  Sender sender = One({.name = "a", .mbit_per_s = 8, .latency_s = 0.005});
  EXPECT_NEAR(sender.OnSent(0, 1.0, 1000, 1), 1.006, 1e-12);
  EXPECT_NEAR(sender.OnSent(0, 1.0, 2000, 1), 1.008, 1e-12) << "after the first";
  EXPECT_NEAR(sender.OnSent(0, 1.0005, 1000, 1), 1.009, 1e-12);
  EXPECT_NEAR(sender.OnSent(0, 2.0, 1000, 1), 2.006, 1e-12) << "idle again";
}

TEST(SenderTest, LatencyAloneDoesNotSerialise) {
  Sender sender = One({.name = "a", .latency_s = 0.005});
  EXPECT_DOUBLE_EQ(sender.OnSent(0, 1.0, 1'000'000, 1), 1.005);
  EXPECT_DOUBLE_EQ(sender.OnSent(0, 1.0, 1'000'000, 1), 1.005);
}

TEST(SenderTest, NothingEmulatedIsDeliveredAtOnce) {
  Sender sender = One({.name = "a"});
  EXPECT_EQ(sender.OnSent(0, 1.0, 1'000'000, 32), 1.0);
}

TEST(SenderTest, CountsOutstandingTasks) {
  Sender sender = One({.name = "a"});
  sender.OnSent(0, 0, 1000, 10);
  sender.OnStageDone(0, 0.1, 0, 4);
  EXPECT_EQ(sender.receiver(0).outstanding, 6);
  sender.OnFailed(0, 0.1, 0, 1);
  sender.OnCancelled(0, 2);
  EXPECT_EQ(sender.receiver(0).outstanding, 3);
  sender.OnStageDone(0, 0.1, 0, 5);
  EXPECT_EQ(sender.receiver(0).outstanding, 0) << "never below zero";
  EXPECT_EQ(sender.receiver(0).sent_tasks, 10U);
}

TEST(SenderTest, PredictsWhenAReceiverWillBeIdle) {
  Sender sender = One({.name = "a", .capacity_tasks_per_s = 50, .latency_s = 0.01});
  sender.OnSent(0, 1.0, 0, 1);
  EXPECT_NEAR(sender.receiver(0).idle_at_s, 1.03, 1e-12) << "arrives at 1.01, takes 20 ms";
  sender.OnSent(0, 1.0, 0, 2);
  EXPECT_NEAR(sender.receiver(0).idle_at_s, 1.07, 1e-12);
  sender.OnSent(0, 5.0, 0, 1);
  EXPECT_NEAR(sender.receiver(0).idle_at_s, 5.03, 1e-12);
}

TEST(SenderTest, ReportsReplaceThePredictionAndAddWhatIsUnderWay) {
  Sender sender = One({.name = "a", .capacity_tasks_per_s = 50});
  sender.OnSent(0, 1.0, 0, 5);
  // Three of the five have arrived; measured speed is half of the expected.
  sender.OnReport(0, 1.1, {.backlog_s = 0.12, .service_s = 0.04, .received_tasks = 3});
  EXPECT_NEAR(sender.receiver(0).idle_at_s, 1.1 + 0.12 + 2 * 0.04, 1e-12);
  EXPECT_DOUBLE_EQ(sender.receiver(0).service_s, 0.04);
}

TEST(SenderTest, NoMoreIsUnderWayThanIsOutstanding) {
  Sender sender = One({.name = "a", .capacity_tasks_per_s = 50});
  sender.OnSent(0, 1.0, 0, 5);
  sender.OnCancelled(0, 4);  // never left
  sender.OnReport(0, 1.1, {.service_s = 0.02, .received_tasks = 0});
  EXPECT_NEAR(sender.receiver(0).idle_at_s, 1.1 + 0.02, 1e-12);
}

TEST(SenderTest, AnOlderReportChangesNothing) {
  Sender sender = One({.name = "a", .capacity_tasks_per_s = 50});
  sender.OnSent(0, 1.0, 0, 5);
  sender.OnReport(0, 1.1, {.service_s = 0.02, .received_tasks = 5, .finished_tasks = 2});
  const ReceiverState before = sender.receiver(0);
  sender.OnReport(0, 1.11,
                  {.backlog_s = 9, .service_s = 9, .received_tasks = 4, .finished_tasks = 2});
  sender.OnReport(0, 1.11,
                  {.backlog_s = 9, .service_s = 9, .received_tasks = 5, .finished_tasks = 1});
  EXPECT_EQ(sender.receiver(0).idle_at_s, before.idle_at_s);
  EXPECT_EQ(sender.receiver(0).service_s, before.service_s);
  // Much later it is not an old report but a receiver that counts anew.
  sender.OnReport(0, 3.0, {.backlog_s = 0.5, .service_s = 0.03});
  EXPECT_DOUBLE_EQ(sender.receiver(0).service_s, 0.03);
}

TEST(SenderTest, NonsenseInReportsIsIgnored) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, infinity, -infinity, -1.0, 1e300}) {
    Sender sender = One({.name = "a", .capacity_tasks_per_s = 50});
    sender.OnReport(
        0, 1.0, {.backlog_s = 0.1, .service_s = 0.03, .service_scv = 0.5, .arrival_rate_per_s = 7});
    sender.OnReport(0, 1.0,
                    {.backlog_s = bad,
                     .service_s = bad,
                     .service_scv = bad,
                     .arrival_rate_per_s = bad,
                     .received_tasks = std::numeric_limits<std::uint64_t>::max()});
    const ReceiverState& receiver = sender.receiver(0);
    EXPECT_DOUBLE_EQ(receiver.idle_at_s, 1.1);
    EXPECT_DOUBLE_EQ(receiver.service_s, 0.03);
    EXPECT_DOUBLE_EQ(receiver.service_scv, 0.5);
    EXPECT_DOUBLE_EQ(receiver.arrival_rate_per_s, 7);
    EXPECT_TRUE(std::isfinite(PredictedCost(receiver, 1, 1000)));
  }
}

TEST(SenderTest, ZeroServiceTimeMeansNotMeasuredYet) {
  Sender sender = One({.name = "a", .capacity_tasks_per_s = 50});
  sender.OnReport(0, 1.0, {});
  EXPECT_DOUBLE_EQ(sender.receiver(0).service_s, 0.02);
}

TEST(SenderTest, OnlyAvailableReceiversAreChosen) {
  Sender sender(Policy::kDtoEe, {{.name = "a"}}, 1);
  EXPECT_EQ(sender.Choose(1, 1000, {}), Sender::kNone);
  sender.OnConnected(0, 1);
  EXPECT_EQ(sender.Choose(1, 1000, {}), Sender::kNone) << "connected is not yet available";
  sender.SetAvailable(0, true, 1);
  EXPECT_EQ(sender.Choose(1, 1000, {}), 0);
  sender.SetAvailable(0, false, 2);
  sender.OnReport(0, 2.0, {});
  EXPECT_EQ(sender.Choose(2, 1000, {}), Sender::kNone) << "a late report brings nobody back";
}

TEST(SenderTest, AFreshConnectionStartsFromZero) {
  Sender sender = One({.name = "a", .capacity_tasks_per_s = 50, .mbit_per_s = 8});
  sender.OnSent(0, 1.0, 1'000'000, 20);
  sender.OnReport(0, 1.1, {.backlog_s = 4, .service_s = 0.04, .received_tasks = 20});
  sender.SetAvailable(0, false, 2);
  sender.OnConnected(0, 3);
  sender.SetAvailable(0, true, 3);
  const ReceiverState& receiver = sender.receiver(0);
  EXPECT_EQ(receiver.outstanding, 0);
  EXPECT_EQ(receiver.sent_tasks, 0U);
  EXPECT_EQ(receiver.idle_at_s, 3);
  EXPECT_EQ(receiver.link_free_at_s, 3);
  EXPECT_DOUBLE_EQ(receiver.service_s, 0.04) << "the machine is the same";
  sender.OnReport(0, 3.01, {.backlog_s = 0.1, .service_s = 0.04});
  EXPECT_NEAR(receiver.idle_at_s, 3.11, 1e-12) << "low counters are new, not old";
}

TEST(SenderTest, CountsOutliveSilenceOnTheSameConnection) {
  Sender sender = One({.name = "a", .capacity_tasks_per_s = 50});
  sender.OnSent(0, 1, 1000, 3);
  sender.OnReport(0, 1, {.service_s = 0.02, .received_tasks = 1});
  sender.SetAvailable(0, false, 2);
  sender.SetAvailable(0, true, 3);
  sender.SetAvailable(0, true, 3);
  EXPECT_EQ(sender.receiver(0).outstanding, 3);
  sender.OnReport(0, 3, {.service_s = 0.02, .received_tasks = 2});
  EXPECT_NEAR(sender.receiver(0).idle_at_s, 3 + 0.02, 1e-12);
}

TEST(SenderTest, FailuresCostAPenaltyThatFades) {
  Sender sender = One({.name = "a", .capacity_tasks_per_s = 50});
  const double before = PredictedCost(sender.receiver(0), 1, 1000);
  sender.OnSent(0, 1, 1000, 1);
  sender.OnFailed(0, 1, 1, 1);
  EXPECT_DOUBLE_EQ(PenaltyNow(sender.receiver(0), 1), 0.08) << "four tasks' service";
  EXPECT_GT(PredictedCost(sender.receiver(0), 1, 1000), before + 0.07);
  EXPECT_NEAR(PenaltyNow(sender.receiver(0), 3), 0.08 / std::exp(1.0), 1e-12);
  for (int i = 0; i < 1000; ++i) sender.OnFailed(0, 3, 3, 1);
  EXPECT_LE(PenaltyNow(sender.receiver(0), 3), 0.8 + 1e-12) << "bounded";
  sender.SetAvailable(0, false, 3);
  sender.SetAvailable(0, true, 3);
  EXPECT_LE(PenaltyNow(sender.receiver(0), 3), 0.08) << "back: nearly a clean slate";
}

TEST(SenderTest, MovesWithItsState) {
  Sender sender = One({.name = "a"});
  sender.OnSent(0, 1, 1000, 3);
  Sender moved = std::move(sender);
  EXPECT_EQ(moved.receiver(0).outstanding, 3);
  EXPECT_EQ(moved.Choose(1, 1000, {}), 0);
}

TEST(SenderDeathTest, ADecisionMustBeAboutTheseReceivers) {
  Sender sender = One({.name = "a"});
  EXPECT_DEATH(sender.Apply({.share = {0.5, 0.5}}), "other receivers");
}

TEST(SenderDeathTest, PoliciesOfPlansHaveNoLiveDispatch) {
  EXPECT_DEATH(Sender(Policy::kNash, {}, 1), "no live dispatch");
}

}  // namespace
}  // namespace offramp
