#include <chrono>
#include <cmath>
#include <ctime>
#include <iostream>
#include <memory>
#include <thread>
#include <unistd.h>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/options.h"
#include "offramp/cli/scenario_options.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/simulate/run_set.h"
#include "offramp/cli/simulate/simulation_json.h"
#include "offramp/cli/simulate/simulation_report.h"
#include "offramp/cli/simulate/simulation_table.h"
#include "offramp/cli/terminal.h"
#include "offramp/files/run_state.h"

#include "offramp_version.h"

namespace offramp {
namespace {

constexpr double kMaxSeconds = 1e9;
constexpr std::int64_t kMaxRuns = 100'000;

struct SimulateCommandOptions {
  ScenarioOptions scenario;
  std::vector<std::string> policies;
  std::string tasks;
  double seconds = 600;
  std::optional<double> warmup_s;
  std::uint64_t seed = 1;
  int seeds = 1;
  std::string sweep;
  int threads = 0;
  bool admission = false;
  std::vector<std::string> without;
  bool json = false;
  bool csv = false;
  std::string html;
};

std::string TimeText() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return text;
}

// "[#######....] 58 %  (12 s left)".
class ProgressBar {
 public:
  void Show(double share) {
    constexpr int kWidth = 30;
    const double elapsed_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const int full = static_cast<int>(share * kWidth);
    std::string text = "simulate [" + std::string(static_cast<std::size_t>(full), '#') +
                       std::string(static_cast<std::size_t>(kWidth - full), '.') +
                       Format("] %.0f %%", 100 * share);
    // Before some of it is done nobody knows.
    if (share > 0.02) {
      text += "  (" + ShortDuration(elapsed_s * (1 - share) / share) + " left; Ctrl-C ends it)";
    }
    line_.Show(text);
  }
  void Clear() { line_.Clear(); }

