#include "offramp/profiling/exit_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "offramp/base/random.h"
#include "offramp/base/text.h"
#include "offramp/model/confidence.h"

namespace offramp {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kFewestRows = 4;
constexpr double kThresholds[] = {0.3,  0.4, 0.5,  0.55, 0.6,  0.65, 0.7,  0.75,  0.8,
                                  0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 1.01};

using RowNumbers = std::vector<std::int64_t>;

LogitRows Gathered(const LogitRows& all, const RowNumbers& rows) {
  LogitRows some{.classes = all.classes, .values = {}};
  some.values.reserve(rows.size() * static_cast<std::size_t>(all.classes));
  for (const std::int64_t row : rows) {
    some.values.insert(some.values.end(), all.row(row).begin(), all.row(row).end());
  }
  return some;
}

std::vector<std::int32_t> Gathered(const std::vector<std::int32_t>& all, const RowNumbers& rows) {
  std::vector<std::int32_t> some;
  some.reserve(rows.size());
  for (const std::int64_t row : rows) some.push_back(all[static_cast<std::size_t>(row)]);
  return some;
}

// Half of the rows, drawn: files are often sorted by class.
std::pair<RowNumbers, RowNumbers> Halves(std::int64_t rows, std::uint64_t seed) {
  RowNumbers order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  Random random(seed);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2);
  RowNumbers fitted(order.begin(), middle);
  RowNumbers profiled(middle, order.end());
  std::sort(fitted.begin(), fitted.end());
  std::sort(profiled.begin(), profiled.end());
  return {std::move(fitted), std::move(profiled)};
}

double Mean(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

std::vector<float> Confidences(const LogitRows& logits, double temperature) {
  std::vector<float> confidences;
  confidences.reserve(static_cast<std::size_t>(logits.rows()));
  for (std::int64_t i = 0; i < logits.rows(); ++i) {
    confidences.push_back(MaxSoftmax(logits.row(i), temperature).confidence);
  }
  return confidences;
}

// 1 where the row's answer is `wanted`, and it has one.
std::vector<float> Matches(const LogitRows& logits, const std::vector<std::int32_t>& wanted) {
  std::vector<float> matches;
  matches.reserve(wanted.size());
  for (std::int64_t i = 0; i < logits.rows(); ++i) {
    const Confidence found = MaxSoftmax(logits.row(i), 1);
    matches.push_back(found.valid && found.argmax == wanted[static_cast<std::size_t>(i)] ? 1 : 0);
  }
  return matches;
}

void AddShares(const std::vector<float>& confidence, const std::vector<float>& correct,
               ExitFigures& figures) {
  for (const double threshold : kShownThresholds) {
    double leave = 0;
    double right = 0;
    for (std::size_t i = 0; i < confidence.size(); ++i) {
      if (static_cast<double>(confidence[i]) < threshold) continue;
      leave += 1;
      right += static_cast<double>(correct[i]);
    }
    figures.shares.push_back(leave / static_cast<double>(confidence.size()));
    figures.accuracy_of_those.push_back(leave > 0 ? right / leave : kNaN);
  }
}

// A row leaves at the first exit whose confidence reaches the threshold; the last always answers.
ExitThresholdPoint PointAt(double threshold, const Bundle& bundle, const ExitProfile& profile) {
  ExitThresholdPoint point{.threshold = threshold};
  const int last = profile.stages();
  point.leave.resize(static_cast<std::size_t>(last));
  const auto rows = static_cast<double>(profile.rows());
  for (std::size_t row = 0; row < profile.rows(); ++row) {
    double gflops = 0;
    for (int h = 1; h <= last; ++h) {
      gflops += bundle.stage(h).gflops;
      const bool leaves =
          h == last ||
          (profile.has_exit(h) && static_cast<double>(profile.confidence(h)[row]) >= threshold);
      if (!leaves) continue;
      point.leave[static_cast<std::size_t>(h - 1)] += 1 / rows;
      point.accuracy += static_cast<double>(profile.correct(h)[row]) / rows;
      point.gflops += gflops / rows;
      break;
    }
  }
  return point;
}

// As bundle.yaml will have it.
double Rounded(double temperature) { return std::round(temperature * 1e4) / 1e4; }

}  // namespace

