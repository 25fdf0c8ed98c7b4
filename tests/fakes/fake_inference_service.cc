#include "tests/fakes/fake_inference_service.h"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "offramp/base/clock.h"
#include "offramp/base/text.h"

namespace offramp {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

std::optional<std::string> Command(const std::string& id, std::string_view name) {
  for (const std::string& part : Split(id, ';')) {
    if (part == name) return "";
    if (part.starts_with(std::string(name) + "=")) return part.substr(name.size() + 1);
  }
  return std::nullopt;
}

double Now() { return SteadyClock().NowSeconds(); }

Status CheckInputs(const InferenceRequest& request, const Bundle& model) {
  if (request.inputs.size() != model.inputs.size()) {
    return InvalidArgumentError("the model has another number of inputs");
  }
  for (std::size_t i = 0; i < model.inputs.size(); ++i) {
    const Tensor& tensor = request.inputs[i];
    const TensorSpec& spec = model.inputs[i];
    if (tensor.name != spec.name)
      return InvalidArgumentError("unknown input '" + tensor.name + "'");
    if (tensor.datatype != spec.datatype) {
      return InvalidArgumentError("input '" + tensor.name + "' must be " +
                                  std::string(DataTypeName(spec.datatype)));
    }
    bool fits = tensor.shape.size() == spec.shape.size();
    for (std::size_t axis = 1; fits && axis < spec.shape.size(); ++axis) {
      fits = spec.shape[axis] == -1 || spec.shape[axis] == tensor.shape[axis];
    }
    if (!fits) return InvalidArgumentError("input '" + tensor.name + "' has another shape");
  }
  return OkStatus();
}

}  // namespace

Bundle FakeInferenceService::FakeModel() {
  Bundle model;
  model.name = "fake";
  model.inputs = {{"image", DataType::kFp32, {-1, 1, 2, 2}}};
  model.outputs = {{"logits", DataType::kFp32, {-1, 3}}};
  model.stages.resize(4);
  return model;
}

FakeInferenceService::FakeInferenceService() : FakeInferenceService(FakeModel()) {}

FakeInferenceService::FakeInferenceService(Bundle model)
    : model_(std::move(model)), thread_([this] { Run(); }) {}

FakeInferenceService::~FakeInferenceService() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& [id, job] : jobs_) {
      job.reply = {.status = CancelledError("the service stops")};
      job.due_s = 0;
    }
    changed_.notify_all();
  }
  thread_.join();
}

InferenceReply FakeInferenceService::Answer(const InferenceRequest& request) const {
  InferenceReply reply;
  reply.status = CheckInputs(request, model_);
  if (const auto error = Command(request.id, "error")) {
    reply.status = Status(static_cast<StatusCode>(std::atoi(error->c_str())), "asked to fail");
  }
  if (!failure_.ok()) reply.status = failure_;
  if (!reply.status.ok()) {
    reply.retry_after_s = retry_after_s_;
    return reply;
  }
  const Tensor& input = request.inputs[0];
  const auto rows = static_cast<std::size_t>(input.rows());
  const std::size_t row_values = input.data.size() / sizeof(float) / rows;
  MutableBuffer logits(rows * 3 * sizeof(float));
  for (std::size_t row = 0; row < rows; ++row) {
    float sum = 0;
    for (std::size_t i = 0; i < row_values; ++i) {
      float value = 0;
      std::memcpy(&value, input.data.data() + (row * row_values + i) * sizeof(float),
                  sizeof(float));
      sum += value;
    }
    RowAnswer answer;
    answer.exit_stage =
        request.early_exit ? 1 + static_cast<int>(std::fmod(std::fabs(sum), 4.0F)) : 4;
    answer.confidence = 1.0F / static_cast<float>(1 + answer.exit_stage);
    reply.rows.push_back(answer);
    if (Command(request.id, "nan")) sum = std::numeric_limits<float>::quiet_NaN();
    const float values[3] = {sum, sum + 1, sum + 2};
    std::memcpy(logits.data() + row * sizeof(values), values, sizeof(values));
  }
  Tensor output;
  output.name = "logits";
  output.shape = {static_cast<std::int64_t>(rows), 3};
  output.data = std::move(logits).Freeze();
  reply.outputs.push_back(std::move(output));
  reply.path = "fake-1,fake-2";
  reply.compute_s = 0.001;
  reply.total_s = 0.002;
  return reply;
}

InferenceService::RequestId FakeInferenceService::Infer(InferenceRequest request, Done done) {
  const std::lock_guard lock(mutex_);
  Job job;
  job.reply = Answer(request);
  const auto delay = Command(request.id, "delay");
  job.due_s = Now() + (delay ? std::atof(delay->c_str()) : 0.0);
  if (Command(request.id, "hold")) job.due_s = kNever;
  if (request.timeout_s && Now() + *request.timeout_s < job.due_s) {
    job.due_s = Now() + *request.timeout_s;
    job.reply = {.status = DeadlineExceededError("the request's deadline passed")};
  }
  requests_.push_back(request);
  job.request = std::move(request);
  job.done = std::move(done);
  const RequestId id = next_id_++;
  jobs_.emplace(id, std::move(job));
  changed_.notify_all();
  return id;
}

void FakeInferenceService::Cancel(RequestId id) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  found->second.reply = {.status = CancelledError("cancelled by the client")};
  found->second.due_s = 0;
  ++cancelled_;
  changed_.notify_all();
}

bool FakeInferenceService::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_;
}

void FakeInferenceService::SetReady(bool ready) {
  const std::lock_guard lock(mutex_);
  ready_ = ready;
}

void FakeInferenceService::FailWith(Status status, double retry_after_s) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(status);
  retry_after_s_ = retry_after_s;
}

void FakeInferenceService::Release() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, job] : jobs_) job.due_s = 0;
  changed_.notify_all();
}

InferenceStatistics FakeInferenceService::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

std::vector<InferenceRequest> FakeInferenceService::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t FakeInferenceService::cancelled() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

std::size_t FakeInferenceService::unanswered() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

bool FakeInferenceService::WaitForRequests(std::size_t count) {
  return WaitFor([&] { return requests_.size() >= count; });
}

bool FakeInferenceService::WaitForCancelled(std::size_t count) {
  return WaitFor([&] { return cancelled_ >= count; });
}

bool FakeInferenceService::WaitFor(const std::function<bool()>& condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), condition);
}

void FakeInferenceService::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    auto next = jobs_.end();
    for (auto job = jobs_.begin(); job != jobs_.end(); ++job) {
      if (next == jobs_.end() || job->second.due_s < next->second.due_s) next = job;
    }
    if (next == jobs_.end()) {
      if (stopping_) return;
      changed_.wait(lock);
      continue;
    }
    const double wait_s = next->second.due_s - Now();
    if (wait_s > 0) {
      changed_.wait_for(lock, std::chrono::duration<double>(std::min(wait_s, 3600.0)));
      continue;
    }
    Job job = std::move(next->second);
    jobs_.erase(next);
    if (job.reply.status.ok()) {
      statistics_.inference_count += job.reply.rows.size();
      ++statistics_.execution_count;
      ++statistics_.success_count;
      statistics_.success_ns += 2000000;
      statistics_.compute_infer_ns += 1000000;
      statistics_.last_inference_ms = 1700000000000;
    } else {
      ++statistics_.fail_count;
      statistics_.fail_ns += 1000;
    }
    lock.unlock();
    job.done(std::move(job.reply));
    lock.lock();
  }
}

}  // namespace offramp
