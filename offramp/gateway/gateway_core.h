// GatewayCore: the source of tasks, stage 0 of the fleet. Each row of a request is a task of its
// own; the forwarder sends them into the fleet, and what comes back is put together here. Refuses
// at the door what the fleet cannot carry, so that what was accepted is answered.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "offramp/base/random.h"
#include "offramp/gateway/gateway_observer.h"
#include "offramp/gateway/inference.h"
#include "offramp/gateway/reply_assembly.h"
#include "offramp/gateway/text_stage.h"
#include "offramp/offload/agent_runner.h"
#include "offramp/offload/forwarder.h"
#include "offramp/wire/event_loop.h"

namespace offramp {

struct GatewayCoreOptions {
  double deadline_s = 30;          // of a request that brings none
  std::uint32_t retry_budget = 8;  // re-sends a task may cost, over all hops
  std::int64_t max_rows = 4096;    // of one request
  std::int64_t max_inflight_rows = 16384;
  std::int64_t max_inflight_bytes = std::int64_t{1} << 30;
  std::uint64_t seed = 1;
};

// InferenceService is thread-safe; everything else belongs to the loop's thread.
class GatewayCore final : public InferenceService, public ForwarderOwner {
 public:
  // `model`, `loop` and `observer` outlive the core.
  GatewayCore(GatewayCoreOptions options, const Bundle& model, EventLoop& loop,
              GatewayObserver& observer);
  ~GatewayCore() override;

  // Before Start. Both are owned by the core from here on.
  void Attach(std::unique_ptr<Forwarder> forwarder, std::unique_ptr<AgentRunner> agents);
  // Before Start, for a model with a tokenizer: turns what clients send into what tasks carry.
  void UseText(std::unique_ptr<const TextStage> text) { text_ = std::move(text); }
  // On the loop's thread, before the front ends.
  void Start();

  // Refuses new requests (kUnavailable) and calls `drained` once every accepted one is answered.
  void Drain(std::function<void()> drained);

  Forwarder& forwarder() { return *forwarder_; }
  AgentRunner& agents() { return *agents_; }
  std::size_t inflight_requests() const { return requests_.size(); }
  std::int64_t inflight_rows() const { return inflight_rows_; }
  double admitted_fraction() const { return agents_->admitted_fraction(); }

  // InferenceService
  RequestId Infer(InferenceRequest request, Done done) override;
  void Cancel(RequestId id) override;
  const Bundle& model() const override { return model_; }
  bool live() const override { return true; }
  bool ready() const override { return ready_.load(std::memory_order_relaxed); }
  int max_batch_size() const override { return static_cast<int>(options_.max_rows); }
  InferenceStatistics statistics() const override;

  // ForwarderOwner
  void OnRowsAnswered(JobId job, const std::vector<std::uint32_t>& rows,
                      AnswerFrame answer) override;
  void OnRowsFailed(JobId job, const std::vector<std::uint32_t>& rows, const Status& why,
                    std::uint32_t retries) override;
  void OnAgentMessage(int receiver, const AgentMessage& message) override;

 private:
  struct Pending {
    InferenceRequest request;  // its inputs move into the job
    Done done;
    ReplyAssembly assembly;
    JobId job = 0;
    std::size_t rows = 0;
    std::int64_t bytes = 0;
    double arrived_s = 0;
  };

  Result<std::int64_t> Check(InferenceRequest& request) const;
  void Accept(RequestId id, InferenceRequest request, std::size_t rows, Done done);
  Status Admit(std::size_t rows, std::int64_t bytes, double& retry_after_s);
  void Reply(RequestId id, InferenceReply reply);
  void Refuse(const InferenceRequest& request, std::size_t rows, const Done& done, Status why,
              double retry_after_s, double arrived_s);
  void Count(const InferenceReply& reply, std::size_t rows);
  void WatchReadiness();

  const GatewayCoreOptions options_;
  const Bundle& model_;
  EventLoop& loop_;
  GatewayObserver& observer_;
  std::unique_ptr<Forwarder> forwarder_;
  std::unique_ptr<AgentRunner> agents_;
  std::unique_ptr<const TextStage> text_;  // null: the model takes numbers
  std::unordered_map<RequestId, Pending> requests_;
  std::unordered_map<JobId, RequestId> by_job_;
  std::int64_t inflight_rows_ = 0;
  std::int64_t inflight_bytes_ = 0;
  Random random_;
  bool draining_ = false;
  std::function<void()> drained_;
  EventLoop::TimerId ready_timer_ = 0;
  double started_s_ = 0;
  // Before that the first burst would go to whichever replica was found first.
  bool settled_ = false;

  std::atomic<RequestId> next_id_{1};
  std::atomic<bool> ready_{false};
  mutable std::mutex statistics_mutex_;
  InferenceStatistics statistics_;  // guarded by statistics_mutex_
};

}  // namespace offramp
