#include "tests/parity/hand_fleet.h"

#include <cmath>
#include <cstring>
#include <utility>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/core/exit_rule.h"
#include "offramp/model/confidence.h"
#include "tests/fakes/test_hello.h"

namespace offramp {

namespace {

constexpr int kStages = 2;
constexpr int kRows = 256;

// Logits whose softmax is between a half and nearly one.
void LogitsOf(int row, float logits[2]) {
  logits[0] = 5.0F * static_cast<float>((row * 37) % kRows) / kRows;
  logits[1] = 0;
}

class ScriptedEngine final : public EngineRunner {
 public:
  ScriptedEngine(int stage, double service_s, ManualLoop& loop)
      : stage_(stage), service_s_(service_s), loop_(loop) {}
  ~ScriptedEngine() override { loop_.Cancel(timer_); }

  void Run(std::vector<Tensor> inputs, Done done) override {
    timer_ = loop_.RunAt(loop_.NowSeconds() + service_s_,
                         [this, inputs = std::move(inputs), done = std::move(done)] {
                           done(Compute(inputs[0]), service_s_);
                         });
  }

 private:
  Outputs Compute(const Tensor& input) const {
    float logits[2];
    LogitsOf(std::to_integer<int>(input.data.data()[0]), logits);
    std::vector<Tensor> outputs;
    if (stage_ < kStages) {
      outputs.push_back(input);
      outputs.back().name = "h";
    }
    Tensor exit;
    exit.name = stage_ < kStages ? "exit" : "logits";
    exit.shape = {1, 2};
    exit.data = Buffer::CopyOf(std::as_bytes(std::span(logits)));
    outputs.push_back(std::move(exit));
    return outputs;
  }

