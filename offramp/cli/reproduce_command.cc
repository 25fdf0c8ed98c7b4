#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/reproduce/study_text.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/terminal.h"
#include "offramp/files/profile_file.h"
#include "offramp/files/run_state.h"
#include "offramp/files/scenario_file.h"

#include "offramp_version.h"

namespace offramp {
namespace {

namespace fs = std::filesystem;

constexpr char kShippedProfile[] = "models/fashion-mnist/exits.csv";
constexpr std::size_t kRows = 1250;  // of the profile that is used
constexpr std::size_t kQuickRows = 250;

struct ReproduceOptions {
  bool quick = false;
  int seeds = 0;
  double seconds = 0;
  std::string model;
  std::string profile;
  std::string html;
  std::string scenario;
  int threads = 0;
};

// In the present folder, else beside the build folder that holds this program.
std::string FindProfile() {
  std::error_code error;
  if (fs::is_regular_file(kShippedProfile, error)) return kShippedProfile;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = program.parent_path().parent_path() / kShippedProfile;
  return fs::is_regular_file(beside, error) ? beside.string() : kShippedProfile;
}

Result<Study> RunStudy(const StudyOptions& options) {
  Study study{.model = options.model.name, .experiments = {}, .convergence = {}};
  const auto experiments = {OverRate, OverTime, OverHeterogeneity, OverWeight, CouplingOff};
  for (const auto& run : experiments) {
    OFFRAMP_ASSIGN_OR_RETURN(Experiment experiment, run(options));
    study.experiments.push_back(std::move(experiment));
  }
  OFFRAMP_ASSIGN_OR_RETURN(study.convergence, ByRounds(options));
  return study;
}

// The scenario that the experiments vary, as a file to plan and simulate by hand.
Status WriteNominal(const ReproduceOptions& options,
                    const std::shared_ptr<const ExitProfile>& profile) {
  const auto models = PaperModels();
  const auto model = std::find_if(models.begin(), models.end(), [&](const PaperModel& candidate) {
    return options.model.empty() || candidate.name == options.model;
  });
  OFFRAMP_ASSIGN_OR_RETURN(const Scenario scenario, PaperScenario(*model, profile, {}));
  return WriteScenario(scenario, options.scenario);
}

std::string CommandText(const ReproduceOptions& options, const StudyFacts& facts) {
  std::string text = "offramp reproduce";
  if (options.quick) text += " --quick";
  if (!options.model.empty()) text += " --model " + options.model;
  if (options.seeds > 0) text += Format(" --seeds %d", facts.seeds);
  if (options.seconds > 0) text += Format(" --seconds %g", facts.seconds);
  return text;
}

int RunReproduce(const ReproduceOptions& options) {
  StudyFacts facts;
  facts.profile = options.profile.empty() ? FindProfile() : options.profile;
  const auto profile = ReadExitProfile(facts.profile, {true, true, true, true});
  if (!profile.ok()) return Fail(profile.status());
  const std::size_t rows = options.quick ? kQuickRows : kRows;
  StudyOptions each;
  each.profile = ThinProfile(**profile, std::max<std::size_t>(1, (*profile)->rows() / rows));
  each.quick = options.quick;
  each.seeds = options.seeds > 0 ? options.seeds : options.quick ? 2 : 5;
  each.seconds = options.seconds > 0 ? options.seconds : options.quick ? 8 : 60;
  each.threads = options.threads > 0
                     ? options.threads
                     : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  if (!options.scenario.empty()) {
    const Status written = WriteNominal(options, each.profile);
    return written.ok() ? kExitDone : Fail(written);
  }
  if (options.profile.empty()) facts.profile = kShippedProfile;
  facts.version = kVersion;
  facts.rows = each.profile->rows();
  facts.seeds = each.seeds;
  facts.seconds = each.seconds;
  facts.command = CommandText(options, facts);

  CatchInterrupts();
  ProgressLine line;
  each.stop = Interrupted;
  std::vector<Study> studies;
  for (const PaperModel& model : PaperModels()) {
    const bool wanted =
        options.model.empty() ? !options.quick || studies.empty() : options.model == model.name;
    if (!wanted) continue;
    each.model = model;
    each.progress = [&](const std::string& experiment, double share) {
      line.Show(Format("%s, %s: %.0f %%", model.name.c_str(), experiment.c_str(), 100 * share));
    };
    auto study = RunStudy(each);
    line.Clear();
    if (!study.ok()) return Fail(study.status());
    studies.push_back(*std::move(study));
  }
  if (!options.html.empty()) {
    const Status written = WriteFileAtomically(options.html, StudyHtml(facts, studies));
    if (!written.ok()) return Fail(written);
    std::cerr << "Report: " << options.html << "\n";
  }
  std::cout << StudyMarkdown(facts, studies) << std::flush;
  return kExitDone;
}

}  // namespace

void AddReproduceCommand(CommandLine& line) {
  auto options = std::make_shared<ReproduceOptions>();
  CLI::App* command = AddCommand(
      line, "reproduce", "Repeat the evaluation of the DTO-EE paper and print it as Markdown",
      "  offramp reproduce --html reproduction.html > reproduction.md\n"
      "  offramp reproduce --quick\n"
      "  offramp reproduce --model bert-large --seeds 10 --seconds 120\n"
      "  offramp reproduce --model bert-large --write-scenario bert.yaml\n\n"
      "Simulates 50 devices and 18 nodes with models shaped like ResNet-101 and BERT-large: delay\n"
      "and accuracy over arrival rate, time, heterogeneity and accuracy weight; plans with the\n"
      "coupling of shares and thresholds switched off; convergence by rounds. The same options\n"
      "give the same figures.");
  command->add_flag("--quick", options->quick, "One model, few points, short runs: a look");
  command->add_option("--seeds", options->seeds, "Of everything random; default: 5, quick 2")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  command->add_option("--seconds", options->seconds, "Simulated, a run; default: 60, quick 8")
      ->check(CLI::Range(1.0, 1e6))
      ->type_name("S");
  command->add_option("--model", options->model, "Only this one: resnet-101 or bert-large")
      ->check(CLI::IsMember({"resnet-101", "bert-large"}))
      ->type_name("NAME");
  command
      ->add_option("--profile", options->profile,
                   "Exit profile of a model with four stages and an exit after each; default: the "
                   "shipped Fashion-MNIST model's")
      ->type_name("FILE");
  command->add_option("--html", options->html, "Write the charts there, as one HTML file")
      ->type_name("FILE");
  command
      ->add_option("--write-scenario", options->scenario,
                   "Only write the scenario that is varied there (load 0.7, seed 1)")
      ->type_name("FILE");
  command->add_option("--threads", options->threads, "Runs side by side; default: all cores")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  command->callback(
      [&line, options] { line.action = [options] { return RunReproduce(*options); }; });
}

}  // namespace offramp
