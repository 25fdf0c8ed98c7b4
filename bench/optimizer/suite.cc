#include "bench/optimizer/suite.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

#include "offramp/optimize/generate_scenario.h"
#include "offramp/optimize/reference.h"
#include "offramp/optimize/tuned_thresholds.h"

namespace offramp::bench {
namespace {

constexpr int kLongRounds = 300;

// The best end of fleets that start at several thresholds.
Strategy BestOfFleets(const Problem& problem) {
  const TunedThresholds tuned = TuneThresholds(problem);
  Strategy best;
  double least = 1e300;
  for (const double threshold : {0.8, 0.95, 0.5, 0.3, -1.0}) {
    Strategy start = UniformStrategy(problem, threshold);
    for (int stage = 1; threshold < 0 && stage <= problem.stages(); ++stage) {
      SetStageThreshold(problem, stage, tuned.by_stage[static_cast<std::size_t>(stage - 1)], start);
    }
    DtoEe fleet(problem, {.seed = 1001});
    fleet.Start(start);
    for (int r = 0; r < kLongRounds; ++r) fleet.Round();
    if (fleet.Objective() < least) {
      least = fleet.Objective();
      best = fleet.strategy();
    }
  }
  return best;
}

Case MakeCase(const GeneratorOptions& options) {
  Problem problem = ProblemOf(GenerateScenario(options).value()).value();
  Case c{
      .name = "seed " + std::to_string(options.seed), .problem = problem, .best_s = 0, .best = {}};
  const Reference found = SolveReference(problem, {.starts = {BestOfFleets(problem)},
                                                   .own_starts = 1,
                                                   .alternations = 3,
                                                   .seed = options.seed})
                              .value();
  c.best = found.strategy;
  c.best_s = found.objective_s;
  return c;
}

// Shares and thresholds of one case, in full precision.
bool Read(std::istream& in, const Problem& problem, Strategy& strategy) {
  strategy = UniformStrategy(problem, 0);
  for (double& share : strategy.share) in >> share;
  for (double& threshold : strategy.threshold) in >> threshold;
  return static_cast<bool>(in) && CheckStrategy(problem, strategy).ok();
}

void Write(std::ostream& out, const Strategy& strategy) {
  out.precision(17);
  for (const double share : strategy.share) out << share << ' ';
  for (const double threshold : strategy.threshold) out << threshold << ' ';
  out << '\n';
}

}  // namespace

std::vector<Case> MakeSuite(int count, std::uint64_t first_seed, std::size_t rows,
                            const std::string& known) {
  const std::vector<GeneratorOptions> options = ScenarioSuite(count, first_seed, rows);
  std::vector<Case> suite;
  std::ifstream in(known);
  for (const GeneratorOptions& each : options) {
    Problem problem = ProblemOf(GenerateScenario(each).value()).value();
    Case c{
        .name = "seed " + std::to_string(each.seed), .problem = problem, .best_s = 0, .best = {}};
    if (!in || !Read(in, problem, c.best)) break;
    c.best_s = Evaluator().Evaluate(problem, c.best).objective_s;
    suite.push_back(std::move(c));
  }
  if (suite.size() == options.size()) return suite;
  suite.clear();
  std::vector<std::unique_ptr<Case>> made(options.size());
  Parallel(count, [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    made[index] = std::make_unique<Case>(MakeCase(options[index]));
  });
  std::ofstream out(known);
  for (std::unique_ptr<Case>& c : made) {
    Write(out, c->best);
    suite.push_back(std::move(*c));
  }
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
