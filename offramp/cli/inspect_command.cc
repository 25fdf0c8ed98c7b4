#include <algorithm>
#include <iostream>
#include <memory>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/inspect_report.h"
#include "offramp/cli/json_text.h"
#include "offramp/cli/model_options.h"
#include "offramp/cli/options.h"
#include "offramp/cli/table.h"
#include "offramp/engine/onnx_interface.h"
#include "offramp/files/run_state.h"
#include "offramp/partition/inspect.h"

namespace offramp {
namespace {

// Rows of the table of cut points, unless all are asked for.
constexpr std::size_t kShownCuts = 24;

struct InspectFlags {
  std::string model;
  std::vector<std::string> shapes;
  bool all = false;
  bool measure = false;
  std::string html;
  bool json = false;
};

std::string Described(const TensorSpec& spec) {
  return spec.name + "  " + std::string(DataTypeName(spec.datatype)) + " " + ShapeText(spec.shape);
}

void PrintFacts(const Inspection& found) {
  for (const TensorSpec& input : found.inputs) std::cout << "input   " << Described(input) << "\n";
  for (const TensorSpec& output : found.outputs) {
    std::cout << "output  " << Described(output) << "\n";
  }
  std::vector<std::string> opsets;
  for (const auto& [domain, version] : found.opsets) {
    opsets.push_back(domain + " " + std::to_string(version));
  }
  std::cout << Format("\n%.4g M parameters in %s, %.4g GFLOP a task, operator sets: %s\n\n",
                      static_cast<double>(found.parameters) * 1e-6,
                      BytesText(static_cast<double>(found.weight_bytes)).c_str(), found.gflops,
                      Join(opsets).c_str());
  std::vector<std::pair<double, std::string>> operators;
  for (const auto& [name, count] : found.operators) {
    const auto it = found.operator_gflops.find(name);
    operators.emplace_back(it == found.operator_gflops.end() ? 0 : it->second, name);
  }
  std::sort(operators.rbegin(), operators.rend());
  Table table;
  table.AddColumn("operator", Table::Align::kLeft);
  table.AddColumn("nodes");
  table.AddColumn("GFLOP");
  table.AddColumn("share");
  const bool measured = !found.operator_ms.empty();
  if (measured) table.AddColumn("ms");
  for (const auto& [gflops, name] : operators) {
    std::vector<std::string> row = {
        name, std::to_string(found.operators.at(name)), Format("%.3g", gflops),
        found.gflops > 0 ? Format("%.1f %%", 100 * gflops / found.gflops) : ""};
    if (measured) row.push_back(Format("%.3g", found.operator_ms.at(name)));
    table.AddRow(std::move(row));
  }
  std::cout << table.Render() << "\n";
}

// Evenly over the work where there are many.
std::vector<std::size_t> ShownCuts(const Inspection& found, bool all) {
  std::vector<std::size_t> shown;
  const std::size_t count = found.cuts.size();
  const std::size_t rows = all ? count : std::min(count, kShownCuts);
  for (std::size_t i = 0; i < rows; ++i) shown.push_back(i * count / rows);
  return shown;
}

void PrintCuts(const Inspection& found, bool all) {
  if (found.cuts.empty()) {
    std::cout << "There is no place to cut: everywhere something crosses that cannot be sent.\n";
    return;
  }
  Table table;
  table.AddColumn("crosses");
  table.AddColumn("GFLOP before");
  table.AddColumn("after");
  table.AddColumn("weights before");
  table.AddColumn("after");
  table.AddColumn("cut", Table::Align::kLeft);
  const std::vector<std::size_t> shown = ShownCuts(found, all);
  for (const std::size_t i : shown) {
    const InspectedCut& cut = found.cuts[i];
    std::vector<std::string> names;
    for (const TensorSpec& tensor : cut.tensors) names.push_back(tensor.name);
    table.AddRow({BytesText(static_cast<double>(cut.bytes)), Format("%.3g", cut.gflops_before),
                  Format("%.3g", cut.gflops_after),
                  BytesText(static_cast<double>(cut.weight_bytes_before)),
                  BytesText(static_cast<double>(cut.weight_bytes_after)), Join(names, "+")});
  }
  std::cout << table.Render();
  if (shown.size() < found.cuts.size()) {
    std::cout << Format("%zu of %zu places to cut; --all shows the others\n", shown.size(),
                        found.cuts.size());
  }
}

int RunInspect(const InspectFlags& flags) {
  const Result<InputShapes> shapes = ParseShapes(flags.shapes);
  if (!shapes.ok()) return Fail(shapes.status());
  const Result<Inspection> found = InspectModel(flags.model, *shapes, flags.measure);
  if (!found.ok()) return Fail(found.status());
  for (const std::string& note : found->notes) std::cerr << "inspect: " << note << "\n";
  if (!flags.html.empty()) {
    const Status written = WriteFileAtomically(flags.html, InspectionHtml(*found));
    if (!written.ok()) return Fail(written);
    std::cerr << "Report: " << flags.html << "\n";
  }
  if (flags.json) {
    std::cout << JsonText(InspectionToJson(*found));
    return kExitDone;
  }
  PrintFacts(*found);
  PrintCuts(*found, flags.all);
  return kExitDone;
}

}  // namespace

void AddInspectCommand(CommandLine& line) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* command = AddCommand(
      line, "inspect", "What an ONNX model computes, and where it can be cut",
      "  offramp inspect model.onnx\n"
      "  offramp inspect text.onnx --shape input_ids=1x128 --shape attention_mask=1x128\n"
      "  offramp inspect model.onnx --measure --html model.html\n"
      "  offramp inspect model.onnx --json | jq '.cuts[] | [.bytes, .gflops_before]'\n\n"
      "Shapes are learned by running the model on random inputs.");
  command->add_option("MODEL", flags->model, "An ONNX file")->required()->type_name("");
  AddShapeOption(command, &flags->shapes);
  command->add_flag("--all", flags->all, "Every place to cut");
  command->add_flag("--measure", flags->measure,
                    "Time each operator on one thread; count unknown ones by their time");
  command
      ->add_option("--html", flags->html,
                   "Write charts of bytes and FLOPs along the depth there, as one HTML file")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "For programs");
  command->callback([&line, flags] { line.action = [flags] { return RunInspect(*flags); }; });
}

}  // namespace offramp