  const int stage_;
  const double service_s_;
  ManualLoop& loop_;
  EventLoop::TimerId timer_ = 0;
};

class QuietNode final : public NodeObserver {
 public:
  void OnBatch(std::int64_t, double) override {}
  void OnBatchFailed(std::int64_t, const Status& why) override { ADD_FAILURE() << why; }
  void OnParcelRun(const TaskFrame&, std::size_t, double, double) override {}
  void OnExit(std::int64_t) override {}
  void OnForwarded(std::int64_t) override {}
  void OnAnswerReturned(std::int64_t, double) override {}
  void OnRefused(const TaskFrame&, std::int64_t, const Status& why) override {
    ADD_FAILURE() << why;
  }
  void OnDropped(std::int64_t, const Status& why) override { ADD_FAILURE() << why; }
};

class QuietGateway final : public GatewayObserver {
 public:
  void OnReply(const InferenceRequest&, std::size_t, const InferenceReply&) override {}
};

Bundle HandBundle(std::shared_ptr<const ExitProfile> profile) {
  Bundle bundle;
  bundle.name = "hand";
  bundle.inputs = {{"x", DataType::kUint8, {-1, 1}}};
  bundle.outputs = {{"logits", DataType::kFp32, {-1, 2}}};
  bundle.profile = std::move(profile);
  bundle.stages.resize(kStages);
  bundle.stages[0] = {.receives = {"x"}, .sends = {"h"}, .exit = "exit"};
  bundle.stages[1] = {.receives = {"h"}, .exit = "logits"};
  return bundle;
}

}  // namespace

std::shared_ptr<const ExitProfile> HandProfile() {
  Random random(3);
  std::vector<std::vector<float>> confidence(kStages);
  std::vector<std::vector<float>> correct(kStages);
  for (int row = 0; row < kRows; ++row) {
    float logits[2];
    LogitsOf(row, logits);
    const float sure = MaxSoftmax(logits, 1).confidence;
    confidence[0].push_back(sure);
    correct[0].push_back(random.Chance(static_cast<double>(sure)) ? 1.0F : 0.0F);
    correct[1].push_back(random.Chance(0.9 + 0.1 * static_cast<double>(sure)) ? 1.0F : 0.0F);
  }
  return std::make_shared<const ExitProfile>(std::move(confidence), std::move(correct));
}

struct HandFleet::Part {
  std::unique_ptr<Transport> transport;
  QuietNode node_observer;
  QuietGateway gateway_observer;
  std::unique_ptr<ScriptedEngine> engine;
  std::unique_ptr<NodeCore> node;  // or
  std::unique_ptr<GatewayCore> gateway;
};

HandFleet::HandFleet(const Scenario& scenario, const Draws& draws)
    : scenario_(scenario),
      draws_(draws),
      bundle_(HandBundle(scenario.profile)),
      loop_(&clock_),
      network_(&loop_) {
  for (int part = 0; part < scenario_.part_count(); ++part) {
    parts_.push_back(std::make_unique<Part>());
    parts_.back()->transport = network_.MakeTransport(scenario_.part_name(part));
    scenario_.part_stage(part) == 0 ? MakeGateway(part) : MakeNode(part);
  }
  // All listen already, so whoever starts first finds the others.
  for (int part = 0; part < scenario_.part_count(); ++part) {
    const double start_s =
        -scenario_.period_s * draws_.Uniform(DrawStream::kPhase, static_cast<std::uint64_t>(part));
    Part* const at = parts_[static_cast<std::size_t>(part)].get();
    loop_.RunAt(start_s, [at] { at->node ? at->node->Start() : at->gateway->Start(); });
  }
  loop_.RunUntil(0);
}

HandFleet::~HandFleet() {
  // Gateways last came, first go.
  while (!parts_.empty()) parts_.erase(parts_.begin());
}

AgentRunnerOptions HandFleet::AgentOptions(int part) const {
  AgentRunnerOptions agent;
  agent.policy = scenario_.policy;
  agent.stage = scenario_.part_stage(part);
  agent.period_s = scenario_.period_s;
  agent.objective = scenario_.objective;
  agent.congestion = scenario_.congestion();
  agent.threshold = agent.stage == 1 ? 0.8 : kNeverExit;
  if (agent.stage > 0) {
    const auto node = static_cast<std::size_t>(part) - scenario_.devices.size();
    agent.expected_service_s = 1 / scenario_.ServiceRate(scenario_.nodes[node]);
  }
  for (const ScenarioLink& link : scenario_.links) {
    agent.offloaders += link.to == part ? 1 : 0;
    if (link.from != part) continue;
    ++agent.receivers;
    agent.row_bytes = kHandRowBytes;
  }
  agent.seed = draws_.Bits(DrawStream::kPolicy, static_cast<std::uint64_t>(part));
  return agent;
}

std::unique_ptr<Forwarder> HandFleet::MakeForwarder(int part, ForwarderOwner& owner) {
  std::vector<ReceiverSpec> receivers;
  for (const ScenarioLink& link : scenario_.links) {
    if (link.from != part) continue;
    const auto to = static_cast<std::size_t>(link.to) - scenario_.devices.size();
    receivers.push_back({.name = scenario_.nodes[to].name,
                         .capacity_tasks_per_s = scenario_.ServiceRate(scenario_.nodes[to]),
                         .mbit_per_s = link.mbit_per_s,
                         .latency_s = link.latency_ms * 1e-3});
  }
  if (receivers.empty()) return nullptr;
  return std::make_unique<Forwarder>(
      TestHello(scenario_.part_name(part), scenario_.part_stage(part)),
      Sender(scenario_.policy, std::move(receivers),
             draws_.Bits(DrawStream::kPolicy, static_cast<std::uint64_t>(part))),
      loop_, *parts_[static_cast<std::size_t>(part)]->transport,
      [](const std::string& name) { return std::optional(name); }, owner, ForwarderOptions{});
}

void HandFleet::MakeGateway(int part) {
  Part& at = *parts_[static_cast<std::size_t>(part)];
  at.gateway =
      std::make_unique<GatewayCore>(GatewayCoreOptions{}, bundle_, loop_, at.gateway_observer);
  at.gateway->Attach(MakeForwarder(part, *at.gateway),
                     std::make_unique<AgentRunner>(AgentOptions(part), bundle_.profile, loop_));
}

void HandFleet::MakeNode(int part) {
  Part& at = *parts_[static_cast<std::size_t>(part)];
  const std::string name = scenario_.part_name(part);
  const int stage = scenario_.part_stage(part);
  at.engine = std::make_unique<ScriptedEngine>(stage, AgentOptions(part).expected_service_s, loop_);
  std::vector<std::string> offloaders;
  for (const ScenarioLink& link : scenario_.links) {
    if (link.to == part) offloaders.push_back(scenario_.part_name(link.from));
  }
  // The format has acknowledgements without delay.
  const NodeCoreOptions options{.name = name, .stage = stage, .ack_delay_s = 0};
  at.node = std::make_unique<NodeCore>(options,
                                       NodeCore::Parts{.loop = &loop_,
                                                       .engine = at.engine.get(),
                                                       .bundle = &bundle_,
                                                       .observer = &at.node_observer},
                                       TestHello(name, stage), offloaders);
  at.node->Attach(MakeForwarder(part, *at.node),
                  std::make_unique<AgentRunner>(AgentOptions(part), bundle_.profile, loop_));
  NodeCore* const core = at.node.get();
  EXPECT_TRUE(at.transport
                  ->Listen(name,
                           [core](std::unique_ptr<Connection> connection) {
                             return core->sessions().Accept(std::move(connection));
                           })
                  .ok());
}

const AgentRunner& HandFleet::agents(int part) const {
  Part& at = *parts_[static_cast<std::size_t>(part)];
  return at.node ? at.node->agents() : at.gateway->agents();
}

void HandFleet::Ask(int device, std::uint32_t row) {
  InferenceRequest request;
  request.model_name = bundle_.name;
  Tensor x;
  x.name = "x";
  x.datatype = DataType::kUint8;
  x.shape = {1, 1};
  const auto byte = static_cast<std::byte>(row);
  x.data = Buffer::CopyOf(std::span(&byte, 1));
  request.inputs.push_back(std::move(x));
  const std::size_t number = answers_.size();
  answers_.emplace_back();
  const double asked_s = loop_.NowSeconds();
  parts_[static_cast<std::size_t>(device)]->gateway->Infer(
      std::move(request), [this, number, asked_s](InferenceReply reply) {
        ASSERT_TRUE(reply.status.ok()) << reply.status;
        answers_[number] = {reply.rows[0].exit_stage, reply.path, loop_.NowSeconds() - asked_s};
      });
}

}  // namespace offramp
