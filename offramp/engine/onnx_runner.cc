#include "offramp/engine/onnx_runner.h"

#include <exception>
#include <utility>

#include "offramp/engine/onnx_session.h"

namespace offramp {

namespace {

class SessionRunner final : public OnnxRunner {
 public:
  SessionRunner(std::shared_ptr<Ort::Session> session, bool traced)
      : session_(std::move(session)), interface_(InterfaceOf(*session_)), traced_(traced) {}

  const OnnxInterface& interface() const override { return interface_; }

  Result<std::vector<std::optional<Tensor>>> Run(const std::vector<Tensor>& inputs,
                                                 const std::vector<std::string>& outputs) override {
    try {
      const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
      std::vector<const char*> in_names;
      std::vector<Ort::Value> in_values;
      for (const Tensor& tensor : inputs) {
        in_names.push_back(tensor.name.c_str());
        in_values.push_back(ValueOver(tensor, memory));
      }
      std::vector<const char*> out_names;
      for (const std::string& name : outputs) out_names.push_back(name.c_str());
      std::vector<Ort::Value> values =
          session_->Run(Ort::RunOptions{nullptr}, in_names.data(), in_values.data(),
                        in_values.size(), out_names.data(), out_names.size());
      std::vector<std::optional<Tensor>> found(outputs.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (!values[i] || !values[i].IsTensor()) continue;
        Result<Tensor> tensor = TensorOver(outputs[i], std::move(values[i]), session_);
        if (tensor.ok()) found[i] = *std::move(tensor);
      }
      return found;
    } catch (const std::exception& error) {
      return InvalidArgumentError(OneLine(error.what()));
    }
  }

  Result<std::string> FinishTrace() override {
    if (!traced_) return FailedPreconditionError("the model was opened without a trace");
    try {
      Ort::AllocatorWithDefaultOptions allocator;
      return std::string(session_->EndProfilingAllocated(allocator).get());
    } catch (const std::exception& error) {
      return InternalError(OneLine(error.what()));
    }
  }

 private:
  const std::shared_ptr<Ort::Session> session_;
  const OnnxInterface interface_;
  const bool traced_;
};

Result<std::unique_ptr<OnnxRunner>> Wrap(Result<std::shared_ptr<Ort::Session>> session,
                                         const OnnxRunnerOptions& options) {
  OFFRAMP_RETURN_IF_ERROR(session.status());
  try {
    return std::unique_ptr<OnnxRunner>(
        std::make_unique<SessionRunner>(*std::move(session), !options.trace.empty()));
  } catch (const std::exception& error) {
    return InvalidArgumentError(OneLine(error.what()));
  }
}

OnnxSessionOptions SessionOptionsOf(const OnnxRunnerOptions& options) {
  return {.threads = options.threads, .optimise = options.optimise, .trace = options.trace};
}

}  // namespace

Result<std::unique_ptr<OnnxRunner>> OnnxRunner::FromFile(const std::string& path,
                                                         const OnnxRunnerOptions& options) {
  return Wrap(OpenOnnxSession(path, SessionOptionsOf(options)), options);
}

Result<std::unique_ptr<OnnxRunner>> OnnxRunner::FromBytes(const std::string& bytes,
                                                          const std::string& folder,
                                                          const std::string& what,
                                                          const OnnxRunnerOptions& options) {
  OnnxSessionOptions session = SessionOptionsOf(options);
  session.data_folder = folder;
  return Wrap(OpenOnnxSessionFromBytes(bytes, what, session), options);
}

}  // namespace offramp
