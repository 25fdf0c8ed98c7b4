#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/data_options.h"
#include "offramp/cli/json_text.h"
#include "offramp/cli/model_options.h"
#include "offramp/cli/options.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/table.h"
#include "offramp/cli/terminal.h"
#include "offramp/partition/split.h"

namespace offramp {
namespace {

// Rows of the user's data that stages and whole are compared on.
constexpr std::int64_t kExamples = 32;

struct SplitFlags {
  SplitOptions split;
  std::vector<std::string> cuts;
  std::vector<std::string> shapes;
  int stages = 0;
  std::string balance;
  std::string max_memory;
  std::string max_bytes;
  std::string carry;
  DataFlags data;
  bool json = false;
};

Result<std::vector<double>> ParseBalance(const std::string& text) {
  std::vector<double> balance;
  for (const std::string& word : Split(text, ':')) {
    double share = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), share);
    if (error != std::errc() || end != word.data() + word.size() || !(share > 0) || share > 1e9) {
      return InvalidArgumentError("--balance " + text + ": expected shares like 1:2:1");
    }
    balance.push_back(share);
  }
  return balance;
}

// Rows evenly over the data, one by one.
Result<std::vector<std::vector<Tensor>>> Examples(const DataOptions& options,
                                                  const Bundle& bundle) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<DataSet> data, OpenDataSet(options, bundle));
  std::vector<std::vector<Tensor>> examples;
  const std::int64_t count = std::min(data->rows(), kExamples);
  for (std::int64_t i = 0; i < count; ++i) {
    OFFRAMP_ASSIGN_OR_RETURN(DataRows rows, data->Read(i * data->rows() / count, 1));
    examples.push_back(std::move(rows.inputs));
  }
  return examples;
}

Status Complete(SplitFlags& flags) {
  SplitOptions& split = flags.split;
  for (const std::string& cut : flags.cuts) split.cuts.push_back(Split(cut, '+'));
  if (!split.cuts.empty() && (flags.stages > 0 || !flags.balance.empty())) {
    return InvalidArgumentError("--cut says where to cut: --stages and --balance say it again");
  }
  if (!flags.balance.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(split.wishes.balance, ParseBalance(flags.balance));
    const int shares = static_cast<int>(split.wishes.balance.size());
    if (flags.stages > 0 && flags.stages != shares) {
      return InvalidArgumentError(
          Format("--balance has %d shares for %d stages", shares, flags.stages));
    }
    flags.stages = shares;
  }
  if (split.cuts.empty() && flags.stages == 0) {
    return InvalidArgumentError("nothing says where to cut, expected --stages N or --cut TENSOR");
  }
  split.stages = flags.stages;
  if (!flags.max_memory.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(split.wishes.max_memory_bytes, ParseBytes(flags.max_memory));
  }
  if (!flags.max_bytes.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(split.wishes.max_bytes, ParseBytes(flags.max_bytes));
  }
  if (flags.carry == "fp16") split.carry = Carry::kFp16;
  if (flags.carry == "int8") split.carry = Carry::kInt8;
  OFFRAMP_ASSIGN_OR_RETURN(split.shapes, ParseShapes(flags.shapes));
  if (!flags.data.data.paths.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(const DataOptions options, DataOptionsOf(flags.data));
    split.examples = [options](const Bundle& bundle) { return Examples(options, bundle); };
  }
  return OkStatus();
}

OrderedJson JsonOf(const SplitReport& report) {
  OrderedJson json;
  json["bundle"] = report.bundle.folder;
  json["name"] = report.bundle.name;
  json["max_difference"] = report.comparison.max_difference;
  json["samples"] = report.comparison.samples;
  json["examples"] = report.comparison.examples;
  for (std::size_t s = 0; s < report.bundle.stages.size(); ++s) {
    const BundleStage& stage = report.bundle.stages[s];
    json["stages"].push_back({{"file", stage.file},
                              {"gflops", stage.gflops},
                              {"weight_bytes", report.weight_bytes[s]},
                              {"memory_bytes", stage.memory_bytes},
                              {"receives", stage.receives},
                              {"sends", stage.sends},
                              {"output_bytes", stage.output_bytes},
                              {"exit", stage.exit}});
  }
  json["notes"] = report.notes;
  return json;
}

