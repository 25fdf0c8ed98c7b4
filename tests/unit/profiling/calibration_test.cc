#include "offramp/profiling/calibration.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"

namespace offramp {
namespace {

using testing::ElementsAre;

// Rows whose labels are drawn from softmax(logits / temperature).
std::pair<LogitRows, std::vector<std::int32_t>> Drawn(double temperature, int rows) {
  Random random(7);
  LogitRows logits{.classes = 3, .values = {}};
  std::vector<std::int32_t> labels;
  for (int i = 0; i < rows; ++i) {
    double sum = 0;
    std::vector<double> weights;
    for (int k = 0; k < 3; ++k) {
      const double logit = 8 * random.Uniform() - 4;
      logits.values.push_back(static_cast<float>(logit));
      weights.push_back(std::exp(logit / temperature));
      sum += weights.back();
    }
    double at = random.Uniform() * sum;
    std::int32_t label = 0;
    while (label < 2 && at >= weights[static_cast<std::size_t>(label)]) {
      at -= weights[static_cast<std::size_t>(label++)];
    }
    labels.push_back(label);
  }
  return {logits, labels};
}

TEST(FitTemperature, FindsTheOneThatTheLabelsWereDrawnWith) {
  for (const double temperature : {0.5, 1.0, 2.5}) {
    const auto [logits, labels] = Drawn(temperature, 20000);
    EXPECT_NEAR(FitTemperature(logits, labels), temperature, 0.05 * temperature);
  }
}

TEST(FitTemperature, IsWhereTheLossIsLeast) {
  const auto [logits, labels] = Drawn(1.7, 500);
  const double best = FitTemperature(logits, labels);
  const double least = MeanNegativeLogLikelihood(logits, labels, best);
  for (const double factor : {0.97, 1.03}) {
    EXPECT_GT(MeanNegativeLogLikelihood(logits, labels, factor * best), least);
  }
}

TEST(FitTemperature, RowsThatAreNotFiniteDoNotCount) {
  auto [logits, labels] = Drawn(2, 300);
  const double sound = FitTemperature(logits, labels);
  logits.values.insert(logits.values.end(), {NAN, 0, 1});
  labels.push_back(1);
  EXPECT_DOUBLE_EQ(FitTemperature(logits, labels), sound);
  EXPECT_EQ(FitTemperature({}, {}), 1);
}

TEST(Reliability, ErrorIsTheMeanGapByRows) {
  // Two bins of four: (0.25, 0.5] with 2 rows at 0.4, half right; (0.75, 1] with 1 row at 0.9.
  const ReliabilityCurve found =
      MeasureReliability(std::vector<float>{0.4F, 0.4F, 0.9F}, std::vector<float>{1, 0, 1}, 4);
  EXPECT_THAT(found.bins[1].rows, 2);
  EXPECT_NEAR(found.bins[1].accuracy, 0.5, 1e-12);
  EXPECT_NEAR(found.error, (2 * 0.1 + 0.1) / 3, 1e-6);
}

TEST(Logits, AppendChecksClasses) {
  LogitRows rows;
  const std::vector<float> values = {1, 3, 2, 0, NAN, 1};
  Tensor tensor{.name = "y", .datatype = DataType::kFp32, .shape = {2, 3}};
  tensor.data = Buffer::CopyOf(std::as_bytes(std::span(values)));
  ASSERT_TRUE(AppendLogits(tensor, rows).ok());
  EXPECT_EQ(rows.rows(), 2);
  EXPECT_THAT(ArgMax(rows), ElementsAre(1, 0));
  tensor.shape = {3, 2};
  EXPECT_FALSE(AppendLogits(tensor, rows).ok());
  tensor.shape = {6, 1};
  LogitRows none;
  EXPECT_THAT(AppendLogits(tensor, none).message(), testing::HasSubstr("at least two classes"));
}

}  // namespace
}  // namespace offramp
