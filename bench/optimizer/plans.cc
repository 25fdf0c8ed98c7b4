// Plans as `offramp plan` makes them, restarts included: excess over the best known, and how long
// they take with their certificate.
#include <chrono>
#include <cstdio>

#include "bench/optimizer/figures.h"
#include "offramp/optimize/generate_scenario.h"
#include "offramp/optimize/plan.h"

namespace offramp::bench {
namespace {

double SecondsOf(const Problem& problem, const PlanOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  MakePlan(problem, options).value();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

PlanOptions Options(const Problem& problem) {
  PlanOptions options;
  options.objective.accuracy_weight_s = problem.accuracy_weight_s();
  return options;
}

Problem Generated(int devices, int nodes) {
  GeneratorOptions options;
  options.seed = 1;
  options.devices = devices;
  options.nodes = nodes;
  return ProblemOf(GenerateScenario(options).value()).value();
}

}  // namespace

void Plans(std::vector<Case>& suite, bool verbose) {
  std::vector<double> excess(suite.size());
  Parallel(static_cast<int>(suite.size()), [&](int i) {
    Case& c = suite[static_cast<std::size_t>(i)];
    PlanOptions options = Options(c.problem);
    options.certificate = false;
    const Plan plan = MakePlan(c.problem, options).value();
    Note(c, plan.predicted.objective_s);
    excess[static_cast<std::size_t>(i)] = Excess(plan.predicted, c.best_s);
  });
  for (std::size_t i = 0; verbose && i < excess.size(); ++i) {
    std::fprintf(stderr, "plan: %s %.4f\n", suite[i].name.c_str(), excess[i]);
  }
  Print("plan's excess, restarts included, %: median / worst",
        Number(Median(excess)) + " / " + Number(Worst(excess)), "0.02 / 0.3");
}

void PlanTimes() {
  const Problem paper = Generated(50, 18);
  Print("plan with certificate, 50 devices, 18 nodes: s", Number(SecondsOf(paper, Options(paper))),
        "2");
  const Problem large = Generated(8000, 2000);
  Print("the same, 8000 devices, 2000 nodes: s", Number(SecondsOf(large, Options(large))), "");
}

}  // namespace offramp::bench
