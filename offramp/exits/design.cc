#include "offramp/exits/design.h"

#include <algorithm>
#include <cmath>

#include "offramp/exits/fit.h"
#include "offramp/model/confidence.h"

namespace offramp {

namespace {

// How much of a labelled row's target is its label; the rest is what the last stage answers.
constexpr float kLabelShare = 0.5F;

// Targets with the labels mixed in.
Result<RowSpool> MixedTargets(const RowPart& part, bool in_memory) {
  const RowSpool& answers = part.targets.front();
  OFFRAMP_ASSIGN_OR_RETURN(RowSpool mixed, RowSpool::Create(answers.width(), in_memory));
  const std::int64_t piece = RowsAPiece(answers.width());
  for (std::int64_t first = 0; first < answers.rows(); first += piece) {
    const std::int64_t count = std::min(piece, answers.rows() - first);
    std::vector<float> values(static_cast<std::size_t>(count * answers.width()));
    OFFRAMP_RETURN_IF_ERROR(answers.Read(first, values));
    if (!part.labels.empty()) {
      for (float& value : values) value *= 1 - kLabelShare;
      for (std::int64_t r = 0; r < count; ++r) {
        const std::int32_t label = part.labels[static_cast<std::size_t>(first + r)];
        values[static_cast<std::size_t>(r * answers.width() + label)] += kLabelShare;
      }
    }
    OFFRAMP_RETURN_IF_ERROR(mixed.Append(values));
  }
  return mixed;
}

double ShareEqual(const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i] ? 1U : 0U;
  return a.empty() ? 0 : static_cast<double>(equal) / static_cast<double>(a.size());
}

double CalibrationError(const LogitRows& logits, const std::vector<std::int32_t>& truth,
                        double temperature) {
  std::vector<float> confidence;
  std::vector<float> correct;
  for (std::int64_t r = 0; r < logits.rows(); ++r) {
    const Confidence found = MaxSoftmax(logits.row(r), temperature);
    confidence.push_back(found.confidence);
    correct.push_back(found.argmax == truth[static_cast<std::size_t>(r)] ? 1.0F : 0.0F);
  }
  return MeasureReliability(confidence, correct).error;
}

}  // namespace

const std::vector<std::int32_t>& Truth(const RowPart& part) {
  return part.labels.empty() ? part.answers : part.labels;
}

Result<LogitRows> Predict(const ExitDesign& design, const RowSpool& features) {
  LogitRows found;
  found.classes = design.classifier.layers.back().bias.size();
  const std::int64_t piece = RowsAPiece(features.width());
  for (std::int64_t first = 0; first < features.rows(); first += piece) {
    OFFRAMP_ASSIGN_OR_RETURN(const RowMatrix rows,
                             ReadRows(features, first, std::min(piece, features.rows() - first)));
    Eigen::MatrixXd logits = design.classifier.Logits(rows);
    if (design.probabilities) {
      const Eigen::VectorXd largest = logits.rowwise().maxCoeff();
      logits = (logits.colwise() - largest).array().exp();
      const Eigen::VectorXd sums = logits.rowwise().sum();
      logits.array().colwise() /= sums.array();
    }
    const auto values = logits.reshaped<Eigen::RowMajor>();
    for (const double value : values) found.values.push_back(static_cast<float>(value));
  }
  return found;
}

Result<DesignedExit> DesignExit(const Collected& rows, std::size_t index,
                                const DesignOptions& options) {
  const FitOptions fit{.hidden = options.hidden, .seed = options.seed, .stop = options.stop};
  OFFRAMP_ASSIGN_OR_RETURN(const RowSpool targets, MixedTargets(rows.fitting, !rows.spooled));
  OFFRAMP_ASSIGN_OR_RETURN(const RowSpool choosing, MixedTargets(rows.choosing, !rows.spooled));
  DesignedExit best;
  std::size_t best_pool = 0;
  for (std::size_t p = 0; p < rows.pools[index].size(); ++p) {
    const RowSpool& features = rows.fitting.features[index][p];
    OFFRAMP_ASSIGN_OR_RETURN(const Standardisation standard, Standardisation::Of(features));
    OFFRAMP_ASSIGN_OR_RETURN(
        const Fitted fitted,
        FitByHeldOut(features, targets, rows.choosing.features[index][p], choosing, standard, fit));
    if (p > 0 && fitted.loss >= best.loss) continue;
    best.design.pool = rows.pools[index][p];
    best.design.classifier = standard.Fold(fitted.classifier).AsFloats();
    best.l2 = fitted.l2;
    best.loss = fitted.loss;
    best_pool = p;
  }
  best.design.inputs = rows.inputs[index];
  // A mask that only the mean looks at.
  if (best.design.pool.kind == ExitPool::Kind::kFirst) best.design.inputs.mask.clear();
  best.design.probabilities = rows.probabilities;
  OFFRAMP_ASSIGN_OR_RETURN(const LogitRows chosen_by,
                           Predict(best.design, rows.choosing.features[index][best_pool]));
  best.temperature = FitTemperature(chosen_by, Truth(rows.choosing));
  OFFRAMP_ASSIGN_OR_RETURN(best.held_out,
                           Predict(best.design, rows.held_out.features[index][best_pool]));
  const std::vector<std::int32_t> answers = ArgMax(best.held_out);
  best.agreement = ShareEqual(answers, rows.held_out.answers);
  if (!rows.held_out.labels.empty()) best.accuracy = ShareEqual(answers, rows.held_out.labels);
  best.error_before = CalibrationError(best.held_out, Truth(rows.held_out), 1);
  best.error_after = CalibrationError(best.held_out, Truth(rows.held_out), best.temperature);
  return best;
}

}  // namespace offramp
