// Makes scenario files and simulates them, for tests and benchmarks that need neither flags nor
// reports: everything goes in by position, one JSON object comes out.
//
//   scenario_driver generate OUT.yaml DEVICES NODES STAGES LAW LOAD TASKS_PER_S ROWS SEED
//   scenario_driver simulate FILE.yaml POLICY TASKS SEED THRESHOLD
//   scenario_driver made POLICY TASKS DEVICES NODES ROWS      (generated, without a file between)
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "offramp/files/scenario_file.h"
#include "offramp/optimize/generate_scenario.h"
#include "offramp/simulate/simulation.h"

namespace offramp {
namespace {

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double MaxResidentMb() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

int Fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.message().c_str());
  return 2;
}

int Generate(char** arg) {
  GeneratorOptions options;
  options.devices = std::atoi(arg[1]);
  options.nodes = std::atoi(arg[2]);
  options.stages = std::atoi(arg[3]);
  options.exits = options.stages - 1;
  options.law = std::string(arg[4]) == "deterministic" ? ServiceLaw::kDeterministic
                                                       : ServiceLaw::kExponential;
  options.load = std::atof(arg[5]);
  options.task_rate_per_s = std::atof(arg[6]);
  options.rows = static_cast<std::size_t>(std::atoi(arg[7]));
  options.seed = static_cast<std::uint64_t>(std::atoll(arg[8]));
  const Result<Scenario> scenario = GenerateScenario(options);
  if (!scenario.ok()) return Fail(scenario.status());
  const Status written = WriteScenario(*scenario, arg[0]);
  return written.ok() ? 0 : Fail(written);
}

int Run(const Scenario& scenario, const char* policy_name, SimulateOptions options) {
  const std::optional<Policy> policy = ParsePolicy(policy_name);
  if (!policy) return Fail(InvalidArgumentError(std::string(policy_name) + " is no policy"));
  options.policy = *policy;
  const double begin_s = CpuSeconds();
  const double begin_mb = MaxResidentMb();
  const Result<SimulationResult> done = Simulate(scenario, options);
  if (!done.ok()) return Fail(done.status());
  const SimulationResult& result = *done;
  nlohmann::json json;
  json["mean_delay_s"] = result.mean_delay_s;
  json["mean_ci95"] = {result.mean_ci95_s[0], result.mean_ci95_s[1]};
  json["p95_s"] = result.p95_s;
  json["accuracy"] = result.accuracy;
  for (const auto& [stage, share] : result.exit_share) {
    json["exit_share"][std::to_string(stage)] = share;
  }
  constexpr std::size_t kMostNodes = 1000;  // beyond, nobody reads them one by one
  for (std::size_t i = 0; i < std::min(scenario.nodes.size(), kMostNodes); ++i) {
    json["utilisation"][scenario.nodes[i].name] = result.utilization[i];
  }
  json["finished"] = result.finished;
  json["events"] = result.events;
  json["simulated_s"] = result.simulated_s;
  json["warnings"] = result.warnings;
  json["cpu_s"] = CpuSeconds() - begin_s;
  json["rss_before_mb"] = begin_mb;
  json["rss_mb"] = MaxResidentMb();
  std::printf("%s\n", json.dump().c_str());
  return 0;
}

int RunFile(char** arg) {
  const Result<Scenario> scenario = ReadScenario(arg[0]);
  if (!scenario.ok()) return Fail(scenario.status());
  SimulateOptions options;
  options.tasks = std::atoll(arg[2]);
  options.seed = static_cast<std::uint64_t>(std::atoll(arg[3]));
  options.thresholds.fixed = std::atof(arg[4]);
  return Run(*scenario, arg[1], std::move(options));
}

int RunMade(char** arg) {
  GeneratorOptions generator;
  generator.devices = std::atoi(arg[2]);
  generator.nodes = std::atoi(arg[3]);
  generator.rows = static_cast<std::size_t>(std::atoi(arg[4]));
  const Result<Scenario> scenario = GenerateScenario(generator);
  if (!scenario.ok()) return Fail(scenario.status());
  SimulateOptions options;
  options.tasks = std::atoll(arg[1]);
  return Run(*scenario, arg[0], std::move(options));
}

}  // namespace
}  // namespace offramp

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "generate" && argc == 11) return offramp::Generate(argv + 2);
  if (what == "simulate" && argc == 7) return offramp::RunFile(argv + 2);
  if (what == "made" && argc == 7) return offramp::RunMade(argv + 2);
  std::fprintf(stderr, "usage: scenario_driver generate|simulate|made ... (see its source)\n");
  return 2;
}
