#include "offramp/exits/classifier.h"

#include <algorithm>
#include <cmath>

namespace offramp {

namespace {

// Some megabytes of doubles: few enough to stay in a cache, enough to make adding up gradients
// cheap.
constexpr std::int64_t kMostNumbers = 512 << 10;
constexpr std::int64_t kMostRows = 1024;
// Of a feature's size. Below this it hardly varies, and folded into the weights its mean would cost
// digits that floats do not have.
constexpr double kLeastDeviation = 1e-3;

}  // namespace

Eigen::MatrixXd Classifier::Logits(const RowMatrix& features) const {
  Eigen::MatrixXd values = (features * layers[0].weights).rowwise() + layers[0].bias;
  if (layers.size() == 1) return values;
  return (values.cwiseMax(0) * layers[1].weights).rowwise() + layers[1].bias;
}

Classifier Classifier::AsFloats() const {
  Classifier rounded = *this;
  for (DenseLayer& layer : rounded.layers) {
    layer.weights = layer.weights.cast<float>().cast<double>();
    layer.bias = layer.bias.cast<float>().cast<double>();
  }
  return rounded;
}

Result<Standardisation> Standardisation::Of(const RowSpool& features) {
  const std::int64_t width = features.width();
  const std::int64_t piece = RowsAPiece(width);
  const auto rows = static_cast<double>(features.rows());
  Standardisation found;
  found.mean = Eigen::RowVectorXd::Zero(width);
  for (std::int64_t first = 0; first < features.rows(); first += piece) {
    OFFRAMP_ASSIGN_OR_RETURN(const RowMatrix part,
                             ReadRows(features, first, std::min(piece, features.rows() - first)));
    found.mean += part.colwise().sum() / rows;
  }
  // A second pass: a square of sums would lose what is small beside the mean.
  Eigen::RowVectorXd variance = Eigen::RowVectorXd::Zero(width);
  for (std::int64_t first = 0; first < features.rows(); first += piece) {
    OFFRAMP_ASSIGN_OR_RETURN(const RowMatrix part,
                             ReadRows(features, first, std::min(piece, features.rows() - first)));
    variance += (part.rowwise() - found.mean).array().square().matrix().colwise().sum() / rows;
  }
  found.scale = Eigen::RowVectorXd::Zero(width);
  for (Eigen::Index i = 0; i < width; ++i) {
    const double deviation = std::sqrt(variance[i]);
    if (deviation > kLeastDeviation * std::abs(found.mean[i]) && deviation > 1e-30) {
      found.scale[i] = 1 / deviation;
    }
  }
  return found;
}

RowMatrix Standardisation::Apply(RowMatrix features) const {
  features.rowwise() -= mean;
  features.array().rowwise() *= scale.array();
  return features;
}

Classifier Standardisation::Fold(const Classifier& classifier) const {
  Classifier folded = classifier;
  DenseLayer& first = folded.layers[0];
  first.weights = scale.transpose().asDiagonal() * first.weights;
  first.bias -= mean * first.weights;
  return folded;
}

std::int64_t RowsAPiece(std::int64_t width) {
  return std::clamp<std::int64_t>(kMostNumbers / width, 16, kMostRows);
}

Result<RowMatrix> ReadRows(const RowSpool& spool, std::int64_t first, std::int64_t count) {
  Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> values(count,
                                                                               spool.width());
  OFFRAMP_RETURN_IF_ERROR(
      spool.Read(first, {values.data(), static_cast<std::size_t>(values.size())}));
  return RowMatrix(values.cast<double>());
}

}  // namespace offramp
