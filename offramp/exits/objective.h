// The loss that an exit's classifier is fitted to, with its gradient.
#pragma once

#include <cstdint>
#include <span>

#include "offramp/base/result.h"
#include "offramp/exits/classifier.h"
#include "offramp/exits/row_spool.h"

namespace offramp {

// Mean cross-entropy of softmax(logits(x)) against rows of target probabilities (Hinton, Vinyals
// and Dean 2015, "Distilling the Knowledge in a Neural Network", with the last stage as teacher),
// plus l2 / 2 times the squared weights, biases left out. Sums run over the rows piece by piece, so
// memory does not grow with them. One thread at a time.
class FittingObjective {
 public:
  // Both spools have the same rows and outlive this; features count as standardised.
  // `hidden` 0: one layer.
  FittingObjective(const RowSpool& features, const RowSpool& targets,
                   const Standardisation& standard, int hidden, double l2);

  // Numbers in a point: the layers in order, weights column by column, then the bias.
  std::int64_t size() const { return size_; }

  // The loss at `point`; fills `gradient` unless it is empty. The spools' errors.
  Result<double> Evaluate(std::span<const double> point, std::span<double> gradient) const;

  Classifier At(std::span<const double> point) const;
  void Store(const Classifier& classifier, std::span<double> point) const;

 private:
  struct Shape {
    std::int64_t in;
    std::int64_t out;
  };

  const RowSpool& features_;
  const RowSpool& targets_;
  const Standardisation& standard_;
  const double l2_;
  std::vector<Shape> shapes_;
  std::int64_t size_ = 0;
};

// Mean cross-entropy alone, of a classifier of standardised features.
Result<double> CrossEntropy(const Classifier& classifier, const RowSpool& features,
                            const RowSpool& targets, const Standardisation& standard);

}  // namespace offramp
