#include "offramp/cli/simulate/simulation_json.h"

#include <charconv>

namespace offramp {
namespace {

OrderedJson ResultToJson(const Scenario& scenario, const SimulationResult& result) {
  OrderedJson json = {{"tasks",
                       {{"generated", result.generated},
                        {"finished", result.finished},
                        {"refused", result.refused},
                        {"lost", result.lost},
                        {"resent", result.resent}}},
                      {"delay_s",
                       {{"mean", result.mean_delay_s},
                        {"mean_ci95", {result.mean_ci95_s[0], result.mean_ci95_s[1]}},
                        {"p50", result.p50_s},
                        {"p95", result.p95_s},
                        {"p99", result.p99_s}}},
                      {"accuracy", result.accuracy}};
  OrderedJson exits = OrderedJson::object();
  for (const auto& [stage, share] : AnswerShares(scenario, result)) {
    exits[std::to_string(stage)] = share;
  }
  json["exit_share"] = std::move(exits);
  OrderedJson utilisation = OrderedJson::object();
  for (std::size_t i = 0; i < scenario.nodes.size() && i < result.utilization.size(); ++i) {
    utilisation[scenario.nodes[i].name] = result.utilization[i];
  }
  json["utilisation"] = std::move(utilisation);
  json["series"] = {{"t_s", result.series.t_s},
                    {"delay_s", result.series.delay_s},
                    {"accuracy", result.series.accuracy},
                    {"threshold", result.series.threshold}};
  if (scenario.objective.steers()) {
    json["objective_met"] = result.objective_met;
    json["accuracy_weight_s"] = result.accuracy_weight_s;
  }
  if (!result.warnings.empty()) json["warnings"] = result.warnings;
  if (result.interrupted) json["interrupted"] = true;
  return json;
}

// formats.md's object: all policies at one seed.
OrderedJson SeedToJson(const RunSet& set, std::size_t point, std::size_t seed) {
  OrderedJson policies = OrderedJson::object();
  for (std::size_t i = 0; i < set.policies.size(); ++i) {
    const auto& result = set.At(point, seed, i);
    if (!result) continue;
    policies[std::string(PolicyName(set.policies[i]))] =
        ResultToJson(set.scenarios[point], *result);
  }
  return {{"seed", set.seeds[seed]}, {"policies", std::move(policies)}};
}

OrderedJson StatisticsToJson(const std::vector<double>& values) {
  const SeedStatistics statistics = OverSeeds(values);
  return {
      {"mean", statistics.mean},
      {"ci95", {statistics.mean - statistics.half_width, statistics.mean + statistics.half_width}}};
}

OrderedJson PointToJson(const RunSet& set, std::size_t point) {
  if (set.seeds.size() == 1) return SeedToJson(set, point, 0);
  OrderedJson json = {{"seeds", set.seeds}, {"policies", OrderedJson::object()}};
  for (std::size_t i = 0; i < set.policies.size(); ++i) {
    std::vector<double> mean_s;
    std::vector<double> p95_s;
    std::vector<double> accuracy;
    for (std::size_t seed = 0; seed < set.seeds.size(); ++seed) {
      const auto& result = set.At(point, seed, i);
      if (!result) continue;
      mean_s.push_back(result->mean_delay_s);
      p95_s.push_back(result->p95_s);
      accuracy.push_back(result->accuracy);
    }
    if (mean_s.empty()) continue;
    json["policies"][std::string(PolicyName(set.policies[i]))] = {
        {"mean_delay_s", StatisticsToJson(mean_s)},
        {"p95_delay_s", StatisticsToJson(p95_s)},
        {"accuracy", StatisticsToJson(accuracy)}};
  }
  json["runs"] = OrderedJson::array();
  for (std::size_t seed = 0; seed < set.seeds.size(); ++seed) {
    json["runs"].push_back(SeedToJson(set, point, seed));
  }
  return json;
}

std::string Shortest(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}  // namespace

OrderedJson RunSetToJson(const RunSet& set) {
  if (set.sweep.values.empty()) return PointToJson(set, 0);
  OrderedJson json = {{"sweep", {{"key", set.sweep.key}}}, {"points", OrderedJson::array()}};
  for (std::size_t point = 0; point < set.sweep.values.size(); ++point) {
    OrderedJson entry = {{"value", set.sweep.values[point]}};
    entry.update(PointToJson(set, point));
    json["points"].push_back(std::move(entry));
  }
  return json;
}

std::string RunSetCsv(const RunSet& set) {
  const bool swept = !set.sweep.values.empty();
  std::string text = swept ? set.sweep.key + "," : "";
  text +=
      "seed,policy,generated,finished,refused,lost,resent,mean_delay_s,mean_ci95_low_s,"
      "mean_ci95_high_s,p50_s,p95_s,p99_s,accuracy";
  const int stages = set.scenarios.front().stage_count();
  for (int stage = 1; stage <= stages; ++stage) text += ",exit_share_" + std::to_string(stage);
  text += ",max_utilisation\n";
  for (std::size_t point = 0; point < set.scenarios.size(); ++point) {
    for (std::size_t seed = 0; seed < set.seeds.size(); ++seed) {
      for (std::size_t i = 0; i < set.policies.size(); ++i) {
        const auto& result = set.At(point, seed, i);
        if (!result) continue;
        if (swept) text += Shortest(set.sweep.values[point]) + ",";
        text += std::to_string(result->seed) + "," + std::string(PolicyName(result->policy));
        for (const std::int64_t count :
             {result->generated, result->finished, result->refused, result->lost, result->resent}) {
          text += "," + std::to_string(count);
        }
        for (const double value :
             {result->mean_delay_s, result->mean_ci95_s[0], result->mean_ci95_s[1], result->p50_s,
              result->p95_s, result->p99_s, result->accuracy}) {
          text += "," + Shortest(value);
        }
        for (int stage = 1; stage <= stages; ++stage) {
          const auto share = result->exit_share.find(stage);
          text += "," + Shortest(share == result->exit_share.end() ? 0 : share->second);
        }
        double busiest = 0;
        for (const double use : result->utilization) busiest = std::max(busiest, use);
        text += "," + Shortest(busiest) + "\n";
      }
    }
  }
  return text;
}

}  // namespace offramp
