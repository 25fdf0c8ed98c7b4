#include "offramp/gateway/gateway_core.h"

#include <chrono>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/gateway/request_check.h"

namespace offramp {

namespace {

constexpr double kReadyCheckS = 0.05;
// A replica that was not found for so long is taken for absent.
constexpr double kSettleS = 1;
constexpr double kLongestTimeoutS = 3600;
// A client that is told "not now" for want of room or of a live replica.
constexpr double kRetryAfterS = 1;

std::uint64_t Nanoseconds(double seconds) {
  return seconds > 0 ? static_cast<std::uint64_t>(seconds * 1e9) : 0;
}

// Whether each of the next hops is there and knows a way to the last stage.
bool AllUseful(const Forwarder& forwarder) {
  const Sender& sender = forwarder.sender();
  bool all = true;
  for (int k = 0; k < sender.size(); ++k) {
    all &= sender.receiver(k).available && forwarder.report(k).reaches_end;
  }
  return all;
}

std::int64_t BytesOf(const InferenceRequest& request) {
  std::size_t bytes = 0;
  for (const Tensor& input : request.inputs) bytes += input.data.size();
  return static_cast<std::int64_t>(bytes);
}

}  // namespace

GatewayCore::GatewayCore(GatewayCoreOptions options, const Bundle& model, EventLoop& loop,
                         GatewayObserver& observer)
    : options_(options), model_(model), loop_(loop), observer_(observer), random_(options.seed) {}

GatewayCore::~GatewayCore() { loop_.Cancel(ready_timer_); }

void GatewayCore::Attach(std::unique_ptr<Forwarder> forwarder,
                         std::unique_ptr<AgentRunner> agents) {
  forwarder_ = std::move(forwarder);
  agents_ = std::move(agents);
}

void GatewayCore::Start() {
  started_s_ = loop_.NowSeconds();
  forwarder_->Start();
  agents_->Start(nullptr, forwarder_.get());
  WatchReadiness();
}

void GatewayCore::WatchReadiness() {
  settled_ |= AllUseful(*forwarder_) || loop_.NowSeconds() - started_s_ >= kSettleS;
  ready_.store(!draining_ && settled_ && forwarder_->ReachesEnd(), std::memory_order_relaxed);
  ready_timer_ = loop_.RunAt(loop_.NowSeconds() + kReadyCheckS, [this] { WatchReadiness(); });
}

InferenceService::RequestId GatewayCore::Infer(InferenceRequest request, Done done) {
  const RequestId id = next_id_.fetch_add(1, std::memory_order_relaxed);
  // On the caller's thread: the loop's time belongs to tasks.
  const Result<std::int64_t> rows = Check(request);
  auto shared =
      std::make_shared<std::pair<InferenceRequest, Done>>(std::move(request), std::move(done));
  const bool posted = loop_.Post([this, id, rows, shared] {
    if (rows.ok()) {
      Accept(id, std::move(shared->first), static_cast<std::size_t>(*rows),
             std::move(shared->second));
    } else {
      Refuse(shared->first, 0, shared->second, rows.status(), 0, loop_.NowSeconds());
    }
  });
  if (!posted) {
    InferenceReply reply;
    reply.status = UnavailableError("the gateway is stopping");
    reply.retry_after_s = kRetryAfterS;
    shared->second(std::move(reply));
  }
  return id;
}

// Rows of a request that fits the model, and of which text has become tokens.
Result<std::int64_t> GatewayCore::Check(InferenceRequest& request) const {
  OFFRAMP_ASSIGN_OR_RETURN(const std::int64_t rows,
                           CheckRequest(request, model_, options_.max_rows));
  if (text_ != nullptr) {
    OFFRAMP_ASSIGN_OR_RETURN(request.inputs, text_->Run(request.inputs.front()));
  }
  return rows;
}

void GatewayCore::Cancel(RequestId id) {
  loop_.Post([this, id] {
    const auto it = requests_.find(id);
    if (it == requests_.end()) return;
    InferenceReply reply;
    reply.status = CancelledError("the client is gone");
    Reply(id, std::move(reply));
  });
}

Status GatewayCore::Admit(std::size_t rows, std::int64_t bytes, double& retry_after_s) {
  retry_after_s = kRetryAfterS;
  if (draining_) return UnavailableError("the gateway is draining");
  if (inflight_rows_ + static_cast<std::int64_t>(rows) > options_.max_inflight_rows ||
      inflight_bytes_ + bytes > options_.max_inflight_bytes) {
    return ResourceExhaustedError(
        Format("%lld tasks of %lld bytes are under way, which is all "
               "that this gateway holds",
               static_cast<long long>(inflight_rows_), static_cast<long long>(inflight_bytes_)));
  }
  const double admitted = agents_->admitted_fraction();
  if (admitted < 1 && !random_.Chance(admitted)) {
    retry_after_s = agents_->retry_after_s();
    return UnavailableError(
        Format("overload: the fleet carries %.0f %% of what arrives now", 100 * admitted));
  }
  return OkStatus();
}

void GatewayCore::Accept(RequestId id, InferenceRequest request, std::size_t rows, Done done) {
  const double now_s = loop_.NowSeconds();
  const std::int64_t bytes = BytesOf(request);
  agents_->OnOffered(static_cast<std::int64_t>(rows));
  double retry_after_s = 0;
  if (Status admitted = Admit(rows, bytes, retry_after_s); !admitted.ok()) {
    Refuse(request, rows, done, std::move(admitted), retry_after_s, now_s);
    return;
  }
  agents_->OnSurvived(static_cast<std::int64_t>(rows));
  double timeout_s = request.timeout_s.value_or(options_.deadline_s);
  if (timeout_s > kLongestTimeoutS) timeout_s = kLongestTimeoutS;
  OutJob job;
  job.deadline_at_s = now_s + timeout_s;
  job.retry_budget = options_.retry_budget;
  job.early_exit = request.early_exit;
  job.accuracy_weight_s = agents_->carried_weight_s();
  job.request_id = request.id;
  job.trace_parent = request.trace_parent;
  job.rows.resize(rows);
  job.tensors = std::move(request.inputs);
  request.inputs.clear();
  inflight_rows_ += static_cast<std::int64_t>(rows);
  inflight_bytes_ += bytes;
  Pending& pending = requests_
                         .emplace(id, Pending{std::move(request), std::move(done),
                                              ReplyAssembly(rows, model_), 0, rows, bytes, now_s})
                         .first->second;
  pending.job = forwarder_->Submit(std::move(job));
  by_job_[pending.job] = id;
}

void GatewayCore::OnRowsAnswered(JobId job, const std::vector<std::uint32_t>& rows,
                                 AnswerFrame answer) {
  const auto it = by_job_.find(job);
  if (it == by_job_.end()) return;
  const RequestId id = it->second;
  Pending& pending = requests_.at(id);
  if (pending.request.early_exit) {
    const double delay_s = loop_.NowSeconds() - pending.arrived_s;
    for (const float confidence : answer.confidence) {
      agents_->OnAnswered(answer.exit_stage, static_cast<double>(confidence), delay_s);
    }
  }
  if (Status fit = pending.assembly.Add(rows, answer); !fit.ok()) {
    InferenceReply reply;
    reply.status = std::move(fit);
    Reply(id, std::move(reply));
  } else if (pending.assembly.complete()) {
    Reply(id, pending.assembly.Take());
  }
}

void GatewayCore::OnRowsFailed(JobId job, const std::vector<std::uint32_t>& rows, const Status& why,
                               std::uint32_t /*retries*/) {
  const auto it = by_job_.find(job);
  if (it == by_job_.end()) return;
  InferenceReply reply;
  reply.status = why;
  const bool of_the_row =
      why.code() == StatusCode::kInvalidArgument || why.code() == StatusCode::kInternal;
  if (of_the_row && !rows.empty() && requests_.at(it->second).rows > 1) {
    reply.status = why.At(Format("row %u, counted from 0", rows[0]));
  }
  if (why.code() == StatusCode::kUnavailable || why.code() == StatusCode::kResourceExhausted) {
    reply.retry_after_s = kRetryAfterS;
  }
  Reply(it->second, std::move(reply));
}

void GatewayCore::OnAgentMessage(int receiver, const AgentMessage& message) {
  agents_->OnAgentMessage(receiver, message);
}

void GatewayCore::Reply(RequestId id, InferenceReply reply) {
  const auto it = requests_.find(id);
  Pending pending = std::move(it->second);
  requests_.erase(it);
  by_job_.erase(pending.job);
  forwarder_->Cancel(pending.job);
  inflight_rows_ -= static_cast<std::int64_t>(pending.rows);
  inflight_bytes_ -= pending.bytes;
  reply.total_s = loop_.NowSeconds() - pending.arrived_s;
  Count(reply, pending.rows);
  observer_.OnReply(pending.request, pending.rows, reply);
  pending.done(std::move(reply));
  if (draining_ && requests_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void GatewayCore::Refuse(const InferenceRequest& request, std::size_t rows, const Done& done,
                         Status why, double retry_after_s, double arrived_s) {
  InferenceReply reply;
  reply.status = std::move(why);
  reply.retry_after_s = retry_after_s;
  reply.total_s = loop_.NowSeconds() - arrived_s;
  Count(reply, rows);
  observer_.OnReply(request, rows, reply);
  done(std::move(reply));
}

void GatewayCore::Count(const InferenceReply& reply, std::size_t rows) {
  const std::lock_guard lock(statistics_mutex_);
  if (!reply.status.ok()) {
    ++statistics_.fail_count;
    statistics_.fail_ns += Nanoseconds(reply.total_s);
    return;
  }
  statistics_.inference_count += rows;
  ++statistics_.execution_count;
  ++statistics_.success_count;
  statistics_.success_ns += Nanoseconds(reply.total_s);
  statistics_.queue_ns += Nanoseconds(reply.queue_s);
  statistics_.compute_infer_ns += Nanoseconds(reply.compute_s);
  statistics_.last_inference_ms =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
}

InferenceStatistics GatewayCore::statistics() const {
  const std::lock_guard lock(statistics_mutex_);
  return statistics_;
}

void GatewayCore::Drain(std::function<void()> drained) {
  draining_ = true;
  ready_.store(false, std::memory_order_relaxed);
  drained_ = std::move(drained);
  if (requests_.empty() && drained_) std::exchange(drained_, nullptr)();
}

}  // namespace offramp
