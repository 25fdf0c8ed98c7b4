// What an exit computes from its features: one dense layer, or two with a ReLU between.
#pragma once

#include <vector>

#include <Eigen/Core>

#include "offramp/base/result.h"
#include "offramp/exits/row_spool.h"

namespace offramp {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// y = x W + b for rows x.
struct DenseLayer {
  Eigen::MatrixXd weights;  // [in, out]
  Eigen::RowVectorXd bias;  // [out]
};

struct Classifier {
  std::vector<DenseLayer> layers;  // one or two

  // Rows of features to rows of logits.
  Eigen::MatrixXd Logits(const RowMatrix& features) const;

  // With every number as the nearest float: what a file of FP32 weights computes.
  Classifier AsFloats() const;
};

// Each feature less its mean, over its standard deviation, so that one weight decay suits all.
struct Standardisation {
  Eigen::RowVectorXd mean;
  Eigen::RowVectorXd scale;  // 1 / deviation; 0 where a feature hardly varies: it says nothing

  static Result<Standardisation> Of(const RowSpool& features);

  RowMatrix Apply(RowMatrix features) const;

  // The classifier of raw features that equals `classifier` of standardised ones.
  Classifier Fold(const Classifier& classifier) const;
};

// Rows in a piece, for `width` numbers a row: a few megabytes.
std::int64_t RowsAPiece(std::int64_t width);

// Rows [first, first + count) as doubles.
Result<RowMatrix> ReadRows(const RowSpool& spool, std::int64_t first, std::int64_t count);

}  // namespace offramp
