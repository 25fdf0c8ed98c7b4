#include "offramp/cli/simulate/simulation_report.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "offramp/base/text.h"
#include "offramp/cli/report_html.h"
#include "offramp/cli/simulate/report_script.h"

namespace offramp {
namespace {

constexpr std::size_t kMaxPoints = 1200;  // of a chart's line

struct LabelMaker {
  const Scenario& scenario;

  std::string operator()(const DeviceRateChange& change) const {
    return scenario.part_name(change.part) + Format(" %g tasks/s", change.tasks_per_s);
  }
  std::string operator()(const NodeSpeedChange& change) const {
    return scenario.part_name(change.part) + Format(" %g GFLOP/s", change.gflops_per_s);
  }
  std::string operator()(const NodeDownChange& change) const {
    return scenario.part_name(change.part) + (change.down ? " down" : " back");
  }
  std::string operator()(const LinkRateChange& change) const {
    const ScenarioLink& link = scenario.links[static_cast<std::size_t>(change.link)];
    return scenario.part_name(link.from) + " - " + scenario.part_name(link.to) +
           Format(" %g Mbit/s", change.mbit_per_s);
  }
};

double Rounded(double value) {
  return std::isfinite(value) && value != 0 ? std::strtod(Format("%.5g", value).c_str(), nullptr)
                                            : value;
}

// Means over groups of neighbours, so that a long run still draws quickly.
OrderedJson Thinned(const std::vector<double>& values) {
  const std::size_t group = std::max<std::size_t>(1, (values.size() + kMaxPoints - 1) / kMaxPoints);
  OrderedJson thinned = OrderedJson::array();
  for (std::size_t begin = 0; begin < values.size(); begin += group) {
    double sum = 0;
    int count = 0;
    for (std::size_t i = begin; i < std::min(begin + group, values.size()); ++i) {
      if (!std::isfinite(values[i])) continue;
      sum += values[i];
      ++count;
    }
    thinned.push_back(count > 0 ? OrderedJson(Rounded(sum / count)) : OrderedJson());
  }
  return thinned;
}

OrderedJson PolicyToJson(const Scenario& scenario, const SimulationResult& result) {
  OrderedJson quantiles = OrderedJson::array();
  for (const double value : result.delay_quantile_s) quantiles.push_back(Rounded(value));
  return {{"name", PolicyName(result.policy)},
          {"series",
           {{"t", Thinned(result.series.t_s)},
            {"delay_s", Thinned(result.series.delay_s)},
            {"accuracy", Thinned(result.series.accuracy)},
            {"threshold", Thinned(result.series.threshold)}}},
          {"quantiles_s", std::move(quantiles)},
          {"warnings", result.warnings},
          {"topology", TopologyToJson(scenario, result.utilization, result.link_flow_per_s)}};
}

// Table rows, and the sweep's lines: means over the seeds.
OrderedJson FiguresOf(const RunSet& set) {
  OrderedJson rows = OrderedJson::array();
  for (std::size_t point = 0; point < set.scenarios.size(); ++point) {
    for (std::size_t policy = 0; policy < set.policies.size(); ++policy) {
      std::vector<double> mean_s;
      std::vector<double> accuracy;
      double p95_s = 0;
      double p99_s = 0;
      std::int64_t refused = 0;
      std::int64_t lost = 0;
      double batch_half_width_s = 0;
      for (std::size_t seed = 0; seed < set.seeds.size(); ++seed) {
        const auto& result = set.At(point, seed, policy);
        if (!result) continue;
        mean_s.push_back(result->mean_delay_s);
        accuracy.push_back(result->accuracy);
        p95_s += result->p95_s;
        p99_s += result->p99_s;
        refused += result->refused;
        lost += result->lost;
        batch_half_width_s = (result->mean_ci95_s[1] - result->mean_ci95_s[0]) / 2;
      }
      if (mean_s.empty()) continue;
      const auto runs = static_cast<double>(mean_s.size());
      const SeedStatistics delay = OverSeeds(mean_s);
      rows.push_back(
          {{"point", point},
           {"policy", PolicyName(set.policies[policy])},
           {"mean_s", delay.mean},
           {"half_width_s", set.seeds.size() == 1 ? batch_half_width_s : delay.half_width},
           {"p95_s", p95_s / runs},
           {"p99_s", p99_s / runs},
           {"accuracy", OverSeeds(accuracy).mean},
           {"refused", refused},
           {"lost", lost}});
    }
  }
  return rows;
}

}  // namespace

std::string ChangeLabel(const Scenario& scenario, const ScenarioChange& change) {
  return std::visit(LabelMaker{scenario}, change.what);
}

OrderedJson SimulationReportData(const SimulationReportFacts& facts, const RunSet& set) {
  const Scenario& scenario = set.scenarios.front();
  OrderedJson data = {{"scenario", facts.scenario_path},
                      {"made_at", facts.made_at},
                      {"version", facts.version},
                      {"seconds", facts.seconds},
                      {"warmup_s", facts.warmup_s},
                      {"seeds", set.seeds},
                      {"devices", scenario.devices.size()},
                      {"nodes", scenario.nodes.size()},
                      {"stages", scenario.stage_count()},
                      {"profiled", scenario.profile != nullptr},
                      {"sweep", {{"key", set.sweep.key}, {"values", set.sweep.values}}},
                      {"figures", FiguresOf(set)},
                      {"events", OrderedJson::array()},
                      {"policies", OrderedJson::array()}};
  for (const ScenarioChange& change : scenario.changes) {
    if (change.at_s > facts.seconds) break;
    data["events"].push_back({{"t", change.at_s}, {"label", ChangeLabel(scenario, change)}});
  }
  for (std::size_t policy = 0; policy < set.policies.size(); ++policy) {
    const auto& result = set.At(0, 0, policy);
    if (result) data["policies"].push_back(PolicyToJson(scenario, *result));
  }
  return data;
}

std::string SimulationReportHtml(const SimulationReportFacts& facts, const RunSet& set) {
  return HtmlPage("Offramp simulation", kSimulationReportBody, SimulationReportData(facts, set),
                  kSimulationReportScript);
}

}  // namespace offramp
