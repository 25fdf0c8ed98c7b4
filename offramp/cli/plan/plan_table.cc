#include "offramp/cli/plan/plan_table.h"

#include <algorithm>
#include <cmath>

#include "offramp/base/text.h"
#include "offramp/cli/table.h"
#include "offramp/cli/terminal.h"
#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

constexpr std::size_t kBusiest = 4;
constexpr std::size_t kMaxShares = 6;

std::size_t Index(int i) { return static_cast<std::size_t>(i); }

std::string ThresholdText(const Problem& problem, int node, const Strategy& strategy) {
  if (node < 0 || !problem.has_exit(problem.node(node).stage)) return "-";
  const double threshold = strategy.threshold[Index(node)];
  return threshold > 1 ? "never" : Format("%.3f", threshold);
}

// The largest shares first.
std::string SharesText(const Problem& problem, int node, const Strategy& strategy) {
  struct Share {
    int link;
    double share;
  };
  std::vector<Share> shares;
  for (int link = problem.first_link(node); link < problem.first_link(node + 1); ++link) {
    if (strategy.share[Index(link)] >= 5e-4) shares.push_back({link, strategy.share[Index(link)]});
  }
  std::stable_sort(shares.begin(), shares.end(),
                   [](const Share& a, const Share& b) { return a.share > b.share; });
  std::vector<std::string> texts;
  for (const Share& share : shares) {
    if (texts.size() == kMaxShares) {
      texts.push_back(Format("and %zu more", shares.size() - kMaxShares));
      break;
    }
    texts.push_back(Format("%s %.1f %%", problem.node(problem.link(share.link).to).name.c_str(),
                           100 * share.share));
  }
  return Join(texts, "  ");
}

// What a part adds to the mean delay: its tasks in the system over the total rate (Little's law).
struct Cost {
  std::string name;
  double delay_s;
  std::string detail;
};

std::string CostText(std::vector<Cost> costs) {
  std::stable_sort(costs.begin(), costs.end(),
                   [](const Cost& a, const Cost& b) { return a.delay_s > b.delay_s; });
  std::vector<std::string> texts;
  for (const Cost& cost : costs) {
    if (texts.size() == kBusiest || cost.delay_s <= 0) break;
    texts.push_back(cost.name + " " + DelayText(cost.delay_s) + " (" + cost.detail + ")");
  }
  return texts.empty() ? "nothing" : Join(texts);
}

std::string NodeCosts(const Problem& problem, const Evaluation& evaluation) {
  std::vector<Cost> costs;
  for (int node = problem.first_node(1); node < problem.node_count(); ++node) {
    const ProblemNode& facts = problem.node(node);
    const double number = EvaluateQueue(evaluation.arrival_rate_per_s[Index(node)],
                                        facts.service_rate_per_s, facts.congestion)
                              .number;
    costs.push_back({facts.name, number / problem.total_rate_per_s(),
                     Format("%.0f %% busy", 100 * evaluation.utilization[Index(node)])});
  }
  return CostText(std::move(costs));
}

std::string LinkCosts(const Problem& problem, const Evaluation& evaluation) {
  std::vector<Cost> costs;
  for (int link = 0; link < problem.link_count(); ++link) {
    const ProblemLink& facts = problem.link(link);
    const double flow = evaluation.link_flow_per_s[Index(link)];
    costs.push_back({problem.node(facts.from).name + " -> " + problem.node(facts.to).name,
                     flow * facts.transfer_s / problem.total_rate_per_s(),
                     Format("%.3g tasks/s, %s each", flow, DelayText(facts.transfer_s).c_str())});
  }
  return CostText(std::move(costs));
}

std::string ObjectiveText(const Plan& plan) {
  return Format("%.4f s (delay - %.4g s x accuracy)", plan.predicted.objective_s,
                plan.accuracy_weight_s);
}

std::string GapText(const Plan& plan) {
  if (!plan.certificate) return "not certified";
  return Format("at most %s (%.2f %% of the delay) above any %s; %s",
                DelayText(plan.certificate->gap_s).c_str(),
                100 * plan.certificate->gap_s / plan.predicted.mean_delay_s,
                plan.certificate->policy_class.c_str(), plan.certificate->grid.c_str());
}

std::string ExitsText(const Problem& problem, const Evaluation& evaluation) {
  std::vector<std::string> texts;
  for (int stage = 1; stage <= problem.stages(); ++stage) {
    if (stage < problem.stages() && !problem.has_exit(stage)) continue;
    texts.push_back(
        Format("stage %d %.1f %%", stage, 100 * evaluation.exit_share[Index(stage - 1)]));
  }
  return Join(texts);
}

std::string StageText(int stage) { return stage == 0 ? "-" : std::to_string(stage); }

}  // namespace

std::string DelayText(double seconds) {
  if (std::abs(seconds) >= 10) return Format("%.1f s", seconds);
  if (std::abs(seconds) >= 1) return Format("%.2f s", seconds);
  const double ms = seconds * 1e3;
  return Format(ms >= 100 ? "%.0f ms" : ms >= 10 ? "%.1f ms" : "%.2f ms", ms);
}

