#include "offramp/exits/fit.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/exits/objective.h"

namespace offramp {
namespace {

constexpr int kFeatures = 5;
constexpr int kClasses = 3;

// About a normal distribution.
double Bell(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.Uniform();
  return sum;
}

struct Rows {
  RowSpool features = *RowSpool::Create(kFeatures, true);
  RowSpool targets = *RowSpool::Create(kClasses, true);
};

// Targets are softmax(x W + b) exactly: soft ones, as a teacher gives.
Rows OfModel(const Classifier& model, int rows, Random& random) {
  Rows made;
  for (int r = 0; r < rows; ++r) {
    RowMatrix x(1, kFeatures);
    for (double& value : x.reshaped()) value = Bell(random);
    Eigen::MatrixXd p = model.Logits(x).array().exp();
    p /= p.sum();
    std::vector<float> features;
    std::vector<float> targets;
    for (const double value : x.reshaped()) features.push_back(static_cast<float>(value));
    for (const double value : p.reshaped()) targets.push_back(static_cast<float>(value));
    EXPECT_TRUE(made.features.Append(features).ok());
    EXPECT_TRUE(made.targets.Append(targets).ok());
  }
  return made;
}

Classifier Known(Random& random) {
  Classifier model;
  model.layers.resize(1);
  model.layers[0].weights = Eigen::MatrixXd(kFeatures, kClasses);
  for (double& weight : model.layers[0].weights.reshaped()) weight = Bell(random);
  model.layers[0].bias = Eigen::RowVectorXd::Zero(kClasses);
  return model;
}

TEST(FitByHeldOut, RecoversTheModelThatMadeTheTargets) {
  Random random(11);
  const Classifier model = Known(random);
  const Rows fitting = OfModel(model, 600, random);
  const Rows choosing = OfModel(model, 200, random);
  const Standardisation standard = *Standardisation::Of(fitting.features);
  const auto fitted = FitByHeldOut(fitting.features, fitting.targets, choosing.features,
                                   choosing.targets, standard, {});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_LE(fitted->l2, 1e-5) << "clean targets need no decay";
  // Logits are known up to a constant a row: compare weights less their mean over the classes.
  const Classifier folded = standard.Fold(fitted->classifier);
  const auto centred = [](Eigen::MatrixXd weights) {
    const Eigen::VectorXd mean = weights.rowwise().mean();
    weights.colwise() -= mean;
    return weights;
  };
  EXPECT_LT(
      (centred(folded.layers[0].weights) - centred(model.layers[0].weights)).cwiseAbs().maxCoeff(),
      0.05);
}

// Noise in many features and few rows: weights must be held down, and are.
TEST(FitByHeldOut, ChoosesMoreDecayWhereRowsAreFew) {
  Random random(5);
  Rows fitting;
  Rows choosing;
  for (int r = 0; r < 60; ++r) {
    std::vector<float> x(kFeatures);
    for (float& value : x) value = static_cast<float>(Bell(random));
    std::vector<float> target(kClasses, 0);
    target[random.Below(kClasses)] = 1;  // whatever x is
    Rows& rows = r % 2 == 0 ? fitting : choosing;
    ASSERT_TRUE(rows.features.Append(x).ok());
    ASSERT_TRUE(rows.targets.Append(target).ok());
  }
  const Standardisation standard = *Standardisation::Of(fitting.features);
  const auto fitted = FitByHeldOut(fitting.features, fitting.targets, choosing.features,
                                   choosing.targets, standard, {});
  ASSERT_TRUE(fitted.ok());
  EXPECT_GE(fitted->l2, 0.01);
}

TEST(FitByHeldOut, AHiddenLayerLearnsWhatNoLinearOneCan) {
  Random random(9);
  Rows fitting;
  Rows choosing;
  for (int r = 0; r < 900; ++r) {
    std::vector<float> x(kFeatures);
    for (float& value : x) value = static_cast<float>(2 * random.Uniform() - 1);
    std::vector<float> target(kClasses, 0);
    target[(x[0] > 0) == (x[1] > 0) ? 0 : 1] = 1;  // exclusive or
    Rows& rows = r % 3 == 0 ? choosing : fitting;
    ASSERT_TRUE(rows.features.Append(x).ok());
    ASSERT_TRUE(rows.targets.Append(target).ok());
  }
  const Standardisation standard = *Standardisation::Of(fitting.features);
  const auto fit = [&](int hidden) {
    return FitByHeldOut(fitting.features, fitting.targets, choosing.features, choosing.targets,
                        standard, {.hidden = hidden, .seed = 4})
        ->loss;
  };
  EXPECT_GT(fit(0), 0.6);
  EXPECT_LT(fit(16), 0.2);
}

TEST(FitClassifier, StopsWhenAsked) {
  Random random(1);
  const Rows rows = OfModel(Known(random), 100, random);
  const Standardisation standard = *Standardisation::Of(rows.features);
  const auto fitted =
      FitClassifier(rows.features, rows.targets, standard, 0, {.stop = [] { return true; }});
  ASSERT_FALSE(fitted.ok());
  EXPECT_EQ(fitted.status().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace offramp
