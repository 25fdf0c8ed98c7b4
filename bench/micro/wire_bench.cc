// What the wire costs: frames to bytes and back, and tasks through a chain of endpoints on
// loopback. As in a fleet, each endpoint of a chain is a process. "cpu_us" is the CPU time of all
// of them for one task.
#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <benchmark/benchmark.h>

#include "offramp/base/check.h"
#include "offramp/wire/frame_codec.h"
#include "offramp/wire/process_tuning.h"
#include "offramp/wire/tcp_transport.h"

namespace offramp {
namespace {

constexpr std::int64_t kTensorBytes = 3136;  // 784 FP32: what crosses in the shipped model

constexpr char kHopRole[] = "--hop";

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
  for (auto _ : state) benchmark::DoNotOptimize(DecodeFrame(bytes));
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
    Call([&] {
      downstream_ = transport_.Connect(address, this);
      downstream_->Send(Hello{});  // nobody takes a large message first
    });
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
    if (std::holds_alternative<AckFrame>(frame) || std::holds_alternative<Hello>(frame)) return;
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

  AsioLoop loop_;
  TcpTransport transport_;
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

// Another process of this program, which is a Hop: prints its address and lives until its input
// ends.
class HopProcess {
 public:
  // `next`: the address of the hop behind it; empty: it is the last.
  explicit HopProcess(const std::string& next) {
    int input[2];
    int output[2];
    OFFRAMP_CHECK(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0, "no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    std::string program = "wire_bench";
    std::string role = kHopRole;
    std::string address = next;
    char* arguments[] = {program.data(), role.data(), address.data(), nullptr};
    const int failed = posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, arguments, environ);
    OFFRAMP_CHECK(failed == 0, "cannot start a hop");
    posix_spawn_file_actions_destroy(&actions);
    close(input[0]);
    close(output[1]);
    input_ = input[1];
    char byte;
    while (read(output[0], &byte, 1) == 1 && byte != '\n') address_ += byte;
    close(output[0]);
  }

  ~HopProcess() {
    close(input_);
    waitpid(pid_, nullptr, 0);
  }

  HopProcess(const HopProcess&) = delete;
  HopProcess& operator=(const HopProcess&) = delete;

  const std::string& address() const { return address_; }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int input_ = -1;
  std::string address_;
};

int RunHop(const std::string& next) {
  ProcessTuning();
  Hop hop;
  if (!next.empty()) hop.Connect(next);
  std::printf("%s\n", hop.Listen().c_str());
  std::fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}

double CpuSeconds(pid_t pid) {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Arguments: hops beyond the sender, tasks outstanding, bytes of the tensor.
void BM_Chain(benchmark::State& state) {
  ProcessTuning();
  std::vector<std::unique_ptr<HopProcess>> hops;
  std::string next;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    hops.push_back(std::make_unique<HopProcess>(next));
    next = hops.back()->address();
  }
  Hop sender;
  sender.Connect(next);
  const TaskFrame task = MakeTask(state.range(2));
  const int outstanding = static_cast<int>(state.range(1));
  constexpr std::int64_t kBatch = 200;
  sender.Drive(task, outstanding, kBatch);
  const auto cpu_s = [&hops] {
    double seconds = CpuSeconds(getpid());
    for (const auto& hop : hops) seconds += CpuSeconds(hop->pid());
    return seconds;
  };
  const double before_s = cpu_s();
  while (state.KeepRunningBatch(kBatch)) sender.Drive(task, outstanding, kBatch);
  state.counters["cpu_us"] = 1e6 * (cpu_s() - before_s) / static_cast<double>(state.iterations());
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
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace offramp

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == offramp::kHopRole) return offramp::RunHop(argv[2]);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
