#include "offramp/node/node_daemon.h"

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>

#include "offramp/daemon/address_book.h"
#include "offramp/daemon/admin_server.h"
#include "offramp/daemon/daemon_state.h"
#include "offramp/daemon/log.h"
#include "offramp/daemon/part_status.h"
#include "offramp/daemon/sender_setup.h"
#include "offramp/daemon/signals.h"
#include "offramp/files/bundle_file.h"
#include "offramp/files/run_state.h"
#include "offramp/node/node_core.h"
#include "offramp/node/node_metrics.h"
#include "offramp/wire/asio_loop.h"
#include "offramp/wire/process_tuning.h"
#include "offramp/wire/tcp_transport.h"

namespace offramp {

namespace {

// Answers that were just handed over still have to leave the process: how often it is looked, and
// for how long a neighbour that does not read is waited for.
constexpr double kFlushS = 0.1;
constexpr double kLongestFlushS = 2;

class NodeDaemon {
 public:
  NodeDaemon(const NodeDaemonOptions& options, Bundle bundle)
      : options_(options),
        node_(*options.fleet.FindNode(options.name)),
        bundle_(std::move(bundle)),
        metrics_(options.name, node_.stage) {}

  Status Run() {
    SignalWatcher signals([this](int /*signal*/) {
      spdlog::info("asked to stop: draining");
      loop_.Post([this] { Drain(); });
    });
    loop_.Post([this] { StartAdmin(); });
    loop_.Run();
    if (engine_loader_.joinable()) engine_loader_.join();
    admin_.reset();
    RemovePart(options_.state_dir, options_.name, hello_.incarnation);
    core_.reset();
    runner_.reset();
    transport_.reset();
    return status_;
  }

 private:
  // The order of starting. Liveness first, so that a probe sees a slow model load as "alive, not
  // ready"; the engine before the listener, so that nobody sends what could not be run; the part's
  // file last, for it is what neighbours and `up` wait for.
  void StartAdmin() {
    AdminHooks hooks;
    hooks.ready = [this] { return Ready(); };
    hooks.metrics = [this] { return core_ ? metrics_.Text(*core_) : std::string(); };
    hooks.status = [this] { return StatusText(); };
    hooks.drain = [this] { Drain(); };
    hooks.set_speed = [this](double gflops_per_s) { return SetSpeed(gflops_per_s); };
    auto admin = AdminServer::Start(node_.metrics, loop_, std::move(hooks));
    if (!admin.ok()) return Fail(admin.status());
    admin_ = std::move(admin).value();
    state_ = DaemonState::kStarting;
    engine_loader_ = std::thread([this] { LoadTheEngine(); });
  }

  void LoadTheEngine() {
    EngineOptions options;
    options.threads = node_.threads;
    options.emulated = node_.engine == "emulated";
    options.gflops_per_s = node_.gflops_per_s;
    auto engine = std::make_shared<Result<std::unique_ptr<Engine>>>(
        LoadEngine(bundle_, node_.stage, options));
    ReturnFreedMemory();
    loop_.Post([this, engine] {
      if (!engine->ok()) return Fail(engine->status());
      runner_ = std::make_unique<ThreadEngineRunner>(std::move(*engine).value(), loop_);
      StartCore();
    });
  }

  void StartCore() {
    hello_ = HelloOf(options_.fleet, bundle_, options_.name);
    const auto agent_options = AgentOptionsOf(options_.fleet, bundle_, options_.name);
    if (!agent_options.ok()) return Fail(agent_options.status());
    transport_ = std::make_unique<TcpTransport>(&loop_);
    NodeCoreOptions options;
    options.name = options_.name;
    options.stage = node_.stage;
    options.batching = {node_.max_batch_size, node_.max_queue_delay_us * 1e-6};
    options.queue_tasks = node_.queue_tasks;
    options.queue_bytes = node_.queue_bytes;
    if (options_.fleet.policy == Policy::kDtoEe) options.shadow_share = options_.fleet.shadow_share;
    options.seed = agent_options->seed;
    core_ = std::make_unique<NodeCore>(
        options,
        NodeCore::Parts{
            .loop = &loop_, .engine = runner_.get(), .bundle = &bundle_, .observer = &metrics_},
        hello_, options_.fleet.OffloadersOf(options_.name));
    std::unique_ptr<Forwarder> forwarder;
    const std::vector<ReceiverSpec> receivers = ReceiversOf(options_.fleet, bundle_, options_.name);
    if (!receivers.empty()) {
      ForwarderOptions forwarding;
      forwarding.on_transfer = [this, receivers](int k, double seconds) {
        metrics_.OnTransfer(receivers[static_cast<std::size_t>(k)].name, seconds);
      };
      forwarder = std::make_unique<Forwarder>(
          hello_, Sender(options_.fleet.policy, receivers, agent_options->seed), loop_, *transport_,
          MakeAddressBook(options_.fleet, options_.state_dir), *core_, forwarding);
    }
    core_->Attach(std::move(forwarder),
                  std::make_unique<AgentRunner>(*agent_options, bundle_.profile, loop_));
    core_->Start();
    StartListening();
  }

