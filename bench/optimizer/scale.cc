// Large fleets: processor time and memory until within 1 % of what 80 rounds reach.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>

#include "bench/optimizer/figures.h"
#include "offramp/optimize/generate_scenario.h"

namespace offramp::bench {
namespace {

constexpr int kRounds = 80;

double ProcessorSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double PeakGib() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / (1024 * 1024);
  }
  return 0;
}

}  // namespace

void Scale(int nodes) {
  GeneratorOptions options;
  options.seed = 1;
  options.devices = nodes * 8 / 10;
  options.nodes = nodes - options.devices;
  const Problem problem = ProblemOf(GenerateScenario(options).value()).value();
  const double start = ProcessorSeconds();
  DtoEe fleet(problem, {.seed = 7});
  std::vector<double> seconds;
  std::vector<double> objective;
  double delay = 0;
  for (int r = 0; r < kRounds; ++r) {
    const Evaluation& e = fleet.Round();
    objective.push_back(e.objective_s);
    delay = e.mean_delay_s;
    seconds.push_back(ProcessorSeconds() - start);
  }
  const double best = *std::min_element(objective.begin(), objective.end());
  std::size_t first = 0;
  while (100 * (objective[first] - best) / delay > 1) ++first;
  Print(std::to_string(nodes) + " nodes, " + std::to_string(problem.link_count()) +
            " links, to 1 % on one core: processor s / rounds / peak GiB",
        Number(seconds[first]) + " / " + std::to_string(first) + " / " + Number(PeakGib()),
        nodes >= 100'000 ? "60 s, 4 GiB" : "");
}

}  // namespace offramp::bench
