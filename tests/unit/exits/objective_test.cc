#include "offramp/exits/objective.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"

namespace offramp {
namespace {

constexpr int kFeatures = 4;
constexpr int kClasses = 3;
constexpr int kRows = 40;

RowSpool Filled(std::int64_t width, Random& random, bool probabilities) {
  RowSpool spool = *RowSpool::Create(width, true);
  for (int r = 0; r < kRows; ++r) {
    std::vector<float> row(static_cast<std::size_t>(width));
    float sum = 0;
    for (float& value : row) sum += value = static_cast<float>(random.Uniform() + 0.1);
    if (probabilities) {
      for (float& value : row) value /= sum;
    }
    EXPECT_TRUE(spool.Append(row).ok());
  }
  return spool;
}

class Gradients : public testing::TestWithParam<int> {};  // hidden units

TEST_P(Gradients, AreThoseOfFiniteDifferences) {
  Random random(3);
  const RowSpool features = Filled(kFeatures, random, false);
  const RowSpool targets = Filled(kClasses, random, true);
  const Standardisation standard = *Standardisation::Of(features);
  const FittingObjective objective(features, targets, standard, GetParam(), 0.05);
  std::vector<double> point(static_cast<std::size_t>(objective.size()));
  for (double& number : point) number = random.Uniform() - 0.5;
  std::vector<double> gradient(point.size());
  ASSERT_TRUE(objective.Evaluate(point, gradient).ok());
  constexpr double kStep = 1e-5;
  for (std::size_t i = 0; i < point.size(); ++i) {
    std::vector<double> up = point;
    std::vector<double> down = point;
    up[i] += kStep;
    down[i] -= kStep;
    const double slope = (*objective.Evaluate(up, {}) - *objective.Evaluate(down, {})) / kStep / 2;
    EXPECT_NEAR(gradient[i], slope, 1e-8) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(OneLayerAndTwo, Gradients, testing::Values(0, 5));

TEST(FittingObjective, OfZerosIsTheLogarithmOfTheClasses) {
  Random random(1);
  const RowSpool features = Filled(kFeatures, random, false);
  const RowSpool targets = Filled(kClasses, random, true);
  const Standardisation standard = *Standardisation::Of(features);
  const FittingObjective objective(features, targets, standard, 0, 1);
  const std::vector<double> zeros(static_cast<std::size_t>(objective.size()), 0);
  EXPECT_NEAR(*objective.Evaluate(zeros, {}), std::log(kClasses), 1e-7);
}

TEST(Standardisation, FoldsIntoTheWeights) {
  Random random(2);
  RowSpool features = *RowSpool::Create(3, true);
  for (int r = 0; r < kRows; ++r) {
    // The last one is always the same: it says nothing.
    const std::vector<float> row = {static_cast<float>(10 + random.Uniform()),
                                    static_cast<float>(1e-3 * random.Uniform()), 5};
    ASSERT_TRUE(features.Append(row).ok());
  }
  const Standardisation standard = *Standardisation::Of(features);
  EXPECT_EQ(standard.scale[2], 0);
  Classifier classifier{{DenseLayer{.weights = Eigen::MatrixXd::Ones(3, 2),
                                    .bias = Eigen::RowVectorXd::Constant(2, 0.5)}}};
  const RowMatrix raw = *ReadRows(features, 0, kRows);
  const Eigen::MatrixXd expected = classifier.Logits(standard.Apply(raw));
  const Eigen::MatrixXd folded = standard.Fold(classifier).Logits(raw);
  EXPECT_LT((expected - folded).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_NEAR(expected.col(0).mean(), 0.5, 1e-6);
}

}  // namespace
}  // namespace offramp
