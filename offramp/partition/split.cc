#include "offramp/partition/split.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "offramp/base/text.h"
#include "offramp/files/bundle_file.h"
#include "offramp/files/bundle_write.h"
#include "offramp/model/digest.h"
#include "offramp/partition/flops.h"
#include "offramp/partition/stage_file.h"
#include "offramp/partition/staging.h"

namespace offramp {

namespace {

namespace fs = std::filesystem;

constexpr double kLeastGflops = 1e-9;  // a stage that only moves numbers still takes time
constexpr std::size_t kLongestName = 64;
constexpr double kTolerance = 1e-5;
constexpr double kHalfTolerance = 5e-3;
constexpr double kByteTolerance = 0.1;

// The folder under another name until it is complete; gone unless kept.
class PartialFolder {
 public:
  explicit PartialFolder(const std::string& folder)
      : target_(fs::absolute(fs::path(folder)).lexically_normal()) {
    if (!target_.has_filename()) target_ = target_.parent_path();
    partial_ = target_;
    partial_ += Format(".partial-%d", static_cast<int>(::getpid()));
  }
  ~PartialFolder() {
    std::error_code ignored;
    fs::remove_all(partial_, ignored);
  }

  Status Create() {
    std::error_code error;
    if (fs::exists(target_, error)) {
      return InvalidArgumentError(target_.string() + ": is there already; name another folder");
    }
    fs::create_directories(partial_, error);
    return error ? InvalidArgumentError(partial_.string() + ": " + error.message()) : OkStatus();
  }

  Status Keep() {
    OFFRAMP_RETURN_IF_ERROR(SyncToDisk(partial_.string()));
    std::error_code error;
    fs::rename(partial_, target_, error);
    if (error) return InternalError(target_.string() + ": " + error.message());
    return SyncToDisk(target_.parent_path().string());
  }

  std::string path() const { return partial_.string(); }
  std::string target() const { return target_.string(); }

 private:
  fs::path target_;
  fs::path partial_;
};

std::string ModelName(const SplitOptions& options) {
  std::string name = options.name.empty() ? fs::path(options.model).stem().string() : options.name;
  if (!options.name.empty()) return name;
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
    if (!plain) c = '-';
  }
  if (name.empty()) name = "model";
  return name.substr(0, kLongestName);
}

class Splitter {
 public:
  explicit Splitter(const SplitOptions& options) : options_(options) {}

  Result<SplitReport> Run() {
    PartialFolder folder(options_.folder);
    OFFRAMP_RETURN_IF_ERROR(folder.Create());
    OFFRAMP_ASSIGN_OR_RETURN(OnnxModel model, ReadOnnxModel(options_.model));
    OFFRAMP_RETURN_IF_ERROR(Begin("running the model to learn its shapes"));
    OFFRAMP_RETURN_IF_ERROR(Learn(model).At(options_.model));
    OFFRAMP_RETURN_IF_ERROR(ChooseStages(model).At(options_.model));
    OFFRAMP_RETURN_IF_ERROR(WriteStages(model, folder.path()));
    OFFRAMP_RETURN_IF_ERROR(Begin("comparing the stages with the whole model"));
    OFFRAMP_RETURN_IF_ERROR(Check(model, folder.path()).At(options_.model));
    OFFRAMP_RETURN_IF_ERROR(Begin("finishing"));
    OFFRAMP_RETURN_IF_ERROR(folder.Keep());
    report_.bundle.folder = folder.target();
    return std::move(report_);
  }

 private:
  // Begins a step, unless nobody wants it any more.
  Status Begin(const std::string& step) const {
    if (options_.stop && options_.stop()) return CancelledError("stopped; nothing was written");
    if (options_.progress) options_.progress(step);
    return OkStatus();
  }

