#include "offramp/cli/demo/demo_table.h"

#include <algorithm>
#include <limits>
#include <map>

#include "offramp/base/text.h"
#include "offramp/cli/table.h"
#include "offramp/cli/terminal.h"

namespace offramp {
namespace {

std::string Milliseconds(double seconds) { return Format("%.0f", seconds * 1e3); }

// "+35 %", or "x12" where percents would be long.
std::string Against(double value, double base) {
  const double ratio = value / base;
  return ratio < 10 ? Format("%+.0f %%", 100 * (ratio - 1)) : Format("x%.0f", ratio);
}

bool HasDelay(const DemoCell& cell) { return cell.summary.answered > 0; }

}  // namespace

std::vector<DemoCell> DemoCells(const DemoScenario& scenario, const std::vector<DemoRun>& runs) {
  std::vector<DemoPart> parts = scenario.parts;
  parts.push_back({"whole", scenario.measured_from_s(), scenario.seconds});
  std::vector<DemoCell> cells;
  for (const DemoPart& part : parts) {
    for (const DemoRun& run : runs) {
      cells.push_back({part.name, run.policy, Summarise(run.records, part.from_s, part.to_s)});
    }
  }
  return cells;
}

std::string DemoTable(const std::vector<DemoCell>& cells, bool colour) {
  std::map<std::string, double> best_s;
  std::map<std::string, double> first_s;  // the first policy's mean by part
  for (const DemoCell& cell : cells) {
    if (!HasDelay(cell)) continue;
    const double mean_s = cell.summary.delay.mean_s;
    first_s.emplace(cell.part, mean_s);
    const auto [best, fresh] = best_s.emplace(cell.part, mean_s);
    if (!fresh) best->second = std::min(best->second, mean_s);
  }
  Table table;
  table.AddColumn("PART", Table::Align::kLeft);
  table.AddColumn("POLICY", Table::Align::kLeft);
  table.AddColumn("MEAN ms");
  table.AddColumn("");
  table.AddColumn("P95 ms");
  table.AddColumn("ACC %");
  table.AddColumn("REFUSED");
  table.AddColumn("LOST");
  std::string part;
  for (const DemoCell& cell : cells) {
    if (!part.empty() && cell.part != part) table.AddRule();
    const LoadSummary& figures = cell.summary;
    std::string mean = "-";
    std::string against;
    std::string p95 = "-";
    if (HasDelay(cell)) {
      const double mean_s = figures.delay.mean_s;
      mean = Paint(Milliseconds(mean_s), "1", colour && mean_s <= best_s[cell.part]);
      p95 = Milliseconds(figures.delay.p95_s);
      if (mean_s != first_s[cell.part]) against = Against(mean_s, first_s[cell.part]);
    }
    const std::int64_t lost = figures.failed + figures.pending;
    table.AddRow({cell.part == part ? "" : cell.part, cell.policy, mean, against, p95,
                  figures.accuracy ? Format("%.1f", 100 * *figures.accuracy) : "-",
                  std::to_string(figures.refused),
                  Paint(std::to_string(lost), "31", colour && lost > 0)});
    part = cell.part;
  }
  return table.Render(colour ? "1" : "");
}

std::int64_t LostTasks(const std::vector<DemoRun>& runs) {
  std::int64_t lost = 0;
  for (const DemoRun& run : runs) {
    const LoadSummary summary = Summarise(run.records);
    lost += summary.failed + summary.pending;
  }
  return lost;
}

}  // namespace offramp
