#include "offramp/cli/load/load_client.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <mutex>
#include <numeric>
#include <thread>
#include <unordered_set>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "offramp/base/check.h"
#include "offramp/base/random.h"
#include "offramp/cli/load/model_query.h"

#include "inference/open_inference_grpc.grpc.pb.h"

namespace offramp {
namespace {

using Clock = std::chrono::steady_clock;
using Stub = inference::GRPCInferenceService::Stub;

constexpr double kLongestSleepSeconds = 0.1;  // so that Stop is seen soon
constexpr double kProgressSeconds = 0.25;
constexpr double kLongestDeadlineSeconds = 120;
constexpr char kExitStage[] = "exit_stage";
constexpr char kLabel[] = "label";
constexpr char kPushback[] = "grpc-retry-pushback-ms";

struct Call {
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<inference::ModelInferResponse>> reader;
  LoadRecord* record = nullptr;
};

// Raw bytes of the named output; empty when it is not there.
std::string_view OutputBytes(const inference::ModelInferResponse& response,
                             const std::string& name) {
  for (int i = 0; i < response.outputs_size() && i < response.raw_output_contents_size(); ++i) {
    if (response.outputs(i).name() == name) return response.raw_output_contents(i);
  }
  return {};
}

bool IsRefusal(const Call& call) {
  if (call.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) return true;
  return call.status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         call.context.GetServerTrailingMetadata().contains(kPushback);
}

}  // namespace

class LoadClient::Impl {
 public:
  explicit Impl(LoadOptions options) : options_(std::move(options)) {}

  Status Connect() {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetMaxSendMessageSize(-1);
    // A channel of its own for each target, also when one is named twice.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    for (const std::string& target : options_.targets) {
      auto channel =
          grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
      // Connect now: the first request must not pay for it.
      const auto deadline =
          std::chrono::system_clock::now() +
          std::chrono::milliseconds(static_cast<std::int64_t>(options_.connect_timeout_s * 1e3));
      if (!channel->WaitForConnected(deadline)) {
        return UnavailableError(target + ": nobody answers there");
      }
      stubs_.push_back(inference::GRPCInferenceService::NewStub(channel));
    }
    OFFRAMP_ASSIGN_OR_RETURN(model_, QueryModel(*stubs_.front(), options_.targets.front(),
                                                options_.model, options_.connect_timeout_s));
    return OkStatus();
  }

  const ServedModel& model() const { return model_; }

  std::vector<LoadRecord> RunOpen(const std::vector<double>& arrivals_s, const RequestData& data,
                                  const OnProgress& on_progress) {
    std::vector<LoadRecord> records(arrivals_s.size());
    Begin(data);
    std::thread answers([this] { Receive(nullptr); });
    for (std::size_t i = 0; i < records.size() && SleepUntil(arrivals_s[i], on_progress); ++i) {
      records[i].due_s = arrivals_s[i];
      Send(records[i]);
    }
    // What Stop left unsent was due all the same.
    for (std::size_t i = 0; i < records.size(); ++i) records[i].due_s = arrivals_s[i];
    Finish(answers, on_progress);
    return records;
  }

  std::vector<LoadRecord> RunClosed(int outstanding, double seconds, const RequestData& data,
                                    const OnProgress& on_progress) {
    Begin(data);
    // Records must not move while calls point to them.
    std::vector<std::unique_ptr<LoadRecord>> records;
    const auto send_next = [&] {
      if (Now() >= seconds || stopping_) return;
      LoadRecord& record = *records.emplace_back(std::make_unique<LoadRecord>());
      record.due_s = Now();
      Send(record);
    };
    for (int i = 0; i < outstanding; ++i) send_next();
    std::thread answers([this, &send_next] { Receive(send_next); });
    SleepUntil(seconds, on_progress);
    Finish(answers, on_progress);
    std::vector<LoadRecord> all;
    for (auto& record : records) all.push_back(std::move(*record));
    return all;
  }

