#include <algorithm>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <unistd.h>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/demo/demo_run.h"
#include "offramp/cli/demo/demo_table.h"
#include "offramp/cli/demo/report.h"
#include "offramp/cli/demo/scenario.h"
#include "offramp/cli/fleet_source.h"
#include "offramp/cli/options.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/terminal.h"
#include "offramp/files/run_state.h"

#include "offramp_version.h"

namespace offramp {
namespace {

namespace fs = std::filesystem;

constexpr char kShippedFleet[] = "fleets/demo.yaml";
constexpr double kStartStopSeconds = 4;  // a guess for the time shown as left, until one was seen

struct DemoOptions {
  std::string fleet;
  std::vector<std::string> policies = {
      "dto-ee",    "round-robin",    "least-outstanding", "weighted-least-outstanding",
      "peak-ewma", "computing-first"};
  std::string thresholds = "tuned";
  double seconds = 26;
  double tasks_per_s = 0;
  std::uint64_t seed = 1;
  std::string data = kFashionMnistFolder;
  std::string report = "demo-report.html";
  std::string records;
};

// The shipped fleet: in the present folder, else beside the build folder that holds this program.
std::string ShippedFleet() {
  std::error_code error;
  if (fs::is_regular_file(kShippedFleet, error)) return kShippedFleet;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = program.parent_path().parent_path() / kShippedFleet;
  return fs::is_regular_file(beside, error) ? beside.string() : kShippedFleet;
}

std::string TimeText() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return text;
}

double Now() {
  struct timespec now {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// All policies one after the other; stops at the first that cannot run.
Status RunPolicies(const DemoOptions& options, const std::string& fleet_path,
                   const DemoScenario& scenario, std::vector<DemoRun>& runs) {
  Random random(options.seed);
  const auto arrivals_s = PoissonArrivals(scenario.load, random);
  ProgressLine line;
  double overhead_s = kStartStopSeconds;
  for (std::size_t i = 0; i < options.policies.size(); ++i) {
    const std::string& policy = options.policies[i];
    const std::string head = Format("[%zu/%zu] %s", i + 1, options.policies.size(), policy.c_str());
    DemoRunOptions run_options;
    run_options.fleet_path = fleet_path;
    run_options.policy = policy;
    run_options.thresholds = options.thresholds;
    run_options.data_folder = options.data;
    run_options.seed = options.seed;
    run_options.progress = [&](double t_s, const std::string& text) {
      const auto after = static_cast<double>(options.policies.size() - i - 1);
      const double left_s =
          scenario.seconds - std::max(0.0, t_s) + after * (scenario.seconds + overhead_s);
      std::string time;
      if (t_s >= 0) time = Format("  %2.0f of %.0f s", t_s, scenario.seconds);
      line.Show(head + time + "  " + text + "  (" + ShortDuration(left_s) + " left)");
    };
    const double start_s = Now();
    auto run = RunDemoPolicy(scenario, arrivals_s, run_options);
    line.Clear();
    if (!run.ok()) return run.status().At(policy);
    overhead_s = std::max(0.0, Now() - start_s - scenario.seconds);
    const LoadSummary whole = Summarise(run->records, scenario.measured_from_s(), scenario.seconds);
    std::cerr << Format("%-34s mean %4.0f ms  p95 %4.0f ms  accuracy %.1f %%\n", head.c_str(),
                        whole.delay.mean_s * 1e3, whole.delay.p95_s * 1e3,
                        100 * whole.accuracy.value_or(0));
    for (const std::string& trouble : run->trouble) std::cerr << "  " << trouble << "\n";
    runs.push_back(*std::move(run));
  }
  return OkStatus();
}

Status WriteReport(const DemoOptions& options, const std::string& fleet_path, const Fleet& fleet,
                   const DemoScenario& scenario, const std::vector<DemoRun>& runs,
                   const std::vector<DemoCell>& cells) {
  if (options.report == "none") return OkStatus();
  ReportFacts facts;
  facts.fleet_path = fleet_path;
  facts.thresholds = options.thresholds;
  facts.tasks_per_s = scenario.load.front().tasks_per_s;
  facts.seed = options.seed;
  facts.made_at = TimeText();
  facts.version = kVersion;
  const auto data = ReportData(facts, scenario, fleet, runs, cells);
  OFFRAMP_RETURN_IF_ERROR(WriteFileAtomically(options.report, ReportHtml(data)));
  std::error_code error;
  std::cerr << "Report: " << fs::absolute(options.report, error).string() << "\n";
  return OkStatus();
}

Status WriteRecords(const DemoOptions& options, const std::vector<DemoRun>& runs) {
  if (options.records.empty()) return OkStatus();
  nlohmann::ordered_json json;
  for (const DemoRun& run : runs) json[run.policy] = RecordsToJson(run.records);
  return WriteFileAtomically(options.records, json.dump() + "\n");
}

int RunDemo(const DemoOptions& options) {
  const std::string fleet_path = options.fleet.empty() ? ShippedFleet() : options.fleet;
  if (const Status status = CheckFleetPath(fleet_path); !status.ok()) return Fail(status);
  FleetOverrides overrides;
  overrides.thresholds = options.thresholds;
  for (const std::string& policy : options.policies) {
    overrides.policy = policy;
    Fleet checked;
    if (const Status status = ApplyOverrides(overrides, checked); !status.ok()) {
      return Fail(status);
    }
  }
  const auto fleet = ReadFleet(fleet_path, {});
  if (!fleet.ok()) return Fail(fleet.status());
  const auto scenario = MakeDemoScenario(*fleet, options.seconds, options.tasks_per_s);
  if (!scenario.ok()) return Fail(scenario.status());
  if (const auto images = ReadTestSet(options.data); !images.ok()) return Fail(images.status());

  CatchInterrupts();
  std::cerr << Format(
      "%zu gateways and %zu nodes as processes on this machine, %.0f images/s, %.0f s a policy:\n",
      fleet->gateways.size(), fleet->nodes.size(), scenario->load.front().tasks_per_s,
      scenario->seconds);
  std::string story = "  quiet";
  for (const DemoPart& part : scenario->parts) {
    if (part.name != "quiet") story += Format(" | %s from %.1f s", part.name.c_str(), part.from_s);
  }
  std::cerr << story << " (" << scenario->victim << ")\n";
  std::vector<DemoRun> runs;
  const Status status = RunPolicies(options, fleet_path, *scenario, runs);
  if (!status.ok() && runs.empty()) return Fail(status);

  const auto cells = DemoCells(*scenario, runs);
  std::cout << "\n" << DemoTable(cells, WantsColour(STDOUT_FILENO)) << std::flush;
  const Status report = WriteReport(options, fleet_path, *fleet, *scenario, runs, cells);
  if (!report.ok()) return Fail(report);
  if (const Status records = WriteRecords(options, runs); !records.ok()) return Fail(records);
  if (!status.ok()) return Fail(status);
  const std::int64_t lost = LostTasks(runs);
  const bool trouble = std::any_of(runs.begin(), runs.end(),
                                   [](const DemoRun& run) { return !run.trouble.empty(); });
  if (lost > 0)
    std::cerr << Format("offramp: %lld tasks were lost\n", static_cast<long long>(lost));
  if (trouble) std::cerr << "offramp: parts failed that nobody had touched, see above\n";
  return lost > 0 || trouble ? kExitFailed : kExitDone;
}

}  // namespace

void AddDemoCommand(CommandLine& line) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command = AddCommand(
      line, "demo", "Run a fleet through a surge, a death and a slow-down, once for each policy",
      "  offramp demo\n"
      "  offramp demo --policies dto-ee,peak-ewma --thresholds 0.8 --seconds 40\n"
      "  offramp demo my-fleet.yaml --rate 60 --report my-report.html\n\n"
      "Exit code 0 only if no accepted task was lost.");
  command->add_option("FLEET", options->fleet, "Fleet file; default: the shipped fleets/demo.yaml")
      ->envname("OFFRAMP_FLEET")
      ->type_name("");
  command->add_option("--policies", options->policies, "Policies to compare, the first against all")
      ->delimiter(',')
      ->envname("OFFRAMP_DEMO_POLICIES")
      ->type_name("A,B,...")
      ->capture_default_str();
  command
      ->add_option("--thresholds", options->thresholds,
                   "Of policies that do not set them: a number, or tuned")
      ->envname("OFFRAMP_THRESHOLDS")
      ->type_name("T")
      ->capture_default_str();
  command->add_option("-s,--seconds", options->seconds, "Length of one policy's run")
      ->envname("OFFRAMP_DEMO_SECONDS")
      ->check(CLI::Range(5.0, 3600.0))
      ->type_name("S")
      ->capture_default_str();
  command
      ->add_option("-r,--rate", options->tasks_per_s,
                   "Images per second outside the surge; default: what the file's gateways expect")
      ->envname("OFFRAMP_DEMO_RATE")
      ->check(CLI::Range(1.0, 1e5))
      ->type_name("R");
  command->add_option("--seed", options->seed, "Of arrivals and images")
      ->envname("OFFRAMP_SEED")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--data", options->data, "Folder of the labelled test set (IDX files)")
      ->envname("OFFRAMP_DATA")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--report", options->report, "Where to write the HTML report, or none")
      ->envname("OFFRAMP_DEMO_REPORT")
      ->type_name("FILE")
      ->capture_default_str();
  command->add_option("--records", options->records, "Write every task's record there (JSON)")
      ->type_name("FILE");
  command->callback([&line, options] { line.action = [options] { return RunDemo(*options); }; });
}

}  // namespace offramp
