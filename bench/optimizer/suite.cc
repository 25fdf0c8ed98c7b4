#include "bench/optimizer/suite.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <thread>

#include "offramp/optimize/generate_scenario.h"
#include "offramp/optimize/reference.h"

namespace offramp::bench {
namespace {

constexpr int kLongRounds = 600;

Case MakeCase(const GeneratorOptions& options) {
  Problem problem = ProblemOf(GenerateScenario(options).value()).value();
  Case c{.name = "seed " + std::to_string(options.seed), .problem = problem};
  c.best_s = 1e300;
  ReferenceOptions reference{.own_starts = 4, .seed = options.seed};
  for (const std::uint64_t seed : {1001, 1002}) {
    DtoEe fleet(problem, {.seed = seed});
    Strategy best;
    double least = 1e300;
    for (int r = 0; r < kLongRounds; ++r) {
      const Strategy strategy = fleet.strategy();
      const double objective = fleet.Round().objective_s;
      if (objective < least) {
        least = objective;
        best = strategy;
      }
    }
    reference.starts.push_back(best);
  }
  const Reference found = SolveReference(problem, reference).value();
  c.best = found.strategy;
  c.best_s = found.objective_s;
  return c;
}

}  // namespace

std::vector<Case> MakeSuite(int count, std::uint64_t first_seed, std::size_t rows) {
  const std::vector<GeneratorOptions> options = ScenarioSuite(count, first_seed, rows);
  std::vector<std::unique_ptr<Case>> made(options.size());
  Parallel(count, [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    made[index] = std::make_unique<Case>(MakeCase(options[index]));
  });
  std::vector<Case> suite;
  for (std::unique_ptr<Case>& c : made) suite.push_back(std::move(*c));
  return suite;
}

void Note(Case& c, double objective_s) { c.best_s = std::min(c.best_s, objective_s); }

double Excess(const Evaluation& e, double best_s) {
  return 100 * (e.objective_s - best_s) / e.mean_delay_s;
}

double Median(std::vector<double> values) {
  if (values.empty()) return NAN;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

double Worst(const std::vector<double>& values) {
  return values.empty() ? NAN : *std::max_element(values.begin(), values.end());
}

void Parallel(int count, const std::function<void(int)>& work) {
  std::atomic<int> next = 0;
  const auto loop = [&] {
    for (int i = next++; i < count; i = next++) work(i);
  };
  std::thread other(loop);
  loop();
  other.join();
}

void Print(const std::string& what, const std::string& figure, const std::string& goal) {
  std::printf("| %s | %s | %s |\n", what.c_str(), figure.c_str(), goal.c_str());
  std::fflush(stdout);
}

std::string Number(double value, const char* format) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace offramp::bench
