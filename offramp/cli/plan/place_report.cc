#include "offramp/cli/plan/place_report.h"

#include <algorithm>
#include <cmath>

#include "offramp/base/text.h"
#include "offramp/cli/model_options.h"
#include "offramp/cli/plan/plan_table.h"
#include "offramp/cli/table.h"
#include "offramp/cli/terminal.h"

namespace offramp {

namespace {

constexpr std::size_t kDearest = 4;

// One replica, with where the plan's figures of it are.
struct Placed {
  int stage;
  int machine;
  std::size_t node;  // index into the scenario's nodes
  std::size_t part;  // into the plan's figures by node
};

std::vector<Placed> AllPlaced(const PlacedPlan& best) {
  std::vector<Placed> all;
  const std::size_t sources = best.scenario.devices.size();
  for (int stage = 1; stage <= best.placement.stage_count(); ++stage) {
    for (const int machine : best.placement.on(stage)) {
      const std::size_t node = all.size();
      all.push_back({stage, machine, node, sources + node});
    }
  }
  return all;
}

std::string Percent(double share) { return Format("%.0f %%", 100 * share); }

// Time that a mean task spends at a part or on the way, dearest first.
std::string DearestText(const PlaceFacts& facts) {
  const PlacedPlan& best = facts.report.best;
  const Evaluation& e = best.plan.predicted;
  const double total = facts.task.total_rate_per_s();
  struct Cost {
    std::string name;
    double seconds;
  };
  std::vector<Cost> costs;
  for (const Placed& placed : AllPlaced(best)) {
    const ScenarioNode& node = best.scenario.nodes[placed.node];
    const double rho = e.utilization[placed.part];
    // As the queue model has it (queue_model.h), below its continuation.
    const double waiting =
        rho < 1 ? best.scenario.congestion() * rho * rho / std::max(1 - rho, 1e-3) : 0;
    costs.push_back({node.name, (rho + waiting) / total});
  }
  double at_nodes = 0;
  for (const Cost& cost : costs) at_nodes += cost.seconds;
  costs.push_back({"transfers", std::max(e.mean_delay_s - at_nodes, 0.0)});
  if (best.link_wait_s > 1e-6) costs.push_back({"waits for links", best.link_wait_s});
  std::stable_sort(costs.begin(), costs.end(),
                   [](const Cost& a, const Cost& b) { return a.seconds > b.seconds; });
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(costs.size(), kDearest); ++i) {
    if (costs[i].seconds <= 0) break;
    texts.push_back(costs[i].name + " " + DelayText(costs[i].seconds));
  }
  return Join(texts);
}

std::string LinkText(const PlacementTask& task, int link) {
  const MachineLink& busiest = task.machines().links[static_cast<std::size_t>(link)];
  return task.machine(busiest.from).name + " -> " + task.machine(busiest.to).name;
}

std::string LimitsText(const PlaceFacts& facts) {
  const PlacedPlan& best = facts.report.best;
  const auto busiest = std::max_element(best.machine_load.begin(), best.machine_load.end());
  std::string text =
      "busiest machine " +
      facts.task.machine(static_cast<int>(busiest - best.machine_load.begin())).name + " (" +
      Percent(*busiest) + ")";
  if (best.busiest_link >= 0 && best.max_link_load > 0) {
    text += ", busiest link " + LinkText(facts.task, best.busiest_link) + " (" +
            Percent(best.max_link_load) + ")";
  }
  return text;
}

std::string MachineTable(const PlaceFacts& facts, bool colour) {
  const PlacedPlan& best = facts.report.best;
  const std::vector<std::int64_t> used = facts.task.UsedMemory(best.placement);
  Table table;
  table.AddColumn("machine", Table::Align::kLeft);
  table.AddColumn("GFLOP/s");
  table.AddColumn("in use");
  table.AddColumn("memory");
  table.AddColumn("of");
  table.AddColumn("stages, their part of its speed, utilisation", Table::Align::kLeft);
  for (int m = 0; m < facts.task.machine_count(); ++m) {
    const Machine& machine = facts.task.machine(m);
    std::vector<std::string> stages;
    for (const Placed& placed : AllPlaced(best)) {
      if (placed.machine != m) continue;
      stages.push_back(
          Format("%d: %.0f %%, %.0f %%", placed.stage,
                 100 * best.scenario.nodes[placed.node].gflops_per_s / machine.gflops_per_s,
                 100 * best.plan.predicted.utilization[placed.part]));
    }
    const auto index = static_cast<std::size_t>(m);
    table.AddRow({machine.name, Format("%.4g", machine.gflops_per_s),
                  stages.empty() ? "" : Percent(best.machine_load[index]),
                  stages.empty() ? "" : BytesText(static_cast<double>(used[index])),
                  BytesText(static_cast<double>(machine.memory_bytes)),
                  stages.empty() ? "-" : Join(stages, "   ")});
  }
  return table.Render(colour ? "1" : "");
}

const PlacedPlan& Compared(const PlaceFacts& facts) {
  return facts.before_split != nullptr ? *facts.before_split : facts.report.best;
}

// What is bounded is U; under a floor or ceiling that says something of delay or accuracy.
std::string BoundText(const PlaceFacts& facts) {
  const PlaceReport& report = facts.report;
  const PlacedPlan& best = Compared(facts);
  const Objective& objective = facts.task.objective();
  const double bound_s = report.bound.lower_bound_s;
  const std::string grid = report.threshold_vectors > 1
                               ? Format(", for %zu vectors of thresholds", report.threshold_vectors)
                               : std::string();
  const auto gap = [&](double gap_s) {
    return ": gap " + DelayText(gap_s) +
           Format(" (%.1f %% of the delay)", 100 * gap_s / best.delay_s);
  };
  if (objective.max_mean_delay_s) {
    if (report.accuracy_weight_s <= 0) return "";
    const double most = (*objective.max_mean_delay_s - bound_s) / report.accuracy_weight_s;
    return Format("no placement has  an accuracy above %.2f %% within the ceiling",
                  100 * std::min(most, 1.0)) +
           grid + "\n";
  }
  if (objective.min_accuracy) {
    const double least_s = bound_s + report.accuracy_weight_s * *objective.min_accuracy;
    return "no placement has  a delay below " + DelayText(least_s) + " at that accuracy" +
           gap(best.delay_s - least_s) + grid + "\n";
  }
  return "no placement has  an objective below " + DelayText(bound_s) + gap(report.gap_s) + grid +
         "\n";
}

std::string RuleTable(const PlaceFacts& facts, bool colour) {
  const bool exits = facts.task.model().profile != nullptr;
  // Each plan under a floor or ceiling has a weight of its own: their objectives are no rivals.
  const bool objectives = exits && !facts.task.objective().steers();
  Table table;
  table.AddColumn("placed by", Table::Align::kLeft);
  table.AddColumn("mean delay");
  if (exits) table.AddColumn("accuracy");
  if (objectives) table.AddColumn("objective");
  table.AddColumn("", Table::Align::kLeft);
  const auto add = [&](const std::string& name, const PlacedPlan* placed, std::string note) {
    const bool runs = placed != nullptr && !placed->overloaded();
    if (placed != nullptr && !runs) note = "overloaded";
    std::vector<std::string> row = {name, runs ? DelayText(placed->delay_s) : "-"};
    if (exits) row.push_back(runs ? Format("%.2f %%", 100 * placed->accuracy()) : "-");
    if (objectives) row.push_back(runs ? DelayText(placed->objective_s) : "-");
    row.push_back(std::move(note));
    table.AddRow(std::move(row));
  };
  add("offramp", &Compared(facts), "");
  for (const RulePlaced& rule : facts.report.rules) {
    add(rule.name, rule.placed ? &*rule.placed : nullptr, rule.problem);
  }
  return table.Render(colour ? "1" : "");
}

OrderedJson PredictedJson(const PlacedPlan& placed) {
  return {{"mean_delay_s", placed.delay_s},
          {"link_wait_s", placed.link_wait_s},
          {"accuracy", placed.accuracy()},
          {"objective_s", placed.objective_s}};
}

OrderedJson RuleJson(const RulePlaced& rule) {
  OrderedJson json = {{"name", rule.name}};
  if (!rule.placed) {
    json["problem"] = rule.problem;
    return json;
  }
  json.update(PredictedJson(*rule.placed));
  json["overloaded"] = rule.placed->overloaded();
  return json;
}

}  // namespace

