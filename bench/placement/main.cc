// bench_placement: what `offramp plan --place` finds on generated machines, beside the four rules
// of others, a bound, and on the small ones every placement there is. Options: --cases N, --seed N
// (first), --no-exhaustive.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/placement/exhaustive.h"
#include "bench/placement/fleets.h"
#include "offramp/base/text.h"
#include "offramp/placement/place.h"

namespace offramp::bench {
namespace {

double Median(std::vector<double> values) {
  if (values.empty()) return NAN;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

double Worst(const std::vector<double>& values) {
  return values.empty() ? NAN : *std::max_element(values.begin(), values.end());
}

std::string Ms(double seconds) { return Format("%.4g", seconds * 1e3); }

// The best of the rules that carry the load; null where none does.
const PlacedPlan* BestRule(const PlaceReport& report, const Objective& objective,
                           std::string& name) {
  const PlacedPlan* best = nullptr;
  for (const RulePlaced& rule : report.rules) {
    if (!rule.placed || rule.placed->overloaded()) continue;
    if (best != nullptr && !IsBetterPlaced(objective, *rule.placed, *best)) continue;
    best = &*rule.placed;
    name = rule.name;
  }
  return best;
}

struct Figures {
  std::vector<double> below_percent;   // of the best rule's delay
  std::vector<double> with_uncarried;  // the same, 100 where no rule carries the load
  std::vector<double> objective_gain_s;
  std::vector<double> excess_percent;  // over exhaustive search, of the delay
  std::vector<double> gap_percent;     // over the bound, of the delay
  std::vector<double> seconds;
  int uncarried = 0;  // no rule carries the load
};

std::string RuleText(const RulePlaced& rule) {
  if (!rule.placed) return "-";
  return rule.placed->overloaded() ? "overload" : Ms(rule.placed->objective_s);
}

void RunCase(const PlacementCase& one, bool exhaustive, Figures& figures) {
  const auto begin = std::chrono::steady_clock::now();
  const Result<PlaceReport> report = Place(one.task, {});
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!report.ok()) {
    std::printf("| %s | %s |\n", one.name.c_str(), report.status().message().c_str());
    return;
  }
  const PlacedPlan& best = report->best;
  figures.seconds.push_back(seconds);
  figures.gap_percent.push_back(100 * report->gap_s / best.delay_s);
  std::string rule_name = "none";
  const PlacedPlan* rule = BestRule(*report, one.task.objective(), rule_name);
  std::string below = "-";
  if (rule != nullptr) {
    // At equal accuracy the delay itself; else accuracy at its price.
    figures.below_percent.push_back(100 * (rule->objective_s - best.objective_s) / rule->delay_s);
    figures.with_uncarried.push_back(figures.below_percent.back());
    figures.objective_gain_s.push_back(rule->objective_s - best.objective_s);
    below = Format("%.0f", figures.below_percent.back());
  } else {
    // Their queues grow without bound.
    ++figures.uncarried;
    figures.with_uncarried.push_back(100);
  }
  std::string excess = "-";
  if (exhaustive && one.small) {
    const Exhausted all = TryAll(one.task, report->bound.reach);
    figures.excess_percent.push_back(100 * (best.objective_s - all.best.objective_s) /
                                     all.best.delay_s);
    excess = Format("%.2f of %lld", figures.excess_percent.back(),
                    static_cast<long long>(all.placements));
  }
  std::printf("| %s | %s | %s |", one.name.c_str(), Ms(best.delay_s).c_str(),
              Ms(best.objective_s).c_str());
  for (const RulePlaced& each : report->rules) std::printf(" %s |", RuleText(each).c_str());
  std::printf(" %s | %s | %s | %.1f |\n", below.c_str(), Ms(report->bound.lower_bound_s).c_str(),
              excess.c_str(), seconds);
  std::fflush(stdout);
}

void Summarise(const Figures& figures) {
  const double least =
      figures.objective_gain_s.empty()
          ? NAN
          : *std::min_element(figures.objective_gain_s.begin(), figures.objective_gain_s.end());
  std::printf("\n| figure | measured | goal |\n|---|---|---|\n");
  std::printf("| worse than the best of the four rules, fleets | %s | none |\n",
              least >= 0 ? "none" : Format("some, by up to %.3g ms", -least * 1e3).c_str());
  std::printf("| below the best rule, %% of its delay, over all: median | %.1f | 15 |\n",
              Median(figures.with_uncarried));
  std::printf("| the same over the %zu that some rule carries: median / least | %.1f / %.1f | |\n",
              figures.below_percent.size(), Median(figures.below_percent),
              figures.below_percent.empty()
                  ? NAN
                  : *std::min_element(figures.below_percent.begin(), figures.below_percent.end()));
  std::printf("| fleets on which no rule carries the load | %d | |\n", figures.uncarried);
  if (!figures.excess_percent.empty()) {
    std::printf(
        "| excess over exhaustive search, %% of the delay: median / worst | %.2f / %.2f | 2 |\n",
        Median(figures.excess_percent), Worst(figures.excess_percent));
  }
  std::printf("| above the bound, %% of the delay: median / worst | %.1f / %.1f | |\n",
              Median(figures.gap_percent), Worst(figures.gap_percent));
  std::printf("| seconds: median / worst | %.1f / %.1f | 60 |\n", Median(figures.seconds),
              Worst(figures.seconds));
}

}  // namespace
}  // namespace offramp::bench

int main(int argc, char** argv) {
  int count = 12;
  int seed = 1;
  bool exhaustive = true;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--cases" && i + 1 < argc) {
      count = std::atoi(argv[++i]);
    } else if (word == "--seed" && i + 1 < argc) {
      seed = std::atoi(argv[++i]);
    } else if (word == "--no-exhaustive") {
      exhaustive = false;
    } else {
      std::fprintf(stderr, "bench_placement: unknown option %s\n", argv[i]);
      return 2;
    }
  }
  std::printf(
      "| fleet | delay | objective | one machine | by memory | by speed | one replica each | below "
      "the "
      "best rule, %% of its delay | bound | excess over all placements, %% | s |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|\n");
  offramp::bench::Figures figures;
  for (const auto& one : offramp::bench::MakePlacementCases(count, seed)) {
    offramp::bench::RunCase(one, exhaustive, figures);
  }
  offramp::bench::Summarise(figures);
  return 0;
}
