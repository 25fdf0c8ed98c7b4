#include "offramp/exits/objective.h"

#include <algorithm>
#include <cmath>

namespace offramp {

namespace {

// Turns logits into log-probabilities in place.
void LogSoftmax(Eigen::MatrixXd& logits) {
  const Eigen::VectorXd largest = logits.rowwise().maxCoeff();
  logits.colwise() -= largest;
  const Eigen::VectorXd log_sum = logits.array().exp().rowwise().sum().log();
  logits.colwise() -= log_sum;
}

}  // namespace

FittingObjective::FittingObjective(const RowSpool& features, const RowSpool& targets,
                                   const Standardisation& standard, int hidden, double l2)
    : features_(features), targets_(targets), standard_(standard), l2_(l2) {
  if (hidden > 0) {
    shapes_ = {{features.width(), hidden}, {hidden, targets.width()}};
  } else {
    shapes_ = {{features.width(), targets.width()}};
  }
  for (const Shape& shape : shapes_) size_ += shape.in * shape.out + shape.out;
}

Classifier FittingObjective::At(std::span<const double> point) const {
  Classifier classifier;
  const double* at = point.data();
  for (const Shape& shape : shapes_) {
    DenseLayer& layer = classifier.layers.emplace_back();
    layer.weights = Eigen::Map<const Eigen::MatrixXd>(at, shape.in, shape.out);
    at += shape.in * shape.out;
    layer.bias = Eigen::Map<const Eigen::RowVectorXd>(at, shape.out);
    at += shape.out;
  }
  return classifier;
}

void FittingObjective::Store(const Classifier& classifier, std::span<double> point) const {
  double* at = point.data();
  for (const DenseLayer& layer : classifier.layers) {
    at = std::copy_n(layer.weights.data(), layer.weights.size(), at);
    at = std::copy_n(layer.bias.data(), layer.bias.size(), at);
  }
}

Result<double> FittingObjective::Evaluate(std::span<const double> point,
                                          std::span<double> gradient) const {
  const Classifier classifier = At(point);
  Classifier slope = classifier;
  double loss = 0;
  for (std::size_t l = 0; l < classifier.layers.size(); ++l) {
    loss += l2_ / 2 * classifier.layers[l].weights.squaredNorm();
    slope.layers[l].weights *= l2_;
    slope.layers[l].bias.setZero();
  }
  // Weights of raw features: cheaper than standardising every row.
  const Classifier raw = standard_.Fold(classifier);
  const DenseLayer& first = raw.layers.front();
  const DenseLayer& last = classifier.layers.back();
  Eigen::MatrixXd by_raw = Eigen::MatrixXd::Zero(first.weights.rows(), first.weights.cols());
  const bool deep = classifier.layers.size() > 1;
  const std::int64_t rows = features_.rows();
  const std::int64_t piece = RowsAPiece(std::max(features_.width(), targets_.width()));
  for (std::int64_t begin = 0; begin < rows; begin += piece) {
    const std::int64_t count = std::min(piece, rows - begin);
    OFFRAMP_ASSIGN_OR_RETURN(const RowMatrix x, ReadRows(features_, begin, count));
    OFFRAMP_ASSIGN_OR_RETURN(const RowMatrix target, ReadRows(targets_, begin, count));
    Eigen::MatrixXd logits = (x * first.weights).rowwise() + first.bias;
    Eigen::MatrixXd active;
    if (deep) {
      active = logits.cwiseMax(0);
      logits = (active * last.weights).rowwise() + last.bias;
    }
    LogSoftmax(logits);
    loss -= target.cwiseProduct(logits).sum() / static_cast<double>(rows);
    if (gradient.empty()) continue;
    // d loss / d logits of a row: its probabilities less its targets.
    const Eigen::MatrixXd error =
        (logits.array().exp().matrix() - target) / static_cast<double>(rows);
    slope.layers.back().bias += error.colwise().sum();
    if (!deep) {
      by_raw.noalias() += x.transpose() * error;
      continue;
    }
    slope.layers[1].weights.noalias() += active.transpose() * error;
    Eigen::MatrixXd back = error * last.weights.transpose();
    back = (active.array() > 0).select(back, 0.0);
    by_raw.noalias() += x.transpose() * back;
    slope.layers[0].bias += back.colwise().sum();
  }
  // d loss / d W of standardised features (x - mean) scale, from that of raw ones.
  slope.layers[0].weights += standard_.scale.transpose().asDiagonal() *
                             (by_raw - standard_.mean.transpose() * slope.layers[0].bias);
  if (!gradient.empty()) Store(slope, gradient);
  return loss;
}

Result<double> CrossEntropy(const Classifier& classifier, const RowSpool& features,
                            const RowSpool& targets, const Standardisation& standard) {
  const int hidden =
      classifier.layers.size() > 1 ? static_cast<int>(classifier.layers[0].weights.cols()) : 0;
  const FittingObjective objective(features, targets, standard, hidden, 0);
  std::vector<double> point(static_cast<std::size_t>(objective.size()));
  objective.Store(classifier, point);
  return objective.Evaluate(point, {});
}

}  // namespace offramp
