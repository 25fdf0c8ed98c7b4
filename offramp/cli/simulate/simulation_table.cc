#include "offramp/cli/simulate/simulation_table.h"

#include <algorithm>
#include <map>

#include "offramp/base/text.h"
#include "offramp/cli/table.h"
#include "offramp/cli/terminal.h"

namespace offramp {
namespace {

// One policy at one point: means over seeds.
struct Cell {
  int runs = 0;
  SeedStatistics delay_s;
  double p95_s = 0;
  double p99_s = 0;
  double accuracy = 0;
  std::map<int, double> exits;
  std::int64_t refused = 0;
  std::int64_t lost = 0;
  std::int64_t resent = 0;
  double busiest = 0;
  std::string busiest_name;
};

Cell MakeCell(const RunSet& set, std::size_t point, std::size_t policy) {
  Cell cell;
  std::vector<double> mean_s;
  const auto n = static_cast<double>(set.seeds.size());
  for (std::size_t seed = 0; seed < set.seeds.size(); ++seed) {
    const auto& result = set.At(point, seed, policy);
    if (!result) continue;
    ++cell.runs;
    mean_s.push_back(result->mean_delay_s);
    cell.p95_s += result->p95_s;
    cell.p99_s += result->p99_s;
    cell.accuracy += result->accuracy;
    cell.refused += result->refused;
    cell.lost += result->lost;
    cell.resent += result->resent;
    for (const auto& [stage, share] : AnswerShares(set.scenarios[point], *result)) {
      cell.exits[stage] += share;
    }
    for (std::size_t i = 0; i < result->utilization.size(); ++i) {
      if (result->utilization[i] <= cell.busiest) continue;
      cell.busiest = result->utilization[i];
      cell.busiest_name = set.scenarios[point].nodes[i].name;
    }
    if (n == 1) cell.delay_s.half_width = (result->mean_ci95_s[1] - result->mean_ci95_s[0]) / 2;
  }
  if (cell.runs == 0) return cell;
  const double runs = cell.runs;
  const double batch_half_width = cell.delay_s.half_width;
  cell.delay_s = OverSeeds(mean_s);
  if (n == 1) cell.delay_s.half_width = batch_half_width;
  for (double* sum : {&cell.p95_s, &cell.p99_s, &cell.accuracy}) *sum /= runs;
  for (auto& [stage, share] : cell.exits) share /= runs;
  return cell;
}

std::string Milliseconds(double seconds) {
  return Format(seconds < 0.1 ? "%.2f" : seconds < 1 ? "%.1f" : "%.0f", seconds * 1e3);
}

std::string ExitsText(const std::map<int, double>& exits) {
  std::vector<std::string> texts;
  for (const auto& [stage, share] : exits) texts.push_back(Format("%.1f", 100 * share));
  return Join(texts, " ");
}

std::string ExitsHeader(const Scenario& scenario) {
  std::vector<std::string> stages;
  for (const auto& [stage, share] : AnswerShares(scenario, {})) {
    stages.push_back(std::to_string(stage));
  }
  return "EXIT % AT " + Join(stages, " ");
}

// "+35 %", or "x12" where percents would be long.
std::string Against(double value, double base) {
  const double ratio = value / base;
  return ratio < 10 ? Format("%+.1f %%", 100 * (ratio - 1)) : Format("x%.0f", ratio);
}

}  // namespace

std::string RunSetTable(const RunSet& set, bool colour) {
  const bool swept = !set.sweep.values.empty();
  const bool profiled = set.scenarios.front().profile != nullptr;
  Table table;
  if (swept) table.AddColumn(set.sweep.key);
  table.AddColumn("POLICY", Table::Align::kLeft);
  table.AddColumn("MEAN ms");
  table.AddColumn("+-");
  if (set.policies.size() > 1) table.AddColumn("");
  table.AddColumn("P95 ms");
  table.AddColumn("P99 ms");
  if (profiled) table.AddColumn("ACC %");
  table.AddColumn(ExitsHeader(set.scenarios.front()), Table::Align::kLeft);
  table.AddColumn("REFUSED");
  table.AddColumn("LOST");
  table.AddColumn("RESENT");
  table.AddColumn("BUSIEST", Table::Align::kLeft);
  for (std::size_t point = 0; point < set.scenarios.size(); ++point) {
    if (point > 0 && set.policies.size() > 1) table.AddRule();
    const Cell first = MakeCell(set, point, 0);
    for (std::size_t policy = 0; policy < set.policies.size(); ++policy) {
      const Cell cell = MakeCell(set, point, policy);
      if (cell.runs == 0) continue;
      std::vector<std::string> row;
      if (swept) row.push_back(Format("%g", set.sweep.values[point]));
      row.push_back(std::string(PolicyName(set.policies[policy])));
      row.push_back(Milliseconds(cell.delay_s.mean));
      row.push_back(Milliseconds(cell.delay_s.half_width));
      if (set.policies.size() > 1) {
        row.push_back(
            policy == 0 || first.runs == 0 ? "" : Against(cell.delay_s.mean, first.delay_s.mean));
      }
      row.push_back(Milliseconds(cell.p95_s));
      row.push_back(Milliseconds(cell.p99_s));
      if (profiled) row.push_back(Format("%.2f", 100 * cell.accuracy));
      row.push_back(ExitsText(cell.exits));
      row.push_back(std::to_string(cell.refused));
      row.push_back(cell.lost == 0 ? "0" : Paint(std::to_string(cell.lost), "31", colour));
      row.push_back(std::to_string(cell.resent));
      row.push_back(Format("%s %.2f", cell.busiest_name.c_str(), cell.busiest));
      table.AddRow(std::move(row));
    }
  }
  return table.Render(colour ? "1" : "");
}

std::vector<std::string> RunSetWarnings(const RunSet& set) {
  struct Group {
    std::string first;
    std::vector<std::string> policies;
    int runs = 0;
  };
  std::map<std::string, Group> groups;  // by the text without its numbers
  std::vector<std::string> order;
  for (const auto& result : set.results) {
    if (!result) continue;
    const std::string name(PolicyName(result->policy));
    for (const std::string& warning : result->warnings) {
      std::string key = warning;
      std::erase_if(key, [](char c) { return c >= '0' && c <= '9'; });
      Group& group = groups[key];
      if (group.runs++ == 0) {
        group.first = warning;
        order.push_back(key);
      }
      if (std::find(group.policies.begin(), group.policies.end(), name) == group.policies.end()) {
        group.policies.push_back(name);
      }
    }
  }
  std::vector<std::string> lines;
  for (const std::string& key : order) {
    const Group& group = groups[key];
    std::string line = Join(group.policies) + ": " + group.first;
    if (group.runs > 1) line += Format(" (and %d more like this)", group.runs - 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace offramp
