#include "offramp/gateway/gateway_daemon.h"

#include <memory>
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
#include "offramp/gateway/gateway_core.h"
#include "offramp/gateway/gateway_metrics.h"
#include "offramp/gateway/oip_grpc.h"
#include "offramp/gateway/oip_rest.h"
#include "offramp/wire/asio_loop.h"
#include "offramp/wire/http_server.h"
#include "offramp/wire/process_tuning.h"
#include "offramp/wire/tcp_transport.h"

namespace offramp {

namespace {

// Replies that were just handed over still have to leave the process.
constexpr double kFlushS = 0.2;

class GatewayDaemon {
 public:
  GatewayDaemon(const GatewayDaemonOptions& options, Bundle bundle)
      : options_(options),
        gateway_(*options.fleet.FindGateway(options.name)),
        bundle_(std::move(bundle)),
        metrics_(options.name) {}

  Status Run() {
    SignalWatcher signals([this](int /*signal*/) {
      spdlog::info("asked to stop: draining");
      loop_.Post([this] { Drain(); });
    });
    loop_.Post([this] { Start(); });
    loop_.Run();
    RemovePart(options_.state_dir, options_.name, hello_.incarnation);
    // The front ends first: they call the core, and nobody answers them any more.
    if (http_) http_->Stop(kFlushS);  // what was answered still goes out
    http_.reset();
    grpc_.reset();
    rest_.reset();
    admin_.reset();
    core_.reset();
    transport_.reset();
    return status_;
  }

 private:
  // The order of starting. Liveness first; the core before the front ends, since they call it; the
  // part's file last, for it is what `up` waits for.
  void Start() {
    status_ = StartAll();
    if (status_.ok()) {
      state_ = DaemonState::kReady;
      spdlog::info("{} served at http {} and grpc {}", bundle_.name, http_->address(),
                   grpc_->address());
    } else {
      spdlog::error("{}", status_.message());
      state_ = DaemonState::kFailed;
      loop_.Stop();
    }
  }

  Status StartAll() {
    OFFRAMP_RETURN_IF_ERROR(StartAdmin());
    OFFRAMP_RETURN_IF_ERROR(StartCore());
    OFFRAMP_RETURN_IF_ERROR(StartFrontEnds());
    PartFile part;
    part.name = options_.name;
    part.role = "gateway";
    part.process = ThisProcess();
    part.incarnation = hello_.incarnation;
    part.http = http_->address();
    part.grpc = grpc_->address();
    part.metrics = admin_->address();
    return WritePart(options_.state_dir, part);
  }

  Status StartAdmin() {
    AdminHooks hooks;
    hooks.ready = [this] { return Ready(); };
    hooks.metrics = [this] { return core_ ? metrics_.Text(*core_) : std::string(); };
    hooks.status = [this] { return StatusText(); };
    hooks.drain = [this] { Drain(); };
    OFFRAMP_ASSIGN_OR_RETURN(admin_, AdminServer::Start(gateway_.metrics, loop_, std::move(hooks)));
    return OkStatus();
  }

  Status StartCore() {
    hello_ = HelloOf(options_.fleet, bundle_, options_.name);
    OFFRAMP_ASSIGN_OR_RETURN(AgentRunnerOptions agent_options,
                             AgentOptionsOf(options_.fleet, bundle_, options_.name));
    agent_options.on_objective = [this](bool met) { LogObjective(met); };
    transport_ = std::make_unique<TcpTransport>(&loop_);
    GatewayCoreOptions options;
    options.deadline_s = options_.fleet.deadline_s;
    options.seed = agent_options.seed;
    core_ = std::make_unique<GatewayCore>(options, bundle_, loop_, metrics_);
    if (bundle_.tokenizer) {
      OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<const TextStage> text, TextStage::Load(bundle_));
      core_->UseText(std::move(text));
    }
    const std::vector<ReceiverSpec> receivers = ReceiversOf(options_.fleet, bundle_, options_.name);
    ForwarderOptions forwarding;
    forwarding.on_transfer = [this, receivers](int k, double seconds) {
      metrics_.OnTransfer(receivers[static_cast<std::size_t>(k)].name, seconds);
    };
    core_->Attach(
        std::make_unique<Forwarder>(
            hello_, Sender(options_.fleet.policy, receivers, agent_options.seed), loop_,
            *transport_, MakeAddressBook(options_.fleet, options_.state_dir), *core_, forwarding),
        std::make_unique<AgentRunner>(agent_options, bundle_.profile, loop_));
    core_->Start();
    return OkStatus();
  }

