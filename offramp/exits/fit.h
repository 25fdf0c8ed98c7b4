// Fits an exit's classifier by L-BFGS (Liu and Nocedal 1989; the library is liblbfgs).
#pragma once

#include <cstdint>
#include <functional>

#include "offramp/base/result.h"
#include "offramp/exits/classifier.h"
#include "offramp/exits/row_spool.h"

namespace offramp {

struct FitOptions {
  int hidden = 0;              // units between the two layers; 0: one layer
  std::uint64_t seed = 1;      // of the hidden layer's first weights
  int max_iterations = 100;    // a fit
  std::function<bool()> stop;  // asked between steps; null: never
};

struct Fitted {
  Classifier classifier;  // of standardised features
  double l2 = 0;          // the weight decay that did best
  double loss = 0;        // mean cross-entropy on the choosing rows
};

// The least of FittingObjective for one weight decay, from `start` (null: zeros, and small random
// weights of a hidden layer). kCancelled when stopped; the spools' errors.
Result<Classifier> FitClassifier(const RowSpool& features, const RowSpool& targets,
                                 const Standardisation& standard, double l2,
                                 const FitOptions& options, const Classifier* start = nullptr);

// Fits with weight decays from 0.3 (a hidden layer: 0.03) down to 3e-6 while the loss on the
// choosing rows still falls, and keeps the best.
Result<Fitted> FitByHeldOut(const RowSpool& features, const RowSpool& targets,
                            const RowSpool& choosing_features, const RowSpool& choosing_targets,
                            const Standardisation& standard, const FitOptions& options);

}  // namespace offramp