 private:
  ProgressLine line_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Result<LiveRule> RuleWithout(const std::vector<std::string>& ingredients) {
  LiveRule rule;
  for (const std::string& name : ingredients) {
    if (SwitchOff(name, rule)) continue;
    const std::vector<std::string> names = IngredientNames();
    const std::string near = Nearest(name, names);
    return InvalidArgumentError("--without: is '" + name + "', expected some of " + Join(names) +
                                (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  return rule;
}

Result<RunSetOptions> MakeRunOptions(const SimulateCommandOptions& options,
                                     const Scenario& scenario) {
  RunSetOptions run;
  if (options.policies.empty()) {
    run.policies = {scenario.policy};
  } else {
    OFFRAMP_ASSIGN_OR_RETURN(run.policies, PolicyListOption(options.policies));
  }
  run.first_seed = options.seed;
  run.seeds = options.seeds;
  if (!options.sweep.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(run.sweep, ParseSweep(options.sweep));
  }
  const std::int64_t runs =
      static_cast<std::int64_t>(run.policies.size()) * run.seeds *
      static_cast<std::int64_t>(std::max<std::size_t>(1, run.sweep.values.size()));
  if (runs > kMaxRuns) {
    return InvalidArgumentError(
        Format("--seeds, --sweep and --policy ask for %lld runs, expected at most %lld",
               static_cast<long long>(runs), static_cast<long long>(kMaxRuns)));
  }
  if (!options.tasks.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(run.each.tasks,
                             CountOption("--tasks", options.tasks, kMostSimulatedTasks));
  }
  run.each.seconds = options.seconds;
  run.each.warmup_s = options.warmup_s;
  run.each.admission = options.admission;
  OFFRAMP_ASSIGN_OR_RETURN(run.each.rule, RuleWithout(options.without));
  run.threads = options.threads > 0
                    ? options.threads
                    : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return run;
}

// Where arrivals end and where the warm-up does, for charts.
SimulationReportFacts FactsOf(const SimulateCommandOptions& options, const RunSet& set) {
  SimulationReportFacts facts{
      .scenario_path = options.scenario.path, .made_at = TimeText(), .version = kVersion};
  facts.seconds = options.seconds;
  if (!options.tasks.empty()) {
    for (const auto& result : set.results) {
      if (!result || result->series.t_s.empty()) continue;
      facts.seconds = result->series.t_s.back() + 1;
      break;
    }
  }
  facts.warmup_s = options.warmup_s.value_or(facts.seconds / 10);
  return facts;
}

int RunSimulate(const SimulateCommandOptions& options) {
  const auto scenario = LoadScenario(options.scenario);
  if (!scenario.ok()) return Fail(scenario.status());
  const auto run = MakeRunOptions(options, *scenario);
  if (!run.ok()) return Fail(run.status());

  CatchInterrupts();
  ProgressBar bar;
  const auto set = RunSimulations(
      *scenario, *run, [&bar](double share) { bar.Show(share); }, Interrupted);
  bar.Clear();
  if (!set.ok()) return Fail(set.status().At(options.scenario.path));
  if (!options.html.empty()) {
    const Status written =
        WriteFileAtomically(options.html, SimulationReportHtml(FactsOf(options, *set), *set));
    if (!written.ok()) return Fail(written);
  }

  if (options.json) {
    std::cout << JsonText(RunSetToJson(*set)) << std::flush;
  } else if (options.csv) {
    std::cout << RunSetCsv(*set) << std::flush;
  } else {
    std::cout << RunSetTable(*set, WantsColour(STDOUT_FILENO)) << std::flush;
  }
  for (const std::string& warning : RunSetWarnings(*set)) {
    std::cerr << "offramp: warning: " << warning << "\n";
  }
  if (!options.html.empty()) std::cerr << "Report: " << options.html << "\n";
  if (set->interrupted) {
    std::cerr << "offramp: interrupted; the figures are of what was done until then\n";
    return kExitFailed;
  }
  return kExitDone;
}

}  // namespace

void AddSimulateCommand(CommandLine& line) {
  auto options = std::make_shared<SimulateCommandOptions>();
  CLI::App* command = AddCommand(
      line, "simulate", "Simulate policies on a scenario or fleet file, task by task",
      "  offramp simulate scenario.yaml\n"
      "  offramp simulate scenario.yaml --policy dto-ee,nash,peak-ewma --seeds 5 --html r.html\n"
      "  offramp simulate fleets/demo.yaml --sweep load=0.4:1.2:0.2 --csv > load.csv\n"
      "  offramp simulate scenario.yaml --tasks 1e6 --warmup 60 --seed 7 --json\n\n"
      "Every policy sees the same arrivals, samples and service draws; the same seed gives the\n"
      "same bytes whatever the number of threads. Figures leave out tasks of the warm-up.\n"
      "Sweep keys: load, speed, bandwidth (factors); tasks_per_s, gflops_per_s, mbit_per_s,\n"
      "latency_ms (everywhere), NAME.tasks_per_s, NAME.gflops_per_s; accuracy_weight_s,\n"
      "min_accuracy, max_mean_delay_s, threshold, period_ms.");
  AddScenario(command, options->scenario)->required();
  command
      ->add_option("--policy", options->policies,
                   "One or several of " + Join(PolicyNames(/*live_only=*/false)) +
                       "; default: a fleet file's, else dto-ee")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->envname("OFFRAMP_POLICY")
      ->type_name("A,B,...");
  CLI::Option* seconds =
      command->add_option("-s,--seconds", options->seconds, "How long tasks arrive");
  seconds->check(CLI::Range(1e-3, kMaxSeconds))->type_name("S")->capture_default_str();
  command
      ->add_option("--tasks", options->tasks,
                   Format("In place of --seconds: how many tasks count, at most %.0e",
                          static_cast<double>(kMostSimulatedTasks)))
      ->type_name("N")
      ->excludes(seconds);
  command
      ->add_option("--warmup", options->warmup_s,
                   "Seconds at the start that no figure counts; default: a tenth")
      ->check(CLI::Range(0.0, kMaxSeconds))
      ->type_name("S");
  command->add_option("--seed", options->seed, "Of arrivals, samples and service times")
      ->envname("OFFRAMP_SEED")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--seeds", options->seeds, "Run so many seeds, from --seed on")
      ->check(CLI::Range(1, 10000))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--sweep", options->sweep, "Run once for each value of one number")
      ->type_name("KEY=FROM:TO:STEP");
  AddScenarioOverrides(command, options->scenario);
  command->add_flag("--admission", options->admission,
                    "Sources refuse what the fleet cannot carry, as gateways do");
  command
      ->add_option(
          "--without", options->without,
          "For studies: dto-ee without some of " + Join(IngredientNames()) + " (docs/dispatch.md)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("A,B,...");
  command->add_option("--threads", options->threads, "Of several runs; default: all cores")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  AddJson(command, options->json);
  command->add_flag("--csv", options->csv, "Print a row of comma-separated values for every run")
      ->excludes("--json");
  command->add_option("--html", options->html, "Write a report with charts there, as one HTML file")
      ->type_name("FILE");
  command->callback(
      [&line, options] { line.action = [options] { return RunSimulate(*options); }; });
}

}  // namespace offramp