  void Stop() {
    stopping_ = true;
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Call* call : calls_) call->context.TryCancel();
  }

 private:
  void Begin(const RequestData& data) {
    data_ = &data;
    random_ = Random(options_.seed);
    order_ = Random(options_.seed ^ 0x5a5a5a5aULL);
    sent_ = 0;
    done_ = 0;
    queue_ = std::make_unique<grpc::CompletionQueue>();
    start_ = Clock::now();
  }

  // Sent or not, every request of a run ends here: waits for the answers, then closes the queue.
  void Finish(std::thread& answers, const OnProgress& on_progress) {
    while (done_.load() < sent_.load()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      Report(on_progress);
    }
    queue_->Shutdown();
    answers.join();
    queue_.reset();
    data_ = nullptr;
  }

  double Now() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  // False when stopped before.
  bool SleepUntil(double due_s, const OnProgress& on_progress) {
    while (!stopping_) {
      const double left_s = due_s - Now();
      if (left_s <= 0) return true;
      if (left_s > kLongestSleepSeconds / 2) Report(on_progress);
      std::this_thread::sleep_for(
          std::chrono::duration<double>(std::min(left_s, kLongestSleepSeconds)));
    }
    return false;
  }

  void Report(const OnProgress& on_progress) {
    const double now_s = Now();
    if (!on_progress || std::abs(now_s - reported_s_) < kProgressSeconds) return;
    reported_s_ = now_s;
    on_progress({now_s, sent_.load(), done_.load()});
  }

  void Send(LoadRecord& record) {
    auto call = std::make_unique<Call>();
    call->record = &record;
    record.rows = options_.rows;
    record.target = DrawTarget();
    record.sample =
        static_cast<std::int32_t>(order_.Below(static_cast<std::uint64_t>(data_->samples())));
    const double deadline_s =
        options_.deadline_s > 0 ? options_.deadline_s : kLongestDeadlineSeconds;
    call->context.set_deadline(
        std::chrono::system_clock::now() +
        std::chrono::microseconds(static_cast<std::int64_t>(deadline_s * 1e6)));
    inference::ModelInferRequest request = BuildRequest(record.sample);
    record.sent_s = Now();
    Call* const raw = call.release();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      calls_.insert(raw);
    }
    sent_.fetch_add(1);
    raw->reader = stubs_[static_cast<std::size_t>(record.target)]->AsyncModelInfer(
        &raw->context, request, queue_.get());
    raw->reader->Finish(&raw->response, &raw->status, raw);
  }

  std::int32_t DrawTarget() {
    if (options_.weights.size() != stubs_.size()) {
      return static_cast<std::int32_t>(random_.Below(stubs_.size()));
    }
    double left =
        random_.Uniform() * std::accumulate(options_.weights.begin(), options_.weights.end(), 0.0);
    std::size_t target = 0;
    while (target + 1 < stubs_.size() && left >= options_.weights[target]) {
      left -= options_.weights[target++];
    }
    return static_cast<std::int32_t>(target);
  }

  inference::ModelInferRequest BuildRequest(std::int64_t sample) const {
    inference::ModelInferRequest request;
    request.set_model_name(model_.name);
    for (std::size_t i = 0; i < model_.inputs.size(); ++i) {
      auto* input = request.add_inputs();
      input->set_name(model_.inputs[i].name);
      input->set_datatype(std::string(DataTypeName(model_.inputs[i].datatype)));
      for (const std::int64_t extent : data_->Shape(i, options_.rows)) input->add_shape(extent);
      request.add_raw_input_contents(data_->Raw(i, sample, options_.rows));
    }
    request.add_outputs()->set_name(model_.answer);
    if (model_.tells_exit_stage) request.add_outputs()->set_name(kExitStage);
    if (data_->named_labels()) request.add_outputs()->set_name(kLabel);
    if (!options_.early_exit) {
      (*request.mutable_parameters())["early_exit"].set_bool_param(false);
    }
    return request;
  }

  template <typename OnDone>
  void Receive(const OnDone& on_done) {
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      Judge(*call);
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        calls_.erase(call.get());
      }
      if constexpr (!std::is_null_pointer_v<OnDone>) on_done();
      done_.fetch_add(1);  // last: whoever waits for it may take the records
    }
  }

  void Judge(const Call& call) {
    LoadRecord& record = *call.record;
    record.delay_s = Now() - record.due_s;
    record.code = static_cast<std::uint8_t>(call.status.error_code());
    if (!call.status.ok()) {
      if (stopping_ && call.status.error_code() == grpc::StatusCode::CANCELLED) return;
      record.outcome = IsRefusal(call) ? LoadOutcome::kRefused : LoadOutcome::kFailed;
      return;
    }
    const std::string_view answer = OutputBytes(call.response, model_.answer);
    std::optional<int> correct = -1;
    if (data_->named_labels()) {
      correct = data_->CountNamed(OutputBytes(call.response, kLabel), record.sample, record.rows);
    } else if (model_.answer_type == DataType::kFp32) {
      correct = data_->CountCorrect(answer, record.sample, record.rows);
    }
    const std::string_view exits = OutputBytes(call.response, kExitStage);
    if (!correct || answer.empty() ||
        (model_.tells_exit_stage &&
         exits.size() != static_cast<std::size_t>(record.rows) * sizeof(std::int32_t))) {
      record.outcome = LoadOutcome::kFailed;
      record.code = static_cast<std::uint8_t>(grpc::StatusCode::INTERNAL);
      return;
    }
    record.correct = *correct;
    for (std::size_t at = 0; at < exits.size(); at += sizeof(std::int32_t)) {
      std::int32_t stage = 0;
      std::memcpy(&stage, exits.data() + at, sizeof stage);
      record.exit_stages.push_back(static_cast<std::uint8_t>(stage));
    }
    record.outcome = LoadOutcome::kAnswered;
  }

  const LoadOptions options_;
  std::vector<std::unique_ptr<Stub>> stubs_;
  ServedModel model_;

  // Of the run under way.
  const RequestData* data_ = nullptr;
  Random random_{1};
  Random order_{1};
  std::unique_ptr<grpc::CompletionQueue> queue_;
  Clock::time_point start_;
  double reported_s_ = -1;
  std::atomic<std::int64_t> sent_{0};
  std::atomic<std::int64_t> done_{0};
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;
  std::unordered_set<Call*> calls_;  // guarded by mutex_
};

LoadClient::LoadClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LoadClient::~LoadClient() = default;

Result<std::unique_ptr<LoadClient>> LoadClient::Connect(const LoadOptions& options) {
  OFFRAMP_CHECK(!options.targets.empty() && options.rows > 0, "a load needs targets and rows");
  auto impl = std::make_unique<Impl>(options);
  OFFRAMP_RETURN_IF_ERROR(impl->Connect());
  return std::unique_ptr<LoadClient>(new LoadClient(std::move(impl)));
}

const ServedModel& LoadClient::model() const { return impl_->model(); }

std::vector<LoadRecord> LoadClient::RunOpen(const std::vector<double>& arrivals_s,
                                            const RequestData& data,
                                            const OnProgress& on_progress) {
  return impl_->RunOpen(arrivals_s, data, on_progress);
}

std::vector<LoadRecord> LoadClient::RunClosed(int outstanding, double seconds,
                                              const RequestData& data,
                                              const OnProgress& on_progress) {
  return impl_->RunClosed(outstanding, seconds, data, on_progress);
}

void LoadClient::Stop() { impl_->Stop(); }

}  // namespace offramp