std::string PlaceTable(const PlaceFacts& facts, bool colour) {
  const PlaceReport& report = facts.report;
  const PlacedPlan& best = report.best;
  const double rate = facts.task.total_rate_per_s();
  std::string text = MachineTable(facts, colour) + "\n";
  if (!facts.cuts.empty()) text += "cut at            " + Join(facts.cuts) + "\n";
  text += "predicted         mean delay " + DelayText(best.delay_s) +
          (best.link_wait_s > 1e-6 ? ", of which waits for links " + DelayText(best.link_wait_s)
                                   : std::string()) +
          (facts.task.model().profile ? Format(", accuracy %.2f %%", 100 * best.accuracy())
                                      : std::string()) +
          Format(", at %.4g tasks/s\n", rate);
  text += "limits            " + LimitsText(facts) + "\n";
  text += "costs most        " + DearestText(facts) + "\n";
  text += BoundText(facts);
  text += Format("searched          %.1f s\n\n", facts.seconds);
  return text + RuleTable(facts, colour);
}

OrderedJson PlaceToJson(const PlaceFacts& facts) {
  const PlaceReport& report = facts.report;
  const PlacedPlan& best = report.best;
  OrderedJson json;
  json["predicted"] = PredictedJson(best);
  if (facts.before_split != nullptr) json["before_split"] = PredictedJson(*facts.before_split);
  json["accuracy_weight_s"] = report.accuracy_weight_s;
  json["lower_bound_s"] = report.bound.lower_bound_s;
  json["gap_s"] = report.gap_s;
  const std::vector<std::int64_t> used = facts.task.UsedMemory(best.placement);
  json["cuts"] = facts.cuts;
  json["machines"] = OrderedJson::array();
  for (int m = 0; m < facts.task.machine_count(); ++m) {
    const auto index = static_cast<std::size_t>(m);
    json["machines"].push_back({{"name", facts.task.machine(m).name},
                                {"utilisation", best.machine_load[index]},
                                {"memory_bytes", used[index]}});
  }
  json["stages"] = OrderedJson::array();
  for (int stage = 1; stage <= best.placement.stage_count(); ++stage) {
    const ScenarioStage& needs = best.scenario.stages[static_cast<std::size_t>(stage - 1)];
    OrderedJson entry = {{"gflops", needs.gflops},
                         {"memory_bytes", needs.memory_bytes},
                         {"output_bytes", needs.output_bytes},
                         {"replicas", OrderedJson::array()}};
    for (const Placed& placed : AllPlaced(best)) {
      if (placed.stage != stage) continue;
      const ScenarioNode& node = best.scenario.nodes[placed.node];
      entry["replicas"].push_back(
          {{"node", node.name},
           {"machine", facts.task.machine(placed.machine).name},
           {"gflops_per_s", node.gflops_per_s},
           {"arrival_rate_tasks_per_s", best.plan.predicted.arrival_rate_per_s[placed.part]},
           {"utilisation", best.plan.predicted.utilization[placed.part]}});
    }
    json["stages"].push_back(std::move(entry));
  }
  if (best.busiest_link >= 0) {
    json["busiest_link"] = {{"link", LinkText(facts.task, best.busiest_link)},
                            {"utilisation", best.max_link_load}};
  }
  json["rules"] = OrderedJson::array();
  for (const RulePlaced& rule : report.rules) json["rules"].push_back(RuleJson(rule));
  json["seconds"] = facts.seconds;
  return json;
}

}  // namespace offramp
