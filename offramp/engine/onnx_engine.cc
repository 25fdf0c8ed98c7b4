#include "offramp/engine/onnx_engine.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <filesystem>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/engine/onnx_session.h"
#include "offramp/engine/stage_outputs.h"
#include "offramp/model/digest.h"

namespace offramp {

namespace {

// No model of ours has a larger input for one task; a damaged file may say anything.
constexpr std::int64_t kMaxWarmUpBytes = std::int64_t{1} << 30;

class OnnxEngine final : public Engine {
 public:
  OnnxEngine(std::shared_ptr<Ort::Session> session, OnnxInterface interface, const Bundle& bundle,
             int stage)
      : session_(std::move(session)),
        interface_(std::move(interface)),
        memory_(Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault)),
        binding_(*session_) {
    std::vector<std::string> computed;
    for (const OnnxPort& port : interface_.outputs) computed.push_back(port.name);
    output_names_ = StageOutputNames(bundle, stage, computed);
    for (const std::string& name : output_names_) {
      if (FindPort(interface_.outputs, name) != nullptr) bound_outputs_.push_back(name);
    }
    for (const OnnxPort& port : interface_.inputs) one_row_ |= port.shape[0] == 1;
  }

  const std::vector<std::string>& OutputNames() const override { return output_names_; }

  Result<std::vector<Tensor>> Run(const std::vector<Tensor>& inputs) override {
    OFFRAMP_ASSIGN_OR_RETURN(const std::int64_t rows, CommonRows(inputs));
    if (one_row_ && rows > 1) return RunRowByRow(inputs, rows);
    std::vector<Tensor> fed;
    OFFRAMP_RETURN_IF_ERROR(PickInputs(inputs, fed));
    Result<std::vector<Tensor>> computed = RunBound(fed);
    Unbind();
    if (!computed.ok()) return computed.status();
    return Collect(inputs, rows, *std::move(computed));
  }

  // Whether an input has an open axis besides the batch.
  bool open_extents() const {
    return std::any_of(interface_.inputs.begin(), interface_.inputs.end(),
                       [](const OnnxPort& port) {
                         return std::any_of(port.shape.begin() + 1, port.shape.end(),
                                            [](std::int64_t extent) { return extent < 1; });
                       });
  }

  // One row of zeros through the stage. Everything that the stage receives is made up.
  Status WarmUp() {
    std::vector<Tensor> zeros;
    for (const OnnxPort& port : interface_.inputs) {
      Tensor tensor{.name = port.name, .datatype = *port.datatype, .shape = port.shape};
      for (std::int64_t& extent : tensor.shape) extent = extent < 1 ? 1 : extent;
      const std::int64_t element_bytes = ElementBytes(tensor.datatype);
      const std::optional<std::int64_t> elements = ElementCount(tensor.shape);
      if (!elements.has_value() || *elements > kMaxWarmUpBytes / element_bytes) {
        return InvalidArgumentError("tensor \"" + port.name +
                                    "\" is too large: " + ShapeText(port.shape));
      }
      MutableBuffer bytes(static_cast<std::size_t>(*elements * element_bytes));
      std::memset(bytes.data(), 0, bytes.size());
      tensor.data = std::move(bytes).Freeze();
      zeros.push_back(std::move(tensor));
    }
    // Passed-on tensors are not of the file; any will do.
    for (const std::string& name : output_names_) {
      if (FindPort(interface_.outputs, name) == nullptr && FindTensor(zeros, name) == nullptr) {
        Tensor passed = zeros[0];
        passed.name = name;
        zeros.push_back(std::move(passed));
      }
    }
    return Run(zeros).status();
  }

 private:
  // A file whose batch size is fixed.
  Result<std::vector<Tensor>> RunRowByRow(const std::vector<Tensor>& inputs, std::int64_t rows) {
    std::vector<std::vector<Tensor>> made;
    for (std::int64_t row = 0; row < rows; ++row) {
      std::vector<Tensor> one;
      for (const Tensor& tensor : inputs) one.push_back(SliceRows(tensor, row, 1));
      OFFRAMP_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, Run(one));
      made.push_back(std::move(outputs));
    }
    std::vector<Tensor> joined;
    for (std::size_t i = 0; i < output_names_.size(); ++i) {
      std::vector<const Tensor*> parts;
      for (const std::vector<Tensor>& outputs : made) {
        if (!std::equal(outputs[i].shape.begin() + 1, outputs[i].shape.end(),
                        made[0][i].shape.begin() + 1, made[0][i].shape.end())) {
          return InternalError("rows of tensor \"" + output_names_[i] +
                               "\" came out in different shapes");
        }
        parts.push_back(&outputs[i]);
      }
      joined.push_back(ConcatRows(parts));
    }
    return joined;
  }