  // One line each time that it turns.
  void LogObjective(bool met) {
    const ObjectiveControl& control = core_->agents().objective();
    if (met) {
      spdlog::info("the objective is within reach again");
    } else {
      spdlog::warn(
          "the objective is out of reach: accuracy {:.3f}, mean delay {:.4f} s are the nearest, "
          "with an accuracy weight of {:.3g} s",
          control.accuracy(), control.mean_delay_s(), control.weight_s());
    }
  }

  Status StartFrontEnds() {
    rest_ = std::make_unique<OipRest>(*core_);
    auto handler = [this](HttpRequest request, HttpResponder responder) {
      rest_->Handle(std::move(request), std::move(responder));
    };
    auto http = HttpServer::Start(gateway_.http, handler);
    if (!http.ok()) return http.status().At("http");
    http_ = std::move(http).value();
    auto grpc = OipGrpc::Start(gateway_.grpc, *core_);
    if (!grpc.ok()) return grpc.status().At("grpc");
    grpc_ = std::move(grpc).value();
    return OkStatus();
  }

  void Drain() {
    if (state_ == DaemonState::kDraining) return;
    if (state_ != DaemonState::kReady) {
      loop_.Stop();
      return;
    }
    state_ = DaemonState::kDraining;
    core_->Drain([this] {
      spdlog::info("drained");
      grpc_->Drain();
      loop_.RunAt(loop_.NowSeconds() + kFlushS, [this] { loop_.Stop(); });
    });
  }

  Status Ready() const {
    if (state_ != DaemonState::kReady) return UnavailableError(DaemonStateName(state_));
    if (!core_->ready()) return UnavailableError("a stage has no live replica within reach");
    return OkStatus();
  }

  std::string StatusText() {
    PartStatus status;
    status.name = options_.name;
    status.role = "gateway";
    status.metrics = admin_->address();
    status.state = DaemonStateName(state_);
    if (http_) status.http = http_->address();
    if (grpc_) status.grpc = grpc_->address();
    if (core_) {
      status.queue_length = core_->inflight_rows();
      Describe(core_->agents(), &core_->forwarder(), status);
    }
    return ToJson(status);
  }

  const GatewayDaemonOptions& options_;
  const FleetGateway& gateway_;
  const Bundle bundle_;
  AsioLoop loop_;
  GatewayMetrics metrics_;
  Hello hello_;
  DaemonState state_ = DaemonState::kStarting;
  Status status_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<TcpTransport> transport_;
  std::unique_ptr<GatewayCore> core_;
  std::unique_ptr<OipRest> rest_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<OipGrpc> grpc_;
};

}  // namespace

Status RunGateway(const GatewayDaemonOptions& options) {
  BlockStopSignals();
  OFFRAMP_RETURN_IF_ERROR(SetUpLog(options.name, options.log_format, options.log_level));
  ProcessTuning();
  if (options.fleet.FindGateway(options.name) == nullptr) {
    return NotFoundError(options.fleet.path + ": no gateway is named \"" + options.name + "\"");
  }
  OFFRAMP_RETURN_IF_ERROR(CheckExposure(options.fleet, options.insecure));
  OFFRAMP_ASSIGN_OR_RETURN(Bundle bundle, ReadBundle(options.fleet.bundle_folder));
  OFFRAMP_RETURN_IF_ERROR(CheckFleetFits(options.fleet, bundle));
  GatewayDaemon daemon(options, std::move(bundle));
  return daemon.Run();
}

}  // namespace offramp
