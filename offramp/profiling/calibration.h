// How far an exit's confidence can be believed: temperature scaling (Guo et al. 2017, "On
// Calibration of Modern Neural Networks", section 4.2), reliability bins and the expected
// calibration error. models/training/calibration.py is the same in Python.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"

namespace offramp {

// Logits of one exit, row by row.
struct LogitRows {
  std::int64_t classes = 0;
  std::vector<float> values;  // rows * classes

  std::int64_t rows() const {
    return classes == 0 ? 0 : static_cast<std::int64_t>(values.size()) / classes;
  }
  std::span<const float> row(std::int64_t i) const {
    return {values.data() + i * classes, static_cast<std::size_t>(classes)};
  }
};

// Appends the rows of an exit's output (FP16, BF16, FP32 or FP64; a row's elements are its
// classes). kInvalidArgument when it has another datatype, fewer than two classes or not as many as
// the rows before.
Status AppendLogits(const Tensor& logits, LogitRows& rows);

// Rows [first, first + count). REQUIRES: within bounds.
LogitRows SliceLogits(const LogitRows& rows, std::int64_t first, std::int64_t count);

// Index of each row's largest logit, the first of equals; 0 for a row with a NaN.
std::vector<std::int32_t> ArgMax(const LogitRows& rows);

// Mean over the rows of -log softmax(logits / temperature)_label; rows that are not finite are left
// out. REQUIRES: a label a row, within the classes; temperature > 0.
double MeanNegativeLogLikelihood(const LogitRows& logits, std::span<const std::int32_t> labels,
                                 double temperature);

// The temperature with the least of that, within exp(-4) .. exp(4): it is convex in
// 1 / temperature, so golden sections find it. 1 where there is nothing to fit on.
double FitTemperature(const LogitRows& logits, std::span<const std::int32_t> labels);

// Rows whose confidence lies in (b / bins, (b + 1) / bins].
struct ReliabilityBin {
  std::int64_t rows = 0;
  double confidence = 0;  // means over the rows; 0 without rows
  double accuracy = 0;
};

struct ReliabilityCurve {
  std::vector<ReliabilityBin> bins;
  double error = 0;  // expected calibration error: mean |confidence - accuracy| by rows
};

inline constexpr int kReliabilityBins = 15;

// REQUIRES: equal lengths; confidence in 0..1.
ReliabilityCurve MeasureReliability(std::span<const float> confidence,
                                    std::span<const float> correct, int bins = kReliabilityBins);

}  // namespace offramp
