#include <filesystem>
#include <iostream>
#include <memory>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/options.h"
#include "offramp/files/scenario_file.h"
#include "offramp/optimize/generate_scenario.h"

namespace offramp {
namespace {

struct GenerateOptions {
  GeneratorOptions generator;
  std::string law = "exponential";
  std::string output;
  bool force = false;
};

int RunGenerate(const GenerateOptions& options) {
  GeneratorOptions generator = options.generator;
  generator.law =
      options.law == "exponential" ? ServiceLaw::kExponential : ServiceLaw::kDeterministic;
  std::error_code error;
  if (!options.force && std::filesystem::exists(options.output, error)) {
    return Fail(InvalidArgumentError(options.output +
                                     ": is there already, expected another name or --force"));
  }
  const auto scenario = GenerateScenario(generator);
  if (!scenario.ok()) return Fail(scenario.status());
  if (const Status written = WriteScenario(*scenario, options.output); !written.ok()) {
    return Fail(written);
  }
  double tasks_per_s = 0;
  for (const ScenarioDevice& device : scenario->devices) tasks_per_s += device.tasks_per_s;
  std::cerr << Format("%s: %zu devices, %zu nodes in %d stages, %zu links, %.3g tasks/s\n",
                      options.output.c_str(), scenario->devices.size(), scenario->nodes.size(),
                      scenario->stage_count(), scenario->links.size(), tasks_per_s);
  return kExitDone;
}

}  // namespace

void AddGenerateScenarioCommand(CommandLine& line) {
  auto options = std::make_shared<GenerateOptions>();
  GeneratorOptions& generator = options->generator;
  CLI::App* command = AddCommand(
      line, "generate-scenario", "Write a scenario of unlike nodes and links, by seed",
      "  offramp generate-scenario s.yaml\n"
      "  offramp generate-scenario s.yaml --seed 7 --devices 200 --nodes 40 --stages 5 --exits 2\n"
      "  offramp generate-scenario s.yaml --load 0.9 --heterogeneity 20 --law deterministic\n\n"
      "Writes FILE and its exit profile beside it, <name>.exits.csv. The same options give the\n"
      "same files on every machine.");
  command->add_option("FILE", options->output, "Where to write the scenario")
      ->required()
      ->type_name("");
  const auto number = [&](const char* name, auto& value, const char* text) {
    command->add_option(name, value, text)->type_name("N")->capture_default_str();
  };
  command->add_option("--seed", generator.seed, "Of everything that is random")
      ->envname("OFFRAMP_SEED")
      ->type_name("N")
      ->capture_default_str();
  number("--devices", generator.devices, "Sources of tasks");
  number("--nodes", generator.nodes, "Over all stages; earlier ones get more");
  number("--stages", generator.stages, "Of the model");
  number("--exits", generator.exits, "Stages that may answer, besides the last");
  number("--heterogeneity", generator.heterogeneity, "Fastest over slowest node of a stage");
  number("--load", generator.load,
         "Utilisation of a stage's busiest node under good balance and thresholds 0.8");
  number("--degree", generator.degree, "Receivers of a sender, at most");
  command->add_option("--law", options->law, "Of service times: exponential or deterministic")
      ->check(CLI::IsMember({"exponential", "deterministic"}))
      ->type_name("LAW")
      ->capture_default_str();
  number("--rows", generator.rows, "Of the exit profile");
  number("--rate", generator.task_rate_per_s, "Tasks per second of a device, on average");
  command
      ->add_option("--accuracy-weight", generator.accuracy_weight_s,
                   "Seconds; default: a random multiple of the time that a task needs")
      ->check(CLI::Range(0.0, 1e6))
      ->type_name("S");
  command->add_flag("-f,--force", options->force, "Overwrite files that are there");
  command->callback(
      [&line, options] { line.action = [options] { return RunGenerate(*options); }; });
}

}  // namespace offramp