std::string PlanTable(const Problem& problem, const Plan& plan, std::size_t max_parts,
                      bool colour) {
  const Evaluation& predicted = plan.predicted;
  Table facts;
  facts.AddColumn(std::string(PolicyName(plan.policy)), Table::Align::kLeft);
  facts.AddColumn("", Table::Align::kLeft);
  facts.AddRow({"mean delay", DelayText(predicted.mean_delay_s)});
  if (problem.profile() != nullptr) {
    facts.AddRow({"accuracy", Format("%.2f %%", 100 * predicted.accuracy)});
    facts.AddRow({"exits", ExitsText(problem, predicted)});
  }
  facts.AddRow({"objective", ObjectiveText(plan)});
  if (plan.held_out) {
    facts.AddRow({"held out", DelayText(plan.held_out->mean_delay_s) +
                                  Format(", %.2f %%", 100 * plan.held_out->accuracy)});
  }
  facts.AddRow({"gap", GapText(plan)});
  facts.AddRow({"rounds", Format("%d: %s", plan.rounds, plan.message.c_str())});
  facts.AddRow({"nodes cost most", NodeCosts(problem, predicted)});
  facts.AddRow({"links cost most", LinkCosts(problem, predicted)});
  if (predicted.max_utilization >= 1) {
    facts.AddRow({"overloaded", Paint("a node gets more than it can serve; delays are those of a "
                                      "queue that is cut off",
                                      "31", colour)});
  }
  Table parts;
  parts.AddColumn("PART", Table::Align::kLeft);
  parts.AddColumn("STAGE");
  parts.AddColumn("TASKS/S");
  parts.AddColumn("UTIL");
  parts.AddColumn("THRESHOLD");
  parts.AddColumn("SENDS TO", Table::Align::kLeft);
  const auto shown = std::min(max_parts, Index(problem.node_count()));
  for (int node = 0; node < static_cast<int>(shown); ++node) {
    const int stage = problem.node(node).stage;
    if (node > 0 && stage != problem.node(node - 1).stage) parts.AddRule();
    parts.AddRow({problem.node(node).name, StageText(stage),
                  Format("%.3g", predicted.arrival_rate_per_s[Index(node)]),
                  stage == 0 ? "-" : Format("%.3f", predicted.utilization[Index(node)]),
                  ThresholdText(problem, node, plan.strategy),
                  SharesText(problem, node, plan.strategy)});
  }
  std::string text = facts.Render(colour ? "1" : "") + "\n" + parts.Render(colour ? "1" : "");
  if (shown < Index(problem.node_count())) {
    text += Format("and %zu more parts; --json has all\n", Index(problem.node_count()) - shown);
  }
  return text;
}

std::string CompareTable(const ProblemPlan& before, const ProblemPlan& after, std::size_t max_parts,
                         bool colour) {
  const Evaluation& was = before.plan.predicted;
  const Evaluation& is = after.plan.predicted;
  Table table;
  table.AddColumn("", Table::Align::kLeft);
  table.AddColumn("BEFORE");
  table.AddColumn("AFTER");
  table.AddColumn("");
  const auto change = [](double from, double to) {
    return from > 0 ? Format("%+.1f %%", 100 * (to / from - 1)) : std::string();
  };
  table.AddRow({"mean delay", DelayText(was.mean_delay_s), DelayText(is.mean_delay_s),
                change(was.mean_delay_s, is.mean_delay_s)});
  table.AddRow({"accuracy", Format("%.2f %%", 100 * was.accuracy),
                Format("%.2f %%", 100 * is.accuracy),
                Format("%+.2f points", 100 * (is.accuracy - was.accuracy))});
  table.AddRow({"objective", Format("%.4f s", was.objective_s), Format("%.4f s", is.objective_s),
                Format("%+.4f s", is.objective_s - was.objective_s)});
  table.AddRow({"busiest node", Format("%.3f", was.max_utilization),
                Format("%.3f", is.max_utilization), ""});
  table.AddRule();
  std::size_t shown = 0;
  const Problem& old = before.problem;
  for (int node = old.first_node(1); node < old.node_count() && shown < max_parts; ++node) {
    const int now = after.problem.FindNode(old.node(node).name);
    const double from = was.utilization[Index(node)];
    const std::string name = old.node(node).name;
    table.AddRow({name + " utilisation", Format("%.3f", from),
                  now < 0 ? "gone" : Format("%.3f", is.utilization[Index(now)]),
                  now < 0 ? "" : Format("%+.3f", is.utilization[Index(now)] - from)});
    if (old.has_exit(old.node(node).stage)) {
      table.AddRow({name + " threshold", ThresholdText(old, node, before.plan.strategy),
                    ThresholdText(after.problem, now, after.plan.strategy), ""});
    }
    ++shown;
  }
  return table.Render(colour ? "1" : "");
}

}  // namespace offramp
