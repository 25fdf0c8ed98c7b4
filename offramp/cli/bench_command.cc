#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/fleet_source.h"
#include "offramp/cli/load/arrivals.h"
#include "offramp/cli/load/load_client.h"
#include "offramp/cli/load/load_summary.h"
#include "offramp/cli/options.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/table.h"
#include "offramp/cli/terminal.h"
#include "offramp/files/run_state.h"

namespace offramp {
namespace {

using Json = nlohmann::ordered_json;

struct BenchOptions {
  std::string fleet;
  std::vector<std::string> targets;
  std::string model;
  double tasks_per_s = 50;
  double seconds = 10;
  std::string steps;
  std::string trace;
  std::string arrivals = "poisson";
  int outstanding = 0;
  int rows = 1;
  double deadline_s = 0;
  double warmup_s = 0;
  bool no_early_exit = false;
  std::uint64_t seed = 1;
  std::string data = kFashionMnistFolder;
  std::string records_path;
  bool json = false;
};

// What is sent when, and how long that takes.
struct Schedule {
  std::vector<double> arrivals_s;  // empty in a closed loop
  double span_s = 0;
};

Result<Schedule> MakeSchedule(const BenchOptions& options) {
  Schedule schedule;
  if (options.outstanding > 0) {
    schedule.span_s = options.seconds;
    return schedule;
  }
  if (!options.trace.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(schedule.arrivals_s, ReadArrivals(options.trace));
    schedule.span_s = schedule.arrivals_s.back();
    return schedule;
  }
  std::vector<LoadStep> steps = {{options.seconds, options.tasks_per_s / options.rows}};
  if (!options.steps.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(steps, ParseSteps(options.steps));
    for (LoadStep& step : steps) step.tasks_per_s /= options.rows;
  }
  Random random(options.seed);
  schedule.arrivals_s =
      options.arrivals == "even" ? EvenArrivals(steps) : PoissonArrivals(steps, random);
  schedule.span_s = TotalSeconds(steps);
  return schedule;
}

// The gateways of a running fleet, unless targets are named.
Result<std::vector<std::string>> FindTargets(const BenchOptions& options) {
  if (!options.targets.empty()) return options.targets;
  if (options.fleet.empty()) {
    return InvalidArgumentError("expected FLEET or --target ADDRESS");
  }
  OFFRAMP_RETURN_IF_ERROR(CheckFleetPath(options.fleet));
  std::vector<std::string> targets;
  for (const PartFile& part : ListParts(StateDir(options.fleet))) {
    if (part.role == "gateway" && ProcessAlive(part.process)) targets.push_back(part.grpc);
  }
  if (targets.empty()) {
    return UnavailableError(options.fleet + ": no gateway runs; `offramp up " + options.fleet +
                            " -d` starts them");
  }
  return targets;
}

Result<RequestData> MakeData(const BenchOptions& options, const ServedModel& model) {
  constexpr std::int64_t kRandomSamples = 256;
  const bool text = model.inputs.size() == 1 && model.inputs[0].datatype == DataType::kBytes;
  if (text) {
    if (options.data == "random" || options.data == kFashionMnistFolder) {
      return InvalidArgumentError(model.name +
                                  ": takes text, expected --data FILE with a text a line");
    }
    return RequestData::Lines(model, options.data);
  }
  if (options.data == "random") {
    Random random(options.seed);
    return RequestData::Random(model, kRandomSamples, random);
  }
  return RequestData::Images(model, options.data);
}

std::string Milliseconds(double seconds) { return Format("%.2f ms", seconds * 1e3); }

std::string SummaryTable(const LoadSummary& summary, double span_s, bool colour) {
  Table table;
  table.AddColumn("", Table::Align::kLeft);
  table.AddColumn("");
  const auto count = [](std::int64_t n) { return std::to_string(n); };
  table.AddRow({"requests", count(summary.requests)});
  table.AddRow({"answered", count(summary.answered)});
  table.AddRow({"refused", count(summary.refused)});
  table.AddRow({"failed", count(summary.failed)});
  if (summary.pending > 0) table.AddRow({"cut short", count(summary.pending)});
  if (span_s > 0) {
    table.AddRow(
        {"offered requests/s", Format("%.1f", static_cast<double>(summary.requests) / span_s)});
    table.AddRow(
        {"answered rows/s", Format("%.1f", static_cast<double>(summary.rows_answered) / span_s)});
  }
  table.AddRow({"delay mean", Milliseconds(summary.delay.mean_s)});
  table.AddRow({"delay p50", Milliseconds(summary.delay.p50_s)});
  table.AddRow({"delay p90", Milliseconds(summary.delay.p90_s)});
  table.AddRow({"delay p95", Milliseconds(summary.delay.p95_s)});
  table.AddRow({"delay p99", Milliseconds(summary.delay.p99_s)});
  table.AddRow({"delay max", Milliseconds(summary.delay.max_s)});
  if (summary.accuracy) table.AddRow({"accuracy", Format("%.2f %%", 100 * *summary.accuracy)});
  for (const auto& [stage, share] : summary.exit_share) {
    table.AddRow({Format("answered at stage %d", stage), Format("%.1f %%", 100 * share)});
  }
  for (const auto& [code, number] : summary.errors) {
    table.AddRow({Paint(code, "31", colour), count(number)});
  }
  table.AddRow({"generator late by at most", Milliseconds(summary.max_send_lag_s)});
  std::string text = table.Render();
  return text.substr(text.find('\n') + 1);  // no header
}

Status WriteRecords(const std::string& path, const std::vector<LoadRecord>& records) {
  return WriteFileAtomically(path, RecordsToJson(records).dump() + "\n");
}

int RunBench(const BenchOptions& options) {
  const auto schedule = MakeSchedule(options);
  if (!schedule.ok()) return Fail(schedule.status());
  LoadOptions load;
  auto targets = FindTargets(options);
  if (!targets.ok()) return Fail(targets.status());
  load.targets = *std::move(targets);
  load.model = options.model;
  load.rows = options.rows;
  load.deadline_s = options.deadline_s;
  load.early_exit = !options.no_early_exit;
  load.seed = options.seed;
  auto client = LoadClient::Connect(load);
  if (!client.ok()) return Fail(client.status());
  const auto data = MakeData(options, (*client)->model());
  if (!data.ok()) return Fail(data.status());

  CatchInterrupts();
  ProgressLine line;
  const double span_s = schedule->span_s;
  const auto progress = [&](const LoadProgress& now) {
    if (Interrupted()) (*client)->Stop();
    line.Show(Format("%lld sent, %lld answered, %s left", static_cast<long long>(now.sent),
                     static_cast<long long>(now.done), ShortDuration(span_s - now.now_s).c_str()));
  };
  const auto records =
      options.outstanding > 0
          ? (*client)->RunClosed(options.outstanding, options.seconds, *data, progress)
          : (*client)->RunOpen(schedule->arrivals_s, *data, progress);
  line.Clear();

  // Requests of the warm-up are sent and recorded, but no figure counts them.
  const LoadSummary summary = Summarise(records, options.warmup_s, span_s + 1e9);
  const double measured_s = span_s - options.warmup_s;
  if (!options.records_path.empty()) {
    const Status status = WriteRecords(options.records_path, records);
    if (!status.ok()) return Fail(status);
  }
  if (options.json) {
    Json json = {{"model", (*client)->model().name},
                 {"targets", load.targets},
                 {"rows", options.rows},
                 {"seed", options.seed},
                 {"loop", options.outstanding > 0 ? "closed" : "open"}};
    json.update(ToJson(summary, measured_s));
    std::cout << json.dump(2) << std::endl;
  } else {
    std::cout << SummaryTable(summary, measured_s, WantsColour(1)) << std::flush;
  }
  return summary.failed > 0 || summary.pending > 0 || summary.answered == 0 ? kExitFailed
                                                                            : kExitDone;
}

}  // namespace

void AddBenchCommand(CommandLine& line) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = AddCommand(
      line, "bench", "Load the gateways of a fleet and measure delay and accuracy",
      "  offramp bench fleets/demo.yaml --rate 120 --seconds 20\n"
      "  offramp bench fleets/demo.yaml --steps 10x80,5x160,10x80 --json\n"
      "  offramp bench fleets/demo.yaml --trace arrivals.txt --records records.json\n"
      "  offramp bench --target 127.0.0.1:8001 --data random --outstanding 16 --seconds 5\n"
      "  offramp bench fleets/text.yaml --data sentences.txt --rate 20\n\n"
      "Open loop unless --outstanding is given: requests go out on time whatever the answers do,\n"
      "and delay counts from the due time. Exit code 1 if a request failed (not: was refused).");
  command->add_option("FLEET", options->fleet, "Fleet file of a running fleet")
      ->envname("OFFRAMP_FLEET")
      ->type_name("");
  command
      ->add_option("--target", options->targets,
                   "host:port of a gRPC server, in place of FLEET; repeatable")
      ->type_name("ADDRESS");
  command->add_option("--model", options->model, "Model name; default: the only one served")
      ->type_name("NAME");
  const auto group = [&](CLI::Option* option) { return option->group("Load")->type_name("N"); };
  group(command->add_option("-r,--rate", options->tasks_per_s, "Tasks (rows) per second"))
      ->check(CLI::Range(1e-3, 1e6))
      ->capture_default_str();
  group(command->add_option("-s,--seconds", options->seconds, "How long"))
      ->check(CLI::Range(1e-3, 1e6))
      ->capture_default_str();
  auto* steps = group(command->add_option("--steps", options->steps,
                                          "Rates over time, SECONDSxRATE,...; wins over --rate"));
  steps->type_name("LIST");
  auto* trace = group(command->add_option("--trace", options->trace,
                                          "File of arrival times in seconds, one a line"));
  trace->type_name("FILE")->excludes(steps);
  group(command->add_option("--arrivals", options->arrivals, "poisson or even"))
      ->check(CLI::IsMember({"poisson", "even"}))
      ->type_name("LAW")
      ->capture_default_str();
  group(command->add_option("--outstanding", options->outstanding,
                            "Closed loop: this many requests under way at any time"))
      ->check(CLI::Range(1, 100000))
      ->excludes(steps)
      ->excludes(trace);
  group(command->add_option("--rows", options->rows, "Rows of each request, each a task"))
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  group(command->add_option("--deadline", options->deadline_s,
                            "Seconds each request has; default: the fleet's deadline"))
      ->check(CLI::PositiveNumber)
      ->type_name("S");
  group(command->add_option("--warmup", options->warmup_s,
                            "Seconds at the start that no figure counts"))
      ->check(CLI::NonNegativeNumber)
      ->type_name("S");
  command->add_flag("--no-early-exit", options->no_early_exit, "Send every task to the last stage")
      ->group("Load");
  group(command->add_option("--seed", options->seed, "Of arrivals, targets and samples"))
      ->envname("OFFRAMP_SEED")
      ->capture_default_str();
  group(command->add_option("--data", options->data,
                            "Folder of a labelled test set in IDX files, a file of lines "
                            "(text<TAB>label) for a model of text, or random"))
      ->envname("OFFRAMP_DATA")
      ->type_name("PATH")
      ->capture_default_str();
  AddJson(command, options->json);
  command->add_option("--records", options->records_path, "Write every request's record there")
      ->type_name("FILE");
  command->callback([&line, options] { line.action = [options] { return RunBench(*options); }; });
}

}  // namespace offramp