  void StartListening() {
    const auto bound =
        transport_->Listen(node_.listen, [this](std::unique_ptr<Connection> connection) {
          return core_->sessions().Accept(std::move(connection));
        });
    if (!bound.ok()) return Fail(bound.status().At("listen"));
    PartFile part;
    part.name = options_.name;
    part.role = "node";
    part.stage = node_.stage;
    part.process = ThisProcess();
    part.incarnation = hello_.incarnation;
    part.address = *bound;
    part.metrics = admin_->address();
    address_ = *bound;
    if (const Status written = WritePart(options_.state_dir, part); !written.ok()) {
      return Fail(written);
    }
    state_ = DaemonState::kReady;
    spdlog::info("stage {} of {} ready at {}", node_.stage, bundle_.name, address_);
  }

  void Drain() {
    if (state_ == DaemonState::kDraining) return;
    if (!core_ || state_ != DaemonState::kReady) {
      loop_.Stop();
      return;
    }
    state_ = DaemonState::kDraining;
    core_->Drain([this] {
      spdlog::info("drained");
      StopWhenSent(loop_.NowSeconds() + kLongestFlushS);
    });
  }

  void StopWhenSent(double at_latest_s) {
    loop_.RunAt(loop_.NowSeconds() + kFlushS, [this, at_latest_s] {
      if (core_->sessions().unsent_bytes() > 0 && loop_.NowSeconds() < at_latest_s) {
        StopWhenSent(at_latest_s);
      } else {
        loop_.Stop();
      }
    });
  }

  void Fail(const Status& why) {
    spdlog::error("{}", why.message());
    status_ = why;
    state_ = DaemonState::kFailed;
    loop_.Stop();
  }

  Status Ready() const {
    if (state_ != DaemonState::kReady) return UnavailableError(DaemonStateName(state_));
    if (!core_->progressing()) return UnavailableError("the engine makes no progress");
    return OkStatus();
  }

  Status SetSpeed(double gflops_per_s) {
    if (!runner_) return UnavailableError("the engine is not loaded yet");
    spdlog::warn("speed set to {} GFLOP/s by request", gflops_per_s);
    runner_->SetSpeed(gflops_per_s);
    return OkStatus();
  }

  std::string StatusText() {
    PartStatus status;
    status.name = options_.name;
    status.role = "node";
    status.stage = node_.stage;
    status.address = address_;
    status.metrics = admin_->address();
    status.state = DaemonStateName(state_);
    if (core_) {
      status.queue_length = core_->queued_rows();
      Describe(core_->agents(), core_->forwarder(), status);
    }
    return ToJson(status);
  }

  const NodeDaemonOptions& options_;
  const FleetNode& node_;
  const Bundle bundle_;
  AsioLoop loop_;
  NodeMetrics metrics_;
  Hello hello_;
  DaemonState state_ = DaemonState::kStarting;
  Status status_;
  std::string address_;
  std::thread engine_loader_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<TcpTransport> transport_;
  std::unique_ptr<ThreadEngineRunner> runner_;
  std::unique_ptr<NodeCore> core_;
};

}  // namespace

Status RunNode(const NodeDaemonOptions& options) {
  BlockStopSignals();
  OFFRAMP_RETURN_IF_ERROR(SetUpLog(options.name, options.log_format, options.log_level));
  ProcessTuning();
  if (options.fleet.FindNode(options.name) == nullptr) {
    return NotFoundError(options.fleet.path + ": no node is named \"" + options.name + "\"");
  }
  OFFRAMP_RETURN_IF_ERROR(CheckExposure(options.fleet, options.insecure));
  OFFRAMP_ASSIGN_OR_RETURN(Bundle bundle, ReadBundle(options.fleet.bundle_folder));
  OFFRAMP_RETURN_IF_ERROR(CheckFleetFits(options.fleet, bundle));
  NodeDaemon daemon(options, std::move(bundle));
  return daemon.Run();
}

}  // namespace offramp
