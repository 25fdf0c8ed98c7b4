#include <algorithm>
#include <chrono>
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
  std::vector<std::string> only;
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

// What can be asked for by --only, and how much of the time it takes, in parts of no unit.
struct NamedExperiment {
  const char* name;
  Result<Experiment> (*run)(const StudyOptions& options);  // of each model; null: see below
  double parts;
};
constexpr NamedExperiment kExperiments[] = {
    {"rate", OverRate, 5},
    {"time", OverTime, 1},
    {"heterogeneity", OverHeterogeneity, 5},
    {"weight", OverWeight, 6},
    {"coupling", CouplingOff, 1},
    {"convergence", nullptr, 1},
    {"ingredients", nullptr, 4},
};

class Runner {
 public:
  Runner(StudyOptions options, std::vector<std::string> only, std::vector<PaperModel> models)
      : options_(std::move(options)), only_(std::move(only)), models_(std::move(models)) {
    for (const NamedExperiment& each : kExperiments) {
      const double times = each.name == kIngredients ? 1 : static_cast<double>(models_.size());
      if (Wanted(each.name)) all_ += times * each.parts;
    }
  }

  // Stopped: with what was done by then.
  Status Run(Study& study) {
    for (const PaperModel& model : models_) {
      options_.model = model;
      ModelStudy done{.model = model.name, .experiments = {}, .convergence = {}};
      for (const NamedExperiment& each : kExperiments) {
        if (!Begin(each, model.name)) continue;
        if (each.run != nullptr) {
          OFFRAMP_ASSIGN_OR_RETURN(Experiment experiment, each.run(options_));
          done.experiments.push_back(std::move(experiment));
        } else if (each.name != kIngredients) {
          OFFRAMP_ASSIGN_OR_RETURN(done.convergence, ByRounds(options_));
        } else {
          continue;
        }
        done_ += each.parts;
      }
      study.models.push_back(std::move(done));
    }
    if (Begin(*std::rbegin(kExperiments), "fleets")) {
      OFFRAMP_ASSIGN_OR_RETURN(study.ingredients, Ingredients(options_));
    }
    line_.Clear();
    return OkStatus();
  }

 private:
  static constexpr std::string_view kIngredients = "ingredients";

  bool Wanted(const char* name) const {
    return only_.empty() || std::find(only_.begin(), only_.end(), name) != only_.end();
  }

  bool Begin(const NamedExperiment& each, const std::string& of) {
    options_.progress = [this, of, parts = each.parts](const std::string& title, double share) {
      Show(of + ": " + title, std::min((done_ + share * parts) / all_, 1.0));
    };
    return !Interrupted() && Wanted(each.name);
  }

  void Show(const std::string& what, double share) {
    const double elapsed_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    std::string text = Format("%s [%.0f %%]", what.c_str(), 100 * share);
    // Before some of it is done nobody knows.
    if (share > 0.02) {
      text += "  (" + ShortDuration(elapsed_s * (1 - share) / share) + " left; Ctrl-C ends it)";
    }
    line_.Show(text);
  }

  StudyOptions options_;
  std::vector<std::string> only_;
  std::vector<PaperModel> models_;
  double all_ = 0;  // parts
  double done_ = 0;
  ProgressLine line_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

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

std::string CommandText(const ReproduceOptions& options, const Study& study) {
  std::string text = "offramp reproduce";
  if (options.quick) text += " --quick";
  if (!options.model.empty()) text += " --model " + options.model;
  if (!options.only.empty()) text += " --only " + Join(options.only, ",");
  if (options.seeds > 0) text += Format(" --seeds %d", study.seeds);
  if (options.seconds > 0) text += Format(" --seconds %g", study.seconds);
  return text;
}

// The models that are asked for; a look takes the first one.
std::vector<PaperModel> ModelsOf(const ReproduceOptions& options) {
  std::vector<PaperModel> models;
  for (const PaperModel& model : PaperModels()) {
    const bool wanted =
        options.model.empty() ? !options.quick || models.empty() : options.model == model.name;
    if (wanted) models.push_back(model);
  }
  return models;
}

int RunReproduce(const ReproduceOptions& options) {
  Study study;
  study.profile = options.profile.empty() ? FindProfile() : options.profile;
  const auto profile = ReadExitProfile(study.profile, {true, true, true, true});
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
  each.stop = Interrupted;
  if (!options.scenario.empty()) {
    const Status written = WriteNominal(options, each.profile);
    return written.ok() ? kExitDone : Fail(written);
  }
  if (options.profile.empty()) study.profile = kShippedProfile;
  study.version = kVersion;
  study.rows = each.profile->rows();
  study.seeds = each.seeds;
  study.seconds = each.seconds;
  study.command = CommandText(options, study);

  CatchInterrupts();
  const Status done = Runner(each, options.only, ModelsOf(options)).Run(study);
  if (!done.ok()) return Fail(done);
  study.interrupted = Interrupted();
  if (!options.html.empty()) {
    const Status written = WriteFileAtomically(options.html, StudyHtml(study));
    if (!written.ok()) return Fail(written);
    std::cerr << "Report: " << options.html << "\n";
  }
  std::cout << StudyMarkdown(study) << std::flush;
  if (!study.interrupted) return kExitDone;
  std::cerr << "offramp: interrupted; the figures are of what was done until then\n";
  return kExitFailed;
}

}  // namespace

void AddReproduceCommand(CommandLine& line) {
  auto options = std::make_shared<ReproduceOptions>();
  CLI::App* command = AddCommand(
      line, "reproduce", "Repeat the evaluation of the DTO-EE paper and print it as Markdown",
      "  offramp reproduce --html reproduction.html > reproduction.md\n"
      "  offramp reproduce --quick\n"
      "  offramp reproduce --model bert-large --seeds 10 --seconds 120\n"
      "  offramp reproduce --only rate,ingredients\n"
      "  offramp reproduce --model bert-large --write-scenario bert.yaml\n\n"
      "Simulates 50 devices and 18 nodes with models shaped like ResNet-101 and BERT-large: delay\n"
      "and accuracy over arrival rate, time, heterogeneity and accuracy weight, each baseline "
      "also\n"
      "at the accuracy of dto-ee; plans with the coupling of shares and thresholds switched off;\n"
      "convergence by rounds; and on fleets at random each ingredient of the live rule switched\n"
      "off. The same options give the same figures.");
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
  std::vector<std::string> names;
  for (const NamedExperiment& each : kExperiments) names.emplace_back(each.name);
  command->add_option("--only", options->only, "Only these experiments: some of " + Join(names))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(names))
      ->type_name("A,B,...");
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
