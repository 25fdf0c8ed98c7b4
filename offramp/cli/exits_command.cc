#include <iostream>
#include <memory>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/data_options.h"
#include "offramp/cli/json_text.h"
#include "offramp/cli/options.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/table.h"
#include "offramp/cli/terminal.h"
#include "offramp/exits/attach.h"
#include "offramp/files/bundle_file.h"

namespace offramp {
namespace {

struct ExitsFlags {
  std::string bundle;
  DataFlags data;
  AttachOptions attach;
  std::string pool = "auto";
  bool json = false;
};

OrderedJson JsonOf(const AttachReport& report) {
  OrderedJson json;
  json["bundle"] = report.bundle.folder;
  json["name"] = report.bundle.name;
  json["rows"] = {{"fitted", report.fitting_rows},
                  {"chosen_by", report.choosing_rows},
                  {"held_out", report.held_out_rows}};
  for (const AttachedExit& exit : report.exits) {
    OrderedJson line = {{"stage", exit.stage}, {"exit", exit.output},
                        {"pool", exit.pool},   {"features", exit.features},
                        {"l2", exit.l2},       {"agreement", exit.agreement}};
    if (exit.accuracy) line["accuracy"] = *exit.accuracy;
    line["calibration_error_before"] = exit.calibration_error_before;
    line["calibration_error"] = exit.calibration_error_after;
    line["temperature"] = exit.temperature;
    line["flops_added"] = exit.flops;
    line["flops_added_share"] = exit.flops_share;
    json["exits"].push_back(line);
  }
  if (report.last_accuracy) json["last_accuracy"] = *report.last_accuracy;
  json["checked_rows"] = report.checked_rows;
  json["max_difference"] = report.max_difference;
  json["notes"] = report.notes;
  return json;
}

std::string Percent(double share) { return Format("%.1f %%", 100 * share); }

void Print(const AttachReport& report) {
  const bool labelled = report.last_accuracy.has_value();
  Table table;
  table.AddColumn("stage");
  table.AddColumn("exit", Table::Align::kLeft);
  table.AddColumn("features", Table::Align::kLeft);
  table.AddColumn("agrees");
  if (labelled) table.AddColumn("right");
  table.AddColumn("error of confidence", Table::Align::kLeft);
  table.AddColumn("temperature");
  table.AddColumn("FLOPs");
  for (const AttachedExit& exit : report.exits) {
    std::vector<std::string> cells = {
        std::to_string(exit.stage), exit.output,
        Format("%lld by %s", static_cast<long long>(exit.features), exit.pool.c_str()),
        Percent(exit.agreement)};
    if (labelled) cells.push_back(Percent(exit.accuracy.value_or(0)));
    cells.push_back(Percent(exit.calibration_error_before) + " -> " +
                    Percent(exit.calibration_error_after));
    cells.push_back(Format("%.3f", exit.temperature));
    cells.push_back("+" + Percent(exit.flops_share));
    table.AddRow(cells);
  }
  std::cout << table.Render();
  if (labelled) {
    std::cout << Format("\nThe last stage is right in %s.", Percent(*report.last_accuracy).c_str());
  } else {
    std::cout << "\nNo labels: the last stage's answers stand in for them.";
  }
  std::cout << Format(" Fitted on %lld rows, chosen by %lld; figures are of %lld others.\n",
                      static_cast<long long>(report.fitting_rows),
                      static_cast<long long>(report.choosing_rows),
                      static_cast<long long>(report.held_out_rows))
            << Format(
                   "%s: the last stage answers as before, the exits as fitted (within %.1g) "
                   "on %lld rows\n",
                   report.bundle.folder.c_str(), report.max_difference,
                   static_cast<long long>(report.checked_rows));
}

Result<AttachReport> Attach(const ExitsFlags& flags) {
  OFFRAMP_ASSIGN_OR_RETURN(const DataOptions options, DataOptionsOf(flags.data));
  OFFRAMP_ASSIGN_OR_RETURN(const Bundle bundle, ReadBundle(flags.bundle));
  if (const Status files = CheckBundleFiles(bundle); !files.ok()) {
    return InvalidArgumentError(files.message());  // a changed file is bad input here
  }
  OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<DataSet> data, OpenDataSet(options, bundle));
  return AttachExits(bundle, *data, flags.attach);
}

int RunExits(ExitsFlags& flags) {
  if (flags.pool == "mean") flags.attach.pool = PoolWish::kMean;
  if (flags.pool == "first") flags.attach.pool = PoolWish::kFirst;
  if (flags.pool == "grid") flags.attach.pool = PoolWish::kGrid;
  CatchInterrupts();
  flags.attach.stop = [] { return Interrupted(); };
  ProgressLine progress(flags.json);
  flags.attach.progress = [&progress](const std::string& what) { progress.Show("exits: " + what); };
  const Result<AttachReport> report = Attach(flags);
  progress.Clear();
  if (!report.ok()) return Fail(report.status());
  for (const std::string& note : report->notes) std::cerr << "exits: " << note << "\n";
  if (flags.json) {
    std::cout << JsonText(JsonOf(*report));
  } else {
    Print(*report);
  }
  return kExitDone;
}

}  // namespace

void AddExitsCommand(CommandLine& line) {
  auto flags = std::make_shared<ExitsFlags>();
  CLI::App* command = AddCommand(
      line, "exits", "Add early exits to a bundle, fitted to its last stage on your data",
      "  offramp exits bundles/model --data train.npz\n"
      "  offramp exits bundles/model --data train-images-idx3-ubyte.gz --after 1,2\n"
      "  offramp exits bundles/text --data lines.tsv --pool first --hidden 64 -o bundles/new\n\n"
      "Each exit learns to answer as the last stage does; labels are mixed in where there are "
      "any.\n"
      "The exit profile is written from rows that were kept apart, so the bundle can be served.");
  command->add_option("BUNDLE", flags->bundle, "A bundle's folder")->required()->type_name("");
  AddDataOptions(command, &flags->data);
  command
      ->add_option("--after", flags->attach.after,
                   "Stages to end with an exit; default: all that have none")
      ->delimiter(',')
      ->type_name("1,2")
      ->allow_extra_args(false);
  command->add_option("--hidden", flags->attach.hidden, "Units of a hidden layer; 0: none")
      ->check(CLI::Range(0, 4096))
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option(
          "--pool", flags->pool,
          "What an exit sees of space or tokens: their mean, the first token, the means of "
          "a grid's cells; auto: what does best within 2 % of the stage's FLOPs")
      ->check(CLI::IsMember({"auto", "mean", "first", "grid"}))
      ->capture_default_str();
  command
      ->add_option("--held-out", flags->attach.held_out,
                   "Share of the rows for the figures and the exit profile")
      ->check(CLI::Range(0.05, 0.9))
      ->type_name("X")
      ->capture_default_str();
  command->add_option("--max-rows", flags->attach.max_rows, "Drawn from the data; default: all")
      ->check(CLI::Range(1, 1'000'000'000))
      ->type_name("N");
  command->add_option("--seed", flags->attach.seed, "Of the draws")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--threads", flags->attach.threads, "That run a stage")
      ->check(CLI::Range(1, 256))
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--replace", flags->attach.replace, "Also exits that are there already");
  command
      ->add_option("-o,--output", flags->attach.folder,
                   "A new folder for the bundle with exits; default: in the old one's place")
      ->type_name("DIR");
  command->add_flag("--json", flags->json, "For programs");
  command->callback([&line, flags] { line.action = [flags] { return RunExits(*flags); }; });
}

}  // namespace offramp
