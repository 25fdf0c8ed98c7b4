#include "offramp/cli/reproduce/study_text.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "offramp/base/text.h"

namespace offramp {
namespace {

constexpr double kClaimedLoad = 0.7;

std::string Milliseconds(double seconds) {
  return Format(std::abs(seconds) < 0.1 ? "%.1f" : "%.0f", seconds * 1e3);
}

std::string Percent(const SeedStatistics& share) {
  return Format("%.0f ± %.0f %%", 100 * share.mean, 100 * share.half_width);
}

std::string MillisecondsText(const SeedStatistics& seconds) {
  return Milliseconds(seconds.mean) + " ± " + Milliseconds(seconds.half_width) + " ms";
}

std::string CellText(const Figures& figures) {
  if (!std::isfinite(figures.delay_s.mean)) return "-";
  return MillisecondsText(figures.delay_s) +
         Format(", %.1f ± %.1f %%", 100 * figures.accuracy.mean, 100 * figures.accuracy.half_width);
}

std::string EqualText(const EqualFigures& figures) {
  if (figures.seeds == 0) return "never so accurate";
  if (!std::isfinite(figures.delay_s.mean)) return "-";
  std::string text = MillisecondsText(figures.delay_s) + ", " + Percent(figures.delay_lower);
  if (figures.seeds < figures.of) {
    text += Format(" (%d of %d seeds)", figures.seeds, figures.of);
  }
  return text;
}

// A table of curves by the experiment's columns.
template <typename Rows, typename Cell>
std::string TableOf(const Experiment& experiment, const Rows& rows, Cell cell) {
  std::string text = "| " + experiment.axis;
  std::string rule = "|---";
  for (const double x : experiment.x) text += Format(" | %g", x);
  for (const std::string& column : experiment.columns) text += " | " + column;
  for (std::size_t i = 0; i < experiment.x.size() + experiment.columns.size(); ++i) rule += "|---:";
  text += " |\n" + rule + "|\n";
  for (const auto& row : rows) {
    text += "| " + row.name;
    for (const auto& point : row.points) text += " | " + cell(point);
    text += " |\n";
  }
  return text;
}

bool HasColumns(const Experiment& experiment) {
  return !experiment.x.empty() || !experiment.columns.empty();
}

std::string ExperimentMarkdown(const std::string& title, const Experiment& experiment) {
  if (!HasColumns(experiment)) return "";
  std::string text = "## " + title + "\n\n" + experiment.text + "\n\n" +
                     TableOf(experiment, experiment.curves, CellText) + "\n";
  if (experiment.by_objective) {
    text += "Objective above that of the first row, seed by seed:\n\n" +
            TableOf(experiment, experiment.curves,
                    [](const Figures& f) { return MillisecondsText(f.objective_above_s); }) +
            "\n";
  }
  if (!experiment.equal.empty()) {
    text += "At the accuracy of dto-ee: mean delay, and by how much that of dto-ee is lower:\n\n" +
            TableOf(experiment, experiment.equal, EqualText) + "\n";
  }
  return text;
}

std::string ConvergenceMarkdown(const std::string& title, const Convergence& convergence) {
  if (convergence.excess_percent.empty()) return "";
  std::string text = "## " + title +
                     "\n\nThe distributed rounds from even shares and thresholds of 0.8.\n\n"
                     "| rounds | objective above the best known, % of the delay |\n|---:|---:|\n";
  for (std::size_t i = 0; i < convergence.rounds.size(); ++i) {
    const SeedStatistics& excess = convergence.excess_percent[i];
    text += Format("| %d | %.3g ± %.2g |\n", convergence.rounds[i], std::max(0.0, excess.mean),
                   excess.half_width);
  }
  return text + "\n";
}

// The curve at equal accuracy that belongs to an arm called "policy, thresholds".
const EqualCurve* EqualOf(const Experiment& experiment, const std::string& arm) {
  const auto found = std::find_if(
      experiment.equal.begin(), experiment.equal.end(),
      [&arm](const EqualCurve& c) { return arm == c.name || arm.rfind(c.name + ",", 0) == 0; });
  return found == experiment.equal.end() ? nullptr : &*found;
}

}  // namespace

std::string StudyIntroduction(const Study& study) {
  return Format(
      "50 devices, 18 nodes like Jetson boards (TX2, Xavier NX, AGX Xavier) in several power "
      "modes, links of 20 to 80 Mbit/s without queues, exponential service. FLOPs, bytes and "
      "memory of the models are computed from their architectures by `models/paper_shapes.py`; "
      "what their exits do is taken from %zu rows of `%s`, a model of our own, because the paper's "
      "are not public. Every figure is a mean over %d seeds of network, arrivals and service, with "
      "a 95 %% interval; %g simulated seconds of arrivals a run, a tenth of them warm-up.",
      study.rows, study.profile.c_str(), study.seeds, study.seconds);
}

std::string ClaimsMarkdown(const ModelStudy& model) {
  const auto found =
      std::find_if(model.experiments.begin(), model.experiments.end(),
                   [](const Experiment& experiment) { return experiment.title == kRateTitle; });
  if (found == model.experiments.end()) return "";
  const Experiment& rate = *found;
  const auto at = std::find(rate.x.begin(), rate.x.end(), kClaimedLoad);
  if (at == rate.x.end()) return "";
  const auto point = static_cast<std::size_t>(at - rate.x.begin());
  std::string text =
      "| " + model.model +
      ", against | paper: delay lower by | here | paper: accuracy higher by | here | delay lower "
      "by, at equal accuracy | objective lower by |\n|---|---:|---:|---:|---:|---:|---:|\n";
  for (const Curve& curve : rate.curves) {
    if (&curve == &rate.curves.front()) continue;
    const Figures& theirs = curve.points[point];
    const EqualCurve* equal = EqualOf(rate, curve.name);
    const std::string reached = equal == nullptr || equal->points[point].seeds == 0
                                    ? "-"
                                    : Percent(equal->points[point].delay_lower);
    text += "| " + curve.name + " | " + (curve.papers ? "21-41 %" : "-") + " | " +
            Percent(theirs.delay_lower) + " | " + (curve.papers ? "1-4 points" : "-") +
            Format(" | %.1f ± %.1f points | ", 100 * theirs.accuracy_higher.mean,
                   100 * theirs.accuracy_higher.half_width) +
            reached + " | " + MillisecondsText(theirs.objective_above_s) + " |\n";
  }
  return text;
}

std::string StudyMarkdown(const Study& study) {
  std::string text = "# DTO-EE, reproduced\n\nPrinted by `" + study.command + "` (offramp " +
                     study.version + ").\n\n" + StudyIntroduction(study);
  if (study.interrupted) text += "\n\nInterrupted: what was complete by then.";
  text +=
      "\n\nCells: mean delay, accuracy. A delay means little beside another accuracy, so each "
      "baseline is there once more with the best stage-wide thresholds for the accuracy that "
      "dto-ee has on the same tasks (`genetic`: with another accuracy weight), read between the "
      "two settings next to it. Negative: the other way round. The objective is mean delay - "
      "weight x accuracy, what DTO-EE is asked for.\n\n";
  std::string claims;
  for (const ModelStudy& model : study.models) {
    const std::string of_model = ClaimsMarkdown(model);
    if (!of_model.empty()) claims += of_model + "\n";
  }
  if (!claims.empty()) text += "## The paper's claims\n\nAt a load of 0.7.\n\n" + claims;
  for (const ModelStudy& model : study.models) {
    for (const Experiment& experiment : model.experiments) {
      text += ExperimentMarkdown(model.model + ": " + experiment.title, experiment);
    }
    text += ConvergenceMarkdown(model.model + ": Convergence", model.convergence);
  }
  if (study.ingredients) {
    text += ExperimentMarkdown(study.ingredients->title, *study.ingredients);
  }
  return text;
}

}  // namespace offramp
