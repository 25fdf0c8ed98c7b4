#include "offramp/base/text.h"
#include "offramp/cli/reproduce/study_runs.h"
#include "offramp/optimize/generate_scenario.h"

namespace offramp {
namespace {

// Seeds of fleets on which nothing was ever tuned or tested.
constexpr std::uint64_t kFirstSeed = 7001;
constexpr double kTasks_per_s = 80;
constexpr double kLoad = 0.8;
constexpr double kMostGateways = 8;

// One column: how the fleet and its day look.
struct Situation {
  const char* name;
  int gateways;
  ServiceLaw law;
  void (*change)(double seconds, Scenario& scenario);
};

void Quiet(double /*seconds*/, Scenario& /*scenario*/) {}

void Slows(double seconds, Scenario& scenario) {
  const int node = FastestNode(scenario, 2);
  const int part = static_cast<int>(scenario.devices.size()) + node;
  const double speed = scenario.nodes[static_cast<std::size_t>(node)].gflops_per_s;
  scenario.changes = {{0.4 * seconds, NodeSpeedChange{part, speed / 4}},
                      {0.7 * seconds, NodeSpeedChange{part, speed}}};
}

void Dies(double seconds, Scenario& scenario) {
  const int part = static_cast<int>(scenario.devices.size()) + FastestNode(scenario, 2);
  scenario.changes = {{0.4 * seconds, NodeDownChange{part, true}},
                      {0.7 * seconds, NodeDownChange{part, false}}};
}

void Surges(double seconds, Scenario& scenario) {
  for (const auto& [share, factor] : {std::pair{0.4, 1.2}, std::pair{0.7, 1.0}}) {
    for (std::size_t i = 0; i < scenario.devices.size(); ++i) {
      scenario.changes.push_back(
          {share * seconds,
           DeviceRateChange{static_cast<int>(i), factor * scenario.devices[i].tasks_per_s}});
    }
  }
}

constexpr Situation kSituations[] = {
    {"quiet, 1 gateway", 1, ServiceLaw::kDeterministic, Quiet},
    {"quiet, 8 gateways", 8, ServiceLaw::kDeterministic, Quiet},
    {"exponential service", 8, ServiceLaw::kExponential, Quiet},
    {"a node slows", 8, ServiceLaw::kDeterministic, Slows},
    {"a node dies", 8, ServiceLaw::kDeterministic, Dies},
    {"a surge", 8, ServiceLaw::kDeterministic, Surges},
};

Result<Scenario> FleetOf(const Situation& situation, int seed, double seconds, bool quick) {
  OFFRAMP_ASSIGN_OR_RETURN(
      Scenario scenario, GenerateScenario({.seed = kFirstSeed + static_cast<std::uint64_t>(seed),
                                           .devices = situation.gateways,
                                           .nodes = 10,
                                           .stages = 4,
                                           .exits = 3,
                                           .heterogeneity = 8,
                                           .load = kLoad,
                                           .degree = 10,
                                           .law = situation.law,
                                           .rows = quick ? 250U : 1250U,
                                           .task_rate_per_s = kTasks_per_s / situation.gateways}));
  // As in a fleet: bytes wait for the bytes before them.
  for (ScenarioLink& link : scenario.links) {
    link.queue = true;
    // One gateway in place of many has links for all of them.
    if (scenario.part_stage(link.from) == 0) link.mbit_per_s *= kMostGateways / situation.gateways;
  }
  situation.change(seconds, scenario);
  return scenario;
}

std::vector<Arm> IngredientArms() {
  std::vector<Arm> arms = {{.name = "dto-ee", .policy = Policy::kDtoEe}};
  for (const std::string& name : IngredientNames()) {
    arms.push_back({.name = "without " + name, .policy = Policy::kDtoEe});
    SwitchOff(name, arms.back().rule);
  }
  for (const Policy policy : {Policy::kWeightedLeastOutstanding, Policy::kPeakEwma}) {
    const std::string name(PolicyName(policy));
    arms.push_back({.name = name + ", 0.8", .policy = policy, .thresholds = {.fixed = 0.8}});
    arms.push_back({.name = name + ", tuned", .policy = policy, .thresholds = {.tuned = true}});
  }
  return arms;
}

}  // namespace

Result<Experiment> Ingredients(const StudyOptions& asked) {
  StudyOptions options = asked;
  // What is left of single ingredients is small beside what fleets differ by.
  if (!options.quick) options.seeds *= 2;
  Experiment experiment{
      .title = "Ingredients of the live rule",
      .text = Format(
          "Fleets of ten nodes at random (`generate-scenario` with seeds from %d, on which "
          "nothing was tuned), 80 tasks/s, links that queue, every sender linked to all of the "
          "next stage, load 0.8 at thresholds of 0.8, deterministic service unless said. Events "
          "last from 40 to 70 %% of the time: the fastest node of stage 2 falls to a quarter of "
          "its speed, or dies; all rates rise by a fifth. Each row but the first lacks one "
          "ingredient (docs/dispatch.md), or is another policy. %d seeds.",
          static_cast<int>(kFirstSeed + 1), options.seeds),
      .axis = "situation",
      .by_objective = true};
  std::vector<Scenario> scenarios;
  std::vector<std::string> names;
  for (const Situation& situation : kSituations) {
    if (options.quick && situation.gateways > 1 && situation.change == Quiet) continue;
    names.emplace_back(situation.name);
    for (int seed = 1; seed <= options.seeds; ++seed) {
      OFFRAMP_ASSIGN_OR_RETURN(Scenario scenario,
                               FleetOf(situation, seed, options.seconds, options.quick));
      scenarios.push_back(std::move(scenario));
    }
  }
  OFFRAMP_ASSIGN_OR_RETURN(
      const StudyRuns runs,
      RunStudyArms(options, experiment.title, std::move(scenarios), IngredientArms()));
  for (std::size_t point = 0; point < runs.points(); ++point) {
    experiment.columns.push_back(names[point]);
    AddColumn(runs, point, WholeRun, experiment);
  }
  return experiment;
}

}  // namespace offramp