void Print(const SplitReport& report) {
  Table table;
  table.AddColumn("stage");
  table.AddColumn("GFLOP");
  table.AddColumn("weights");
  table.AddColumn("sends");
  table.AddColumn("exit", Table::Align::kLeft);
  table.AddColumn("receives", Table::Align::kLeft);
  for (std::size_t s = 0; s < report.bundle.stages.size(); ++s) {
    const BundleStage& stage = report.bundle.stages[s];
    table.AddRow({std::to_string(s + 1), Format("%.3g", stage.gflops),
                  BytesText(static_cast<double>(report.weight_bytes[s])),
                  stage.sends.empty() ? "" : BytesText(static_cast<double>(stage.output_bytes)),
                  stage.exit, Join(stage.receives)});
  }
  std::cout << table.Render()
            << Format("\n%s: stages and whole model differ by at most %.2g on %d random inputs",
                      report.bundle.folder.c_str(), report.comparison.max_difference,
                      report.comparison.samples);
  if (report.comparison.examples > 0) {
    std::cout << Format(" and %d of the data", report.comparison.examples);
  }
  std::cout << "\n";
}

int RunSplit(SplitFlags& flags) {
  if (const Status complete = Complete(flags); !complete.ok()) return Fail(complete);
  CatchInterrupts();
  flags.split.stop = [] { return Interrupted(); };
  ProgressLine progress(flags.json);
  flags.split.progress = [&progress](const std::string& what) { progress.Show("split: " + what); };
  const Result<SplitReport> report = Split(flags.split);
  progress.Clear();
  if (!report.ok()) return Fail(report.status());
  for (const std::string& note : report->notes) std::cerr << "split: " << note << "\n";
  if (flags.json) {
    std::cout << JsonText(JsonOf(*report));
  } else {
    Print(*report);
  }
  return kExitDone;
}

}  // namespace

void AddSplitCommand(CommandLine& line) {
  auto flags = std::make_shared<SplitFlags>();
  CLI::App* command = AddCommand(
      line, "split", "Cut an ONNX model into stages: a bundle that a fleet serves",
      "  offramp split model.onnx --stages 3 -o bundles/model\n"
      "  offramp split model.onnx --balance 1:2:1 --max-bytes 200kB -o bundles/model\n"
      "  offramp split model.onnx --cut block1_out+skip1 --cut block2_out -o bundles/model\n"
      "  offramp split model.onnx --stages 2 --carry fp16 --tolerance 0.001 -o bundles/model\n"
      "  offramp split text.onnx --stages 2 --shape input_ids=1x128 -o bundles/text\n\n"
      "The stages are run against the whole model first; nothing is written if they differ.\n"
      "`offramp inspect` shows where a model can be cut.");
  command->add_option("MODEL", flags->split.model, "An ONNX file")->required()->type_name("");
  command->add_option("-o,--output", flags->split.folder, "The bundle's folder, which must be new")
      ->required()
      ->type_name("DIR");
  command->add_option("--stages", flags->stages, "How many; cuts are chosen")
      ->check(CLI::Range(1, 64))
      ->type_name("N");
  command
      ->add_option("--cut", flags->cuts,
                   "Tensors after which a stage ends; what else later stages need is carried too")
      ->type_name("T[+T]")
      ->allow_extra_args(false);
  command->add_option("--balance", flags->balance, "Shares of the work, in place of even ones")
      ->type_name("1:2:1");
  command->add_option("--max-memory", flags->max_memory, "A stage's weights, at most")
      ->type_name("500MB");
  command->add_option("--max-bytes", flags->max_bytes, "What one task sends at a cut, at most")
      ->type_name("200kB");
  command->add_option("--name", flags->split.name, "The model's name in every API")
      ->type_name("NAME");
  AddShapeOption(command, &flags->shapes);
  command
      ->add_option("--carry", flags->carry,
                   "Narrow what crosses the network: fp16 (half the bytes) or int8 (a quarter)")
      ->check(CLI::IsMember({"fp16", "int8"}))
      ->type_name("fp16|int8");
  AddDataOptions(command, &flags->data);
  command->get_option("--data")->required(false)->description(
      "Compare on some of these rows too: .npz, .npy, IDX (.gz), .csv, images, text");
  command
      ->add_option("--tolerance", flags->split.tolerance,
                   "Of |staged - whole| / (1 + |whole|); default 1e-5, 5e-3 with half precision, "
                   "0.1 with int8")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("X");
  command->add_option("--seed", flags->split.seed, "Of the random inputs")
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--json", flags->json, "For programs");
  command->callback([&line, flags] { line.action = [flags] { return RunSplit(*flags); }; });
}

}  // namespace offramp
