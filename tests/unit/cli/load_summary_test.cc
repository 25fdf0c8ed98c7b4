#include "offramp/cli/load/load_summary.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

LoadRecord Answered(double due_s, double delay_s, int rows, int correct,
                    std::vector<std::uint8_t> exits) {
  LoadRecord record;
  record.due_s = due_s;
  record.sent_s = due_s;
  record.delay_s = delay_s;
  record.outcome = LoadOutcome::kAnswered;
  record.rows = rows;
  record.correct = correct;
  record.exit_stages = std::move(exits);
  return record;
}

LoadRecord Other(double due_s, LoadOutcome outcome, int code) {
  LoadRecord record;
  record.due_s = due_s;
  record.sent_s = due_s;
  record.delay_s = 99;
  record.outcome = outcome;
  record.code = static_cast<std::uint8_t>(code);
  return record;
}

TEST(Percentile, IsLinearBetweenRanksLikeNumpy) {
  const std::vector<double> values = {1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(Percentile(values, 0), 1);
  EXPECT_DOUBLE_EQ(Percentile(values, 100), 4);
  EXPECT_DOUBLE_EQ(Percentile(values, 50), 2.5);
  EXPECT_DOUBLE_EQ(Percentile(values, 95), 3.85);  // numpy.percentile([1,2,3,4], 95)
  EXPECT_DOUBLE_EQ(Percentile(std::vector<double>{7}, 99), 7);
}

TEST(DelayFigures, NeedNoOrder) {
  const DelayFigures figures = DelayFiguresOf({0.3, 0.1, 0.2});
  EXPECT_DOUBLE_EQ(figures.mean_s, 0.2);
  EXPECT_DOUBLE_EQ(figures.p50_s, 0.2);
  EXPECT_DOUBLE_EQ(figures.max_s, 0.3);
  EXPECT_EQ(DelayFiguresOf({}).max_s, 0);
}

TEST(Summarise, CountsRowsAndLeavesFailuresOutOfTheDelay) {
  const std::vector<LoadRecord> records = {
      Answered(0, 0.1, 2, 1, {1, 4}),      Answered(1, 0.3, 2, 2, {1, 1}),
      Other(2, LoadOutcome::kRefused, 14), Other(3, LoadOutcome::kFailed, 4),
      Other(4, LoadOutcome::kFailed, 4),   Other(5, LoadOutcome::kPending, 0),
  };
  const LoadSummary summary = Summarise(records);
  EXPECT_EQ(summary.requests, 6);
  EXPECT_EQ(summary.answered, 2);
  EXPECT_EQ(summary.refused, 1);
  EXPECT_EQ(summary.failed, 2);
  EXPECT_EQ(summary.pending, 1);
  EXPECT_EQ(summary.rows_answered, 4);
  EXPECT_DOUBLE_EQ(summary.delay.mean_s, 0.2);
  EXPECT_DOUBLE_EQ(summary.delay.max_s, 0.3);
  EXPECT_DOUBLE_EQ(*summary.accuracy, 0.75);
  EXPECT_EQ(summary.exit_share, (std::map<int, double>{{1, 0.75}, {4, 0.25}}));
  EXPECT_EQ(summary.errors,
            (std::map<std::string, std::int64_t>{{"DEADLINE_EXCEEDED", 2}, {"UNAVAILABLE", 1}}));
}

TEST(Summarise, APartHoldsWhatWasDueInIt) {
  const std::vector<LoadRecord> records = {Answered(0.9, 5, 1, 1, {1}), Answered(1, 0.2, 1, 1, {1}),
                                           Answered(2, 0.4, 1, 0, {1})};
  const LoadSummary summary = Summarise(records, 1, 2);
  EXPECT_EQ(summary.requests, 1);
  EXPECT_DOUBLE_EQ(summary.delay.mean_s, 0.2);
}

TEST(Summarise, WithoutLabelsThereIsNoAccuracy) {
  const std::vector<LoadRecord> records = {Answered(0, 0.1, 1, -1, {})};
  EXPECT_FALSE(Summarise(records).accuracy.has_value());
  EXPECT_TRUE(ToJson(Summarise(records), 1)["accuracy"].is_null());
}

TEST(Summarise, TellsHowLateTheGeneratorWas) {
  LoadRecord record = Answered(1, 0.1, 1, 1, {1});
  record.sent_s = 1.25;
  EXPECT_DOUBLE_EQ(Summarise(std::vector<LoadRecord>{record}).max_send_lag_s, 0.25);
}

TEST(Json, HasRatesOnlyOverASpan) {
  const std::vector<LoadRecord> records = {Answered(0, 0.1, 4, 4, {1, 1, 2, 2}),
                                           Answered(1, 0.1, 4, 4, {1, 1, 2, 2})};
  const auto json = ToJson(Summarise(records), 2);
  EXPECT_EQ(json["offered_requests_per_s"], 1.0);
  EXPECT_EQ(json["answered_rows_per_s"], 4.0);
  EXPECT_EQ(json["exit_share"]["2"], 0.5);
  EXPECT_FALSE(ToJson(Summarise(records), 0).contains("seconds"));
}

TEST(Json, RecordsAreColumnsOfOneLength) {
  const std::vector<LoadRecord> records = {Answered(0, 0.1, 1, 1, {3}),
                                           Other(1, LoadOutcome::kRefused, 8)};
  const auto json = RecordsToJson(records);
  for (const auto& [key, column] : json.items()) EXPECT_EQ(column.size(), 2u) << key;
  EXPECT_EQ(json["outcome"][1], "refused");
  EXPECT_EQ(json["code"][1], "RESOURCE_EXHAUSTED");
  EXPECT_EQ(json["exit_stages"][0][0], 3);
}

TEST(GrpcCodes, UnknownOnesKeepTheirNumber) {
  EXPECT_EQ(GrpcCodeName(0), "OK");
  EXPECT_EQ(GrpcCodeName(16), "UNAUTHENTICATED");
  EXPECT_EQ(GrpcCodeName(42), "CODE_42");
}

}  // namespace
}  // namespace offramp
