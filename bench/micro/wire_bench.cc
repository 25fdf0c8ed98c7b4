// What the wire costs: frames to bytes and back, and tasks through a chain of endpoints on loopback
// (each with its loop and thread, all in this process). "CPU" of the chain is of the whole process.
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "offramp/wire/frame_codec.h"
#include "offramp/wire/grpc_transport.h"
#include "offramp/wire/process_tuning.h"

namespace offramp {
namespace {

constexpr std::int64_t kTensorBytes = 3136;  // 784 FP32: what crosses in the shipped model

TaskFrame MakeTask(std::int64_t bytes) {
  MutableBuffer data(static_cast<std::size_t>(bytes));
  std::fill(data.bytes().begin(), data.bytes().end(), std::byte{1});
  return {.id = 1,
          .deadline_s = 30,
          .retry_budget = 3,
          .request_id = "0f9d5a2e-1f0c-4f6f-9c61-1c1f4f8ea9a3",
          .rows = {{.survived = {0.8f, 0.7f}}},
          .tensors = {{"block1_out", DataType::kFp32, {1, bytes / 4}, std::move(data).Freeze()}}};
}

void BM_Encode(benchmark::State& state) {
  const Frame task = MakeTask(kTensorBytes);
  for (auto _ : state) benchmark::DoNotOptimize(EncodeFrame(task));
}
BENCHMARK(BM_Encode);

void BM_Decode(benchmark::State& state) {
  const Buffer bytes = EncodeFrame(MakeTask(kTensorBytes)).Joined();
  for (auto _ : state) benchmark::DoNotOptimize(DecodeFrame({&bytes, 1}));
}
BENCHMARK(BM_Decode);

// One endpoint of a chain: hands tasks on and answers back, as a node does; the last one answers.
class Hop final : public ConnectionHandler {
 public:
  Hop() : transport_(&loop_), thread_([this] { loop_.Run(); }) {}

  ~Hop() override {
    loop_.Post([this] {
      upstream_.reset();
      downstream_.reset();
      loop_.Stop();
    });
    thread_.join();
  }

  void Call(const std::function<void()>& task) {
    const auto done = std::make_shared<std::promise<void>>();
    loop_.Post([&task, done] {
      task();
      done->set_value();
    });
    done->get_future().wait();
  }

  std::string Listen() {
    std::string address;
    Call([&] {
      address = *transport_.Listen("127.0.0.1:0", [this](std::unique_ptr<Connection> connection) {
        upstream_ = std::move(connection);
        return this;
      });
    });
    return address;
  }

  void Connect(const std::string& address) {
    Call([&] { downstream_ = transport_.Connect(address, this); });
  }

  // Keeps `outstanding` copies of `task` under way until `count` have been answered.
  void Drive(const TaskFrame& task, int outstanding, std::int64_t count) {
    Call([&] {
      task_ = task;
      to_send_ = count;
      to_answer_ = count;
      for (int i = 0; i < outstanding; ++i) SendOne();
    });
    std::unique_lock lock(mutex_);
    all_answered_.wait(lock, [this] { return to_answer_ == 0; });
  }

  void OnFrame(Connection&, Frame frame) override {
    if (std::holds_alternative<AckFrame>(frame)) return;
    if (std::holds_alternative<TaskFrame>(frame)) {
      if (downstream_ != nullptr) {
        upstream_->Send(AckFrame{.id = 1});
        downstream_->Send(std::move(frame));
      } else {
        upstream_->Send(answer_);
      }
      return;
    }
    if (upstream_ != nullptr) {
      upstream_->Send(std::move(frame));
      return;
    }
    SendOne();
    const std::lock_guard lock(mutex_);
    if (--to_answer_ == 0) all_answered_.notify_all();
  }

  void OnClosed(Connection&, Status) override {}

 private:
  void SendOne() {
    if (to_send_ == 0) return;
    --to_send_;
    downstream_->Send(task_);
  }

  GrpcLoop loop_;
  GrpcTransport transport_;
  std::unique_ptr<Connection> upstream_;
  std::unique_ptr<Connection> downstream_;
  TaskFrame task_;
  const AnswerFrame answer_{.id = 1,
                            .rows = {0},
                            .exit_stage = 4,
                            .confidence = {0.9f},
                            .path = {{"s1-a"}, {"s2-a"}, {"s3-a"}, {"s4-a"}},
                            .tensors = MakeTask(40).tensors};
  std::int64_t to_send_ = 0;
  std::mutex mutex_;
  std::condition_variable all_answered_;
  std::int64_t to_answer_ = 0;  // guarded by mutex_ once driving
  std::thread thread_;
};

// Arguments: hops beyond the sender, tasks outstanding, bytes of the tensor.
void BM_Chain(benchmark::State& state) {
  ProcessTuning();
  std::vector<std::unique_ptr<Hop>> hops;
  for (std::int64_t i = 0; i <= state.range(0); ++i) hops.push_back(std::make_unique<Hop>());
  for (std::size_t i = 0; i + 1 < hops.size(); ++i) hops[i]->Connect(hops[i + 1]->Listen());
  const TaskFrame task = MakeTask(state.range(2));
  const int outstanding = static_cast<int>(state.range(1));
  hops[0]->Drive(task, outstanding, 200);
  const std::int64_t batch = 200;
  while (state.KeepRunningBatch(batch)) hops[0]->Drive(task, outstanding, batch);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Chain)
    ->ArgNames({"hops", "outstanding", "bytes"})
    ->Args({1, 1, kTensorBytes})
    ->Args({4, 1, kTensorBytes})
    ->Args({4, 16, kTensorBytes})
    ->Args({4, 64, kTensorBytes})
    ->Args({4, 16, 50000})
    ->Args({4, 4, 800000})
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace offramp