  Status Learn(OnnxModel& model) {
    OFFRAMP_ASSIGN_OR_RETURN(probed_, ModelProbe::Run(model, options_.shapes, options_.seed));
    OFFRAMP_ASSIGN_OR_RETURN(graph_, ModelGraph::Of(model.proto.graph()));
    report_.notes = probed_.notes;
    std::vector<std::string> unknown;
    flops_ = AllFlops(graph_, probed_, unknown);
    if (!unknown.empty()) {
      report_.notes.push_back("FLOPs of " + Join(unknown) +
                              " are not known: taken for one an element");
    }
    return OkStatus();
  }

  Result<ValueId> Named(const std::string& name) const {
    const auto value = graph_.Find(name);
    if (value) return *value;
    std::vector<std::string> names;
    for (ValueId v = 0; v < graph_.value_count(); ++v) {
      if (!graph_.constant(v)) names.push_back(graph_.name(v));
    }
    const std::string near = Nearest(name, names);
    return InvalidArgumentError("--cut " + name + ": the model has no such tensor" +
                                (near.empty() ? "" : ", did you mean " + near + "?"));
  }

  Status ChooseStages(const OnnxModel& model) {
    std::vector<std::vector<ValueId>> cuts;
    for (const std::vector<std::string>& names : options_.cuts) {
      cuts.emplace_back();
      for (const std::string& name : names) {
        OFFRAMP_ASSIGN_OR_RETURN(const ValueId value, Named(name));
        cuts.back().push_back(value);
      }
    }
    if (cuts.empty() && options_.stages > 1) {
      double total = 0;
      std::int64_t weights = 0;
      for (const double flops : flops_) total += flops;
      for (ValueId v = 0; v < graph_.value_count(); ++v) {
        if (const onnx::TensorProto* weight = graph_.weight(v)) weights += BytesOf(*weight);
      }
      OFFRAMP_ASSIGN_OR_RETURN(const std::vector<CutPoint> chosen,
                               ChooseCuts(FindCutPoints(graph_, probed_, flops_), options_.stages,
                                          total, weights, options_.wishes));
      for (const CutPoint& point : chosen) cuts.push_back(point.tensors);
    }
    OFFRAMP_ASSIGN_OR_RETURN(stages_, StageByCuts(graph_, probed_, flops_, cuts));
    OFFRAMP_ASSIGN_OR_RETURN(narrowing_,
                             Narrowing::Of(options_.carry, model.proto, graph_, probed_, stages_));
    return OkStatus();
  }

  // Of the tensors that travel for `values`.
  std::vector<std::string> NamesOf(const std::vector<ValueId>& values) const {
    std::vector<std::string> names;
    for (const ValueId value : values) {
      const std::vector<CarriedTensor>* narrow = narrowing_.Of(value);
      if (narrow == nullptr) names.push_back(graph_.name(value));
      for (std::size_t i = 0; narrow != nullptr && i < narrow->size(); ++i) {
        names.push_back((*narrow)[i].name);
      }
    }
    return names;
  }

  std::int64_t CarriedBytes(ValueId value) const {
    const std::vector<CarriedTensor>* narrow = narrowing_.Of(value);
    if (narrow == nullptr) return probed_.values[static_cast<std::size_t>(value)].bytes;
    std::int64_t bytes = 0;
    for (const CarriedTensor& tensor : *narrow) bytes += tensor.bytes;
    return bytes;
  }

  // The largest number of bytes that a node reads and writes at once.
  std::int64_t Activations(const StageParts& parts) const {
    std::int64_t most = 0;
    for (const NodeId node : parts.nodes) {
      std::int64_t bytes = 0;
      for (const std::vector<ValueId>* values : {&graph_.reads(node), &graph_.writes(node)}) {
        for (const ValueId value : *values) {
          bytes += probed_.values[static_cast<std::size_t>(value)].bytes;
        }
      }
      most = std::max(most, bytes);
    }
    return most;
  }