Result<ExitReport> MeasureExits(const Bundle& bundle, const LogitPass& pass,
                                const ExitFigureOptions& options) {
  if (pass.rows < kFewestRows) {
    return InvalidArgumentError(Format("the data hold %lld rows, expected at least %lld",
                                       static_cast<long long>(pass.rows),
                                       static_cast<long long>(kFewestRows)));
  }
  ExitReport report;
  report.labelled = !pass.labels.empty();
  auto [fitted, profiled] = Halves(pass.rows, options.seed);
  if (!options.calibrate) {
    fitted.clear();
    profiled.resize(static_cast<std::size_t>(pass.rows));
    std::iota(profiled.begin(), profiled.end(), 0);
  }
  report.fitted_rows = static_cast<std::int64_t>(fitted.size());
  report.profiled_rows = static_cast<std::int64_t>(profiled.size());
  const std::vector<std::int32_t> answers = ArgMax(pass.exits.back());
  const std::vector<std::int32_t>& truth = report.labelled ? pass.labels : answers;
  const std::vector<std::int32_t> truth_fitted = Gathered(truth, fitted);
  const std::vector<std::int32_t> truth_profiled = Gathered(truth, profiled);
  const std::vector<std::int32_t> answers_profiled = Gathered(answers, profiled);
  const std::int64_t classes = pass.exits.back().classes;
  const auto beyond = std::find_if(truth.begin(), truth.end(),
                                   [&](std::int32_t label) { return label >= classes; });
  if (beyond != truth.end()) {
    return InvalidArgumentError(Format("row %td has the label %d, and the model tells 0 to %lld",
                                       beyond - truth.begin(), *beyond,
                                       static_cast<long long>(classes - 1)));
  }

  std::vector<std::vector<float>> confidence(bundle.stages.size());
  std::vector<std::vector<float>> correct(bundle.stages.size());
  std::vector<bool> bad(profiled.size());
  for (int h = 1; h <= bundle.stage_count(); ++h) {
    const LogitRows& logits = pass.exits[static_cast<std::size_t>(h - 1)];
    if (logits.classes == 0) continue;
    if (logits.classes != classes) {
      return InvalidArgumentError(Format("stage %d answers %lld classes, and the last stage %lld",
                                         h, static_cast<long long>(logits.classes),
                                         static_cast<long long>(classes)));
    }
    const bool last = h == bundle.stage_count();
    ExitFigures figures{.stage = h, .temperature_before = bundle.stage(h).temperature};
    figures.temperature = figures.temperature_before;
    if (options.calibrate && (report.labelled || !last)) {
      figures.temperature = Rounded(FitTemperature(Gathered(logits, fitted), truth_fitted));
    }
    const LogitRows mine = Gathered(logits, profiled);
    const std::vector<float> right = Matches(mine, truth_profiled);
    const std::vector<float> sure = Confidences(mine, figures.temperature);
    for (std::int64_t i = 0; i < mine.rows(); ++i) {
      bad[static_cast<std::size_t>(i)] =
          bad[static_cast<std::size_t>(i)] || !MaxSoftmax(mine.row(i), 1).valid;
    }
    figures.accuracy = report.labelled ? Mean(right) : kNaN;
    figures.agreement = Mean(Matches(mine, answers_profiled));
    figures.raw = MeasureReliability(Confidences(mine, 1), right);
    figures.before = MeasureReliability(Confidences(mine, figures.temperature_before), right);
    figures.calibrated = MeasureReliability(sure, right);
    AddShares(sure, right, figures);
    report.exits.push_back(std::move(figures));
    correct[static_cast<std::size_t>(h - 1)] = right;
    if (!last) confidence[static_cast<std::size_t>(h - 1)] = sure;
  }
  report.bad_rows = std::count(bad.begin(), bad.end(), true);
  report.profile = std::make_shared<ExitProfile>(std::move(confidence), std::move(correct));
  for (const double threshold : kThresholds) {
    report.points.push_back(PointAt(threshold, bundle, *report.profile));
  }
  return report;
}

}  // namespace offramp