  // The file's inputs in its order, checked and aligned.
  Status PickInputs(const std::vector<Tensor>& inputs, std::vector<Tensor>& fed) const {
    fed.reserve(interface_.inputs.size());
    for (const OnnxPort& port : interface_.inputs) {
      const Tensor* tensor = FindTensor(inputs, port.name);
      if (tensor == nullptr) {
        return InvalidArgumentError("tensor \"" + port.name + "\" is missing");
      }
      OFFRAMP_RETURN_IF_ERROR(CheckInput(*tensor, port));
      fed.push_back(*tensor);
      fed.back().data = ElementAligned(*tensor);
    }
    return OkStatus();
  }

  Result<std::vector<Tensor>> RunBound(const std::vector<Tensor>& fed) try {
    for (const Tensor& tensor : fed) {
      binding_.BindInput(tensor.name.c_str(), ValueOver(tensor, memory_));
    }
    // Bound by device, not by value: the runtime allocates afresh and nobody's bytes are reused.
    for (const std::string& name : bound_outputs_) binding_.BindOutput(name.c_str(), memory_);
    session_->Run(Ort::RunOptions{nullptr}, binding_);
    std::vector<Ort::Value> values = binding_.GetOutputValues();
    std::vector<Tensor> computed;
    for (std::size_t i = 0; i < values.size(); ++i) {
      OFFRAMP_ASSIGN_OR_RETURN(Tensor tensor,
                               TensorOver(bound_outputs_[i], std::move(values[i]), session_));
      computed.push_back(std::move(tensor));
    }
    return computed;
  } catch (const Ort::Exception& error) {
    // What an operator rejects, for instance an index outside its table, is the task's own fault;
    // no other replica would take it.
    const std::string text = "ONNX Runtime: " + OneLine(error.what());
    return error.GetOrtErrorCode() == ORT_INVALID_ARGUMENT ? InvalidArgumentError(text)
                                                           : InternalError(text);
  } catch (const std::exception& error) {
    return InternalError("ONNX Runtime: " + OneLine(error.what()));
  }

  // The binding would otherwise keep the last call's tensors until the next one.
  void Unbind() {
    binding_.ClearBoundInputs();
    binding_.ClearBoundOutputs();
  }

  // What the file computed and what is passed on, in the order of OutputNames().
  Result<std::vector<Tensor>> Collect(const std::vector<Tensor>& inputs, std::int64_t rows,
                                      std::vector<Tensor> computed) const {
    std::vector<Tensor> outputs;
    outputs.reserve(output_names_.size());
    auto next = computed.begin();
    for (const std::string& name : output_names_) {
      if (next != computed.end() && next->name == name) {
        if (next->shape.empty() || next->rows() != rows) {
          return InternalError("tensor \"" + name + "\" came out as " + ShapeText(next->shape) +
                               Format(", expected %lld rows", static_cast<long long>(rows)));
        }
        outputs.push_back(std::move(*next));
        ++next;
        continue;
      }
      const Tensor* passed = FindTensor(inputs, name);
      if (passed == nullptr) return InvalidArgumentError("tensor \"" + name + "\" is missing");
      outputs.push_back(*passed);
    }
    return outputs;
  }

  const std::shared_ptr<Ort::Session> session_;
  const OnnxInterface interface_;
  const Ort::MemoryInfo memory_;
  Ort::IoBinding binding_;
  std::vector<std::string> output_names_;
  bool one_row_ = false;                    // the file takes no more at a time
  std::vector<std::string> bound_outputs_;  // those that the file computes, in the same order
};

}  // namespace

Result<std::unique_ptr<Engine>> LoadOnnxEngine(const Bundle& bundle, int stage, int threads) {
  const BundleStage& facts = bundle.stage(stage);
  const std::string path = (std::filesystem::path(bundle.folder) / facts.file).string();
  OFFRAMP_RETURN_IF_ERROR(CheckFileSha256(path, facts.sha256));
  if (!facts.data.empty()) {
    OFFRAMP_RETURN_IF_ERROR(CheckFileSha256(
        (std::filesystem::path(bundle.folder) / facts.data).string(), facts.data_sha256));
  }
  OFFRAMP_ASSIGN_OR_RETURN(std::shared_ptr<Ort::Session> session,
                           OpenOnnxSession(path, {.threads = threads}));
  std::unique_ptr<OnnxEngine> engine;
  try {
    OnnxInterface interface = InterfaceOf(*session);
    OFFRAMP_RETURN_IF_ERROR(CheckInterface(interface, bundle, stage).At(path));
    engine = std::make_unique<OnnxEngine>(std::move(session), std::move(interface), bundle, stage);
  } catch (const std::exception& error) {
    return InvalidArgumentError(path + ": ONNX Runtime: " + OneLine(error.what()));
  }
  const Status warm = engine->WarmUp();
  // Where extents are open, those of ones may be too small for good reasons.
  if (!warm.ok() && !engine->open_extents()) {
    return InvalidArgumentError(path + ": a row of zeros does not pass: " + warm.message());
  }
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace offramp
