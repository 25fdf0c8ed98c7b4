// bench_optimizer: the figures of the optimiser over generated scenarios, goal beside figure.
// Figures by name, all when none is given: convergence faults events gaps predictions measured
// plans plan-times scale. Options: --scenarios N, --seed N (first), --rows N, --nodes N (largest of
// scale), --known FILE, --verbose.
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "bench/optimizer/figures.h"

int main(int argc, char** argv) {
  int scenarios = 30;
  int seed = 1;
  int rows = 1500;
  int nodes = 100'000;
  bool verbose = false;
  std::string known;
  std::set<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::atoi(argv[++i]) : 0; };
    if (word == "--scenarios") {
      scenarios = number();
    } else if (word == "--seed") {
      seed = number();
    } else if (word == "--rows") {
      rows = number();
    } else if (word == "--nodes") {
      nodes = number();
    } else if (word == "--known") {
      known = i + 1 < argc ? argv[++i] : "";
    } else if (word == "--verbose") {
      verbose = true;
    } else if (word.starts_with("-")) {
      std::fprintf(stderr, "bench_optimizer: unknown option %s\n", argv[i]);
      return 2;
    } else {
      wanted.insert(word);
    }
  }
  using namespace offramp::bench;
  const auto want = [&](const char* name) { return wanted.empty() || wanted.contains(name); };
  Print("figure", "measured", "goal");
  Print("---", "---", "---");
  if (wanted.empty() || wanted.size() > wanted.count("scale") + wanted.count("plan-times")) {
    std::vector<Case> suite = MakeSuite(scenarios, static_cast<std::uint64_t>(seed),
                                        static_cast<std::size_t>(rows), known);
    if (want("convergence")) Convergence(suite, verbose);
    if (want("faults")) Faults(suite, verbose);
    if (want("events")) Events(suite, verbose);
    if (want("gaps")) Gaps(suite, verbose);
    if (want("predictions")) Predictions(suite);
    if (want("measured")) Measured(suite, verbose);
    if (want("plans")) Plans(suite, verbose);
  }
  if (want("plan-times")) PlanTimes();
  if (want("scale")) {
    for (int size = 1000; size <= nodes; size *= 10) Scale(size);
  }
  return 0;
}
