#include <iostream>
#include <memory>
#include <unistd.h>

#include "offramp/base/text.h"
#include "offramp/cli/chart.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/fleet_source.h"
#include "offramp/cli/fleet_status.h"
#include "offramp/cli/model_options.h"
#include "offramp/cli/options.h"
#include "offramp/cli/plan/live_measurements.h"
#include "offramp/cli/plan/place_run.h"
#include "offramp/cli/plan/plan_json.h"
#include "offramp/cli/plan/plan_report.h"
#include "offramp/cli/plan/plan_table.h"
#include "offramp/cli/plan/what_if.h"
#include "offramp/cli/scenario_options.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/terminal.h"
#include "offramp/files/bundle_file.h"
#include "offramp/files/run_state.h"
#include "offramp/files/scenario_file.h"
#include "offramp/optimize/plan.h"

namespace offramp {
namespace {

constexpr std::size_t kShownParts = 40;
constexpr std::int64_t kMaxRounds = 1'000'000;

struct PlanCommandOptions {
  ScenarioOptions scenario;
  std::string policy;
  std::string rounds = "300";
  std::uint64_t seed = 1;
  int restarts = 3;
  double held_out = 0;
  bool no_certificate = false;
  bool json = false;
  std::vector<std::string> what_if;
  bool history = false;
  std::string html;
  std::string live;    // a running fleet's file
  std::string status;  // a file, or "-"
  bool all_parts = false;
  PlaceFlags place;
};

// A scenario, its problem and what was planned for it.
struct Planned {
  Scenario scenario;
  Problem problem;
  Plan plan;
};

// What a running fleet does, beside the plan.
struct Live {
  Strategy strategy;
  Evaluation evaluation;
};

// The status of a fleet, from wherever the options say; null without either.
Result<OrderedJson> FindStatus(const PlanCommandOptions& options) {
  if (!options.status.empty()) return ReadStatusJson(options.status);
  if (options.live.empty()) return OrderedJson();
  const std::string state_dir = StateDir(options.live);
  if (!FleetRuns(state_dir)) return UnavailableError(options.live + ": is not up");
  OFFRAMP_ASSIGN_OR_RETURN(const SnapshotFleet running,
                           ReadRunningFleet(state_dir, options.live, /*insecure=*/true));
  return FleetStatus(running.fleet, state_dir, /*timeout_s=*/2);
}

// The fleet file with what the status measured in place of expectations.
Result<Scenario> MeasuredScenario(const std::string& path, const OrderedJson& status) {
  OFFRAMP_ASSIGN_OR_RETURN(const Fleet fleet, ReadFleetFile(path));
  OFFRAMP_ASSIGN_OR_RETURN(const Bundle bundle, ReadBundle(fleet.bundle_folder));
  std::vector<double> gflops;
  for (const BundleStage& stage : bundle.stages) gflops.push_back(stage.gflops);
  OFFRAMP_ASSIGN_OR_RETURN(Scenario scenario, ReadScenario(path, SpeedsOf(status, gflops)));
  OFFRAMP_RETURN_IF_ERROR(UseMeasuredRates(status, scenario));
  return scenario;
}

Result<Planned> PlanFor(Scenario scenario, const PlanCommandOptions& options,
                        const std::string& what) {
  OFFRAMP_ASSIGN_OR_RETURN(Problem problem, ProblemOf(scenario));
  PlanOptions plan_options;
  plan_options.policy = scenario.policy;
  if (!options.policy.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(plan_options.policy, PolicyOption(options.policy));
  }
  OFFRAMP_ASSIGN_OR_RETURN(const std::int64_t rounds,
                           CountOption("--rounds", options.rounds, kMaxRounds));
  plan_options.rounds = static_cast<int>(rounds);
  plan_options.seed = options.seed;
  plan_options.objective = scenario.objective;
  plan_options.fixed_threshold = scenario.fixed_threshold.value_or(kDefaultThreshold);
  plan_options.tuned = scenario.tuned;
  plan_options.restarts = options.restarts;
  plan_options.held_out = options.held_out;
  plan_options.certificate = !options.no_certificate;
  plan_options.stop = Interrupted;
  ProgressLine line;
  plan_options.progress = [&](int round) {
    line.Show(Format("%s%s: round %d of at most %lld", what.c_str(),
                     std::string(PolicyName(plan_options.policy)).c_str(), round,
                     static_cast<long long>(rounds)));
  };
  Result<Plan> plan = MakePlan(problem, plan_options);
  line.Clear();
  if (!plan.ok()) return plan.status().At(scenario.path);
  if (!plan->objective_met && plan->stop != PlanStop::kStopped) {
    return InvalidArgumentError(scenario.path + ": objective: " + plan->message);
  }
  return Planned{std::move(scenario), std::move(problem), *std::move(plan)};
}

OrderedJson LiveToJson(const Planned& planned, const Live& live) {
  return {{"offloading", OffloadingToJson(planned.problem, live.strategy)},
          {"thresholds", ThresholdsToJson(planned.problem, live.strategy)},
          {"predicted",
           {{"mean_delay_s", live.evaluation.mean_delay_s},
            {"accuracy", live.evaluation.accuracy},
            {"objective_s", live.evaluation.objective_s}}},
          {"above_plan_s", live.evaluation.objective_s - planned.plan.predicted.objective_s}};
}

std::string LiveText(const Planned& planned, const Live& live) {
  const double above_s = live.evaluation.objective_s - planned.plan.predicted.objective_s;
  return Format(
      "\nThe fleet's present shares and thresholds, kept for ever at these rates: mean delay %s, "
      "accuracy %.2f %%, objective %s above this plan's.\n",
      DelayText(live.evaluation.mean_delay_s).c_str(), 100 * live.evaluation.accuracy,
      DelayText(above_s).c_str());
}

std::string HistoryText(const Plan& plan) {
  std::vector<double> delay_ms;
  std::vector<double> accuracy;
  for (const RoundSummary& round : plan.history) {
    delay_ms.push_back(round.mean_delay_s * 1e3);
    accuracy.push_back(round.accuracy * 100);
  }
  const int columns = std::min(100, TerminalColumns(STDOUT_FILENO) - 14);
  return "\n" +
         DrawChart(delay_ms, {.title = "mean delay by round, ms",
                              .columns = columns,
                              .log = true,
                              .log_index = true}) +
         DrawChart(
             accuracy,
             {.title = "accuracy by round, %", .columns = columns, .rows = 5, .log_index = true});
}

int DoneUnlessInterrupted() {
  if (!Interrupted()) return kExitDone;
  std::cerr << "offramp: interrupted; this is the best plan until then\n";
  return kExitFailed;
}

// Everything is computed before anything is printed: a failure leaves standard output empty.
int RunPlan(const PlanCommandOptions& options) {
  if (options.place.place) {
    return RunPlace(options.scenario, options.place, options.seed, options.json);
  }
  if (!options.place.model.empty()) {
    return Fail(
        InvalidArgumentError(options.place.model + ": a second path goes with --place only"));
  }
  CatchInterrupts();
  const auto status = FindStatus(options);
  if (!status.ok()) return Fail(status.status());
  ScenarioOptions scenario_options = options.scenario;
  if (scenario_options.path.empty()) scenario_options.path = options.live;
  const bool measured = !status->is_null();
  auto scenario = measured && !scenario_options.path.empty()
                      ? MeasuredScenario(scenario_options.path, *status)
                      : LoadScenario(scenario_options);
  if (!scenario.ok()) return Fail(scenario.status());
  if (const Status applied = ApplyScenarioOptions(scenario_options, *scenario); !applied.ok()) {
    return Fail(applied);
  }
  std::optional<Planned> after;
  if (!options.what_if.empty()) {
    Scenario changed = *scenario;
    for (const std::string& text : options.what_if) {
      if (const Status done = ApplyWhatIf(text, changed); !done.ok()) return Fail(done);
    }
    auto planned = PlanFor(std::move(changed), options, "after, ");
    if (!planned.ok()) return Fail(planned.status());
    after = *std::move(planned);
  }
  const auto planned = PlanFor(*std::move(scenario), options, after ? "before, " : "");
  if (!planned.ok()) return Fail(planned.status());
  std::optional<Live> live;
  if (measured) {
    live.emplace();
    live->strategy = LiveStrategy(*status, planned->problem);
    live->evaluation = Evaluator().Evaluate(planned->problem, live->strategy);
  }
  if (!options.html.empty()) {
    const PlanReportFacts facts{
        .scenario = planned->scenario, .problem = planned->problem, .plan = planned->plan};
    if (const Status written = WriteFileAtomically(options.html, PlanReportHtml(facts));
        !written.ok()) {
      return Fail(written);
    }
    std::cerr << "Report: " << options.html << "\n";
  }

  const bool colour = WantsColour(STDOUT_FILENO);
  const std::size_t shown = options.all_parts ? SIZE_MAX : kShownParts;
  if (options.json) {
    OrderedJson json = PlanToJson(planned->problem, planned->plan);
    if (after) {
      json = {{"what_if", options.what_if},
              {"before", std::move(json)},
              {"after", PlanToJson(after->problem, after->plan)}};
    }
    if (live) json["live"] = LiveToJson(*planned, *live);
    std::cout << JsonText(json) << std::flush;
    return DoneUnlessInterrupted();
  }
  std::cout << PlanTable(planned->problem, planned->plan, shown, colour);
  if (options.history) std::cout << HistoryText(planned->plan);
  if (after) {
    std::cout << "\nWhat if: " << Join(options.what_if) << "\n"
              << CompareTable({planned->problem, planned->plan}, {after->problem, after->plan},
                              shown, colour);
  }
  if (live) std::cout << LiveText(*planned, *live);
  std::cout << std::flush;
  return DoneUnlessInterrupted();
}

// What only makes sense with --place.
void AddPlaceOptions(CLI::App* command, PlaceFlags& flags) {
  CLI::Option* place =
      command->add_flag("--place", flags.place,
                        "Choose cuts, machines and replicas: a machines file and a model in, a "
                        "fleet file out");
  for (const char* other : {"--live", "--status", "--what-if", "--html", "--history", "--held-out",
                            "--policy", "--thresholds"}) {
    place->excludes(command->get_option(other));
  }
  command
      ->add_option("--model", flags.model_named,
                   "With --place: the same as MODEL, wherever it stands")
      ->type_name("PATH")
      ->needs(place);
  command
      ->add_option("-o,--output", flags.output,
                   "With --place: the fleet file; default: standard output")
      ->type_name("FILE")
      ->needs(place);
  command
      ->add_option("--bundle", flags.bundle,
                   "With --place: folder that an ONNX model is split into; default: beside the "
                   "fleet file")
      ->type_name("DIR")
      ->needs(place);
  command
      ->add_option("--stages-max", flags.stages_max,
                   "With --place: stages that an ONNX model is cut into, at most")
      ->check(CLI::Range(1, 16))
      ->type_name("N")
      ->capture_default_str()
      ->needs(place);
  AddShapeOption(command, &flags.shapes);
  command->get_option("--shape")->needs(place);
}

}  // namespace

void AddPlanCommand(CommandLine& line) {
  auto options = std::make_shared<PlanCommandOptions>();
  CLI::App* command = AddCommand(
      line, "plan", "Plan shares and thresholds for a scenario or fleet file",
      "  offramp plan fleets/demo.yaml\n"
      "  offramp plan scenario.yaml --policy nash --thresholds tuned --json\n"
      "  offramp plan scenario.yaml --min-accuracy 0.9 --history\n"
      "  offramp plan scenario.yaml --what-if \"node s2-b down\" --what-if \"device ed0 "
      "tasks_per_s=3\"\n"
      "  offramp plan --live fleets/demo.yaml\n"
      "  offramp plan --place machines.yaml bundles/model -o fleet.yaml\n"
      "  offramp plan --place machines.yaml model.onnx --stages-max 4 -o fleet.yaml\n"
      "  offramp status fleets/demo.yaml --json | offramp plan fleets/demo.yaml --status -\n\n"
      "The prediction is an exact evaluation over all rows of the exit profile. Exit code 2, and\n"
      "nothing on standard output, if the input is at fault or the objective cannot be met.");
  AddScenario(command, options->scenario);
  CLI::Option* model = command->add_option("MODEL", options->place.model,
                                           "With --place: a bundle's folder or an ONNX file");
  model->type_name("");
  command
      ->add_option("--policy", options->policy,
                   "One of " + Join(PolicyNames(/*live_only=*/false)) +
                       "; default: a fleet file's, else dto-ee")
      ->envname("OFFRAMP_POLICY")
      ->type_name("NAME");
  command->add_option("--rounds", options->rounds, "Of the agents, at most")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of restarts and of what is random in a policy")
      ->envname("OFFRAMP_SEED")
      ->type_name("N")
      ->capture_default_str();
  AddScenarioOverrides(command, options->scenario);
  command
      ->add_option("--restarts", options->restarts,
                   "Further starts from other thresholds; the best plan is kept")
      ->check(CLI::Range(0, 1000))
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--held-out", options->held_out,
                   "Share of the profile's rows kept apart to predict on")
      ->check(CLI::Range(0.0, 0.9))
      ->type_name("SHARE");
  command->add_flag("--no-certificate", options->no_certificate,
                    "Leave out the bound on the optimality gap");
  AddJson(command, options->json);
  command
      ->add_option(
          "--what-if", options->what_if,
          "Plan for a change too, beside the file as it is; repeatable: \"node NAME "
          "down\", \"node NAME gflops_per_s=X\", \"device NAME tasks_per_s=X\", \"link A B "
          "down\", \"link A B mbit_per_s=X\"")
      ->type_name("CHANGE")
      ->allow_extra_args(false);
  command->add_flag("--history", options->history, "Chart delay and accuracy by round");
  command->add_option("--html", options->html, "Write charts of the plan there, as one HTML file")
      ->type_name("FILE");
  command->add_flag("--all-parts", options->all_parts, "Show every part, however many");
  CLI::Option* live = command->add_option(
      "--live", options->live,
      "Plan for what this running fleet measures, and say how far it is from the plan");
  live->type_name("FLEET");
  command
      ->add_option("--status", options->status,
                   "The same from what `offramp status --json` printed; - is standard input")
      ->type_name("FILE")
      ->excludes(live);
  AddPlaceOptions(command, options->place);
  command->callback([&line, options] { line.action = [options] { return RunPlan(*options); }; });
}

}  // namespace offramp
