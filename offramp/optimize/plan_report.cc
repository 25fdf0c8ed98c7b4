#include <algorithm>
#include <numeric>

#include "offramp/base/text.h"
#include "offramp/optimize/plan.h"

namespace offramp {
namespace {

constexpr std::size_t kListed = 5;  // busiest nodes and links

std::vector<int> Largest(const std::vector<double>& values) {
  std::vector<int> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return values[static_cast<std::size_t>(a)] > values[static_cast<std::size_t>(b)];
  });
  order.resize(std::min(order.size(), kListed));
  return order;
}

}  // namespace

std::string_view PlanStopName(PlanStop stop) {
  switch (stop) {
    case PlanStop::kConverged:
      return "converged";
    case PlanStop::kRoundsSpent:
      return "rounds spent";
    case PlanStop::kNothingToDo:
      return "nothing to do";
    case PlanStop::kStopped:
      return "stopped";
  }
  return "unknown";
}

std::string Plan::BriefReport() const {
  std::string text = Format("%s: mean delay %.4g s, accuracy %.4f, objective %.6g s",
                            std::string(PolicyName(policy)).c_str(), predicted.mean_delay_s,
                            predicted.accuracy, predicted.objective_s);
  if (rounds > 0) text += Format(", %d rounds", rounds);
  if (certificate) text += Format(", gap at most %.3g s", certificate->gap_s);
  if (!objective_met) text += ", objective not met";
  return text;
}

std::string Plan::FullReport(const Problem& problem) const {
  std::string text = BriefReport() + "\n";
  text += "stop:            " + std::string(PlanStopName(stop)) + ": " + message + "\n";
  text += Format("accuracy weight: %.6g s\n", accuracy_weight_s);
  if (held_out) {
    text += Format("held out:        mean delay %.4g s, accuracy %.4f\n", held_out->mean_delay_s,
                   held_out->accuracy);
  }
  if (certificate) {
    text += Format("certificate:     U >= %.6g s (gap %.3g s, %.3g %% of the delay)\n",
                   certificate->lower_bound_s, certificate->gap_s,
                   100 * certificate->gap_s / std::max(predicted.mean_delay_s, 1e-12));
    text += "                 class: " + certificate->policy_class + "\n";
    text += "                 grid:  " + certificate->grid + "\n";
  }
  if (restart > 0) text += Format("best plan:       from restart %d\n", restart);
  text += "busiest nodes:\n";
  for (const int node : Largest(predicted.utilization)) {
    text += Format("  %-20s utilisation %.3f\n", problem.node(node).name.c_str(),
                   predicted.utilization[static_cast<std::size_t>(node)]);
  }
  // Mean tasks under way on a link: its part of the delay.
  std::vector<double> under_way;
  for (int l = 0; l < problem.link_count(); ++l) {
    under_way.push_back(predicted.link_flow_per_s[static_cast<std::size_t>(l)] *
                        problem.link(l).transfer_s);
  }
  text += "busiest links:\n";
  for (const int l : Largest(under_way)) {
    const ProblemLink& link = problem.link(l);
    text += Format("  %-20s %.3g tasks/s, %.3g s each\n",
                   (problem.node(link.from).name + " -> " + problem.node(link.to).name).c_str(),
                   predicted.link_flow_per_s[static_cast<std::size_t>(l)], link.transfer_s);
  }
  if (!history.empty()) {
    text += "rounds:\n";
    const std::size_t step = std::max<std::size_t>(1, history.size() / 10);
    for (std::size_t i = 0; i < history.size(); i += step) {
      text +=
          Format("  %5d  mean delay %.4g s, accuracy %.4f, objective %.6g s\n", history[i].round,
                 history[i].mean_delay_s, history[i].accuracy, history[i].objective_s);
    }
  }
  return text;
}

}  // namespace offramp