  Status WriteStages(const OnnxModel& model, const std::string& folder) {
    Bundle& bundle = report_.bundle;
    bundle.folder = folder;
    bundle.name = ModelName(options_);
    for (const ValueId input : graph_.inputs())
      bundle.inputs.push_back(SpecOf(graph_, probed_, input));
    for (std::size_t s = 0; s < stages_.size(); ++s) {
      const StageParts& parts = stages_[s];
      const int number = static_cast<int>(s) + 1;
      OFFRAMP_RETURN_IF_ERROR(Begin(Format("writing stage %d of %zu", number, stages_.size())));
      OFFRAMP_ASSIGN_OR_RETURN(const StageFile file, WriteStageFile(model, graph_, probed_, parts,
                                                                    narrowing_, number, folder));
      BundleStage stage;
      stage.file = file.file;
      OFFRAMP_ASSIGN_OR_RETURN(stage.sha256, FileSha256(folder + "/" + file.file));
      stage.data = file.data_file;
      if (!stage.data.empty()) {
        OFFRAMP_ASSIGN_OR_RETURN(stage.data_sha256, FileSha256(folder + "/" + stage.data));
      }
      stage.receives = NamesOf(parts.receives);
      stage.sends = NamesOf(parts.sends);
      if (parts.exit >= 0) stage.exit = graph_.name(parts.exit);
      stage.gflops = std::max(parts.flops * 1e-9, kLeastGflops);
      for (const ValueId value : parts.sends) stage.output_bytes += CarriedBytes(value);
      stage.memory_bytes = file.weight_bytes + Activations(parts);
      report_.weight_bytes.push_back(file.weight_bytes);
      for (const ValueId output : parts.outputs)
        bundle.outputs.push_back(SpecOf(graph_, probed_, output));
      bundle.stages.push_back(std::move(stage));
    }
    bundle.outputs.push_back(SpecOf(graph_, probed_, graph_.outputs().back()));
    const std::string text = BundleYamlText(bundle, "", "");
    const std::string path = folder + "/bundle.yaml";
    std::ofstream stream(path, std::ios::binary);
    stream << text;
    stream.close();
    if (!stream) return InternalError(path + ": cannot be written");
    return SyncToDisk(path);
  }

  Status Check(OnnxModel& model, const std::string& folder) {
    // Read back as whoever loads it will.
    OFFRAMP_ASSIGN_OR_RETURN(const Bundle bundle, ReadBundle(folder));
    std::vector<std::vector<Tensor>> examples;
    if (options_.examples) {
      OFFRAMP_ASSIGN_OR_RETURN(examples, options_.examples(bundle));
    }
    OFFRAMP_ASSIGN_OR_RETURN(report_.comparison,
                             CompareWithWhole(model, probed_, bundle, options_.seed + 1, examples));
    const Comparison& found = report_.comparison;
    const double tolerance = options_.tolerance.value_or(DefaultTolerance());
    if (found.max_difference <= tolerance) return OkStatus();
    return InvalidArgumentError(
        Format("the stages differ from the whole model by %.3g in \"%s\", "
               "more than %.3g; nothing was written",
               found.max_difference, found.worst_output.c_str(), tolerance));
  }

  double DefaultTolerance() const {
    if (options_.carry == Carry::kInt8) return kByteTolerance;
    return options_.carry == Carry::kFp16 || HalvesCross() ? kHalfTolerance : kTolerance;
  }

  bool HalvesCross() const {
    for (const StageParts& parts : stages_) {
      for (const ValueId value : parts.sends) {
        const auto datatype = probed_.values[static_cast<std::size_t>(value)].datatype;
        if (datatype == DataType::kFp16 || datatype == DataType::kBf16) return true;
      }
    }
    return false;
  }

  const SplitOptions& options_;
  SplitReport report_;
  Probed probed_;
  ModelGraph graph_;
  std::vector<double> flops_;
  std::vector<StageParts> stages_;
  Narrowing narrowing_;
};

}  // namespace

Result<SplitReport> Split(const SplitOptions& options) { return Splitter(options).Run(); }

}  // namespace offramp
