#include "tests/fakes/memory_fleet.h"

#include <cstring>
#include <utility>

#include "tests/fakes/test_hello.h"

namespace offramp {

namespace {

constexpr int kStages = 3;
constexpr int kSure = 10;  // logit difference of a row that the stage is sure of

// Runs the scripted model, one batch at a time, `service_s` a row.
class ScriptedEngine final : public EngineRunner {
 public:
  ScriptedEngine(int stage, ManualLoop& loop, const double& service_s, int poison)
      : stage_(stage), loop_(loop), service_s_(service_s), poison_(stage == 1 ? poison : -1) {}
  ~ScriptedEngine() override { loop_.Cancel(timer_); }

  void Run(std::vector<Tensor> inputs, Done done) override {
    const double compute_s = service_s_ * static_cast<double>(inputs[0].rows());
    timer_ = loop_.RunAt(loop_.NowSeconds() + compute_s,
                         [this, inputs = std::move(inputs), done = std::move(done), compute_s] {
                           done(Compute(inputs[0]), compute_s);
                         });
  }

 private:
  Outputs Compute(const Tensor& input) const {
    const std::int64_t rows = input.rows();
    for (std::int64_t i = 0; i < rows; ++i) {
      if (std::to_integer<int>(input.data.data()[i]) == poison_) {
        return InvalidArgumentError("poison");
      }
    }
    MutableBuffer logits(static_cast<std::size_t>(rows) * 2 * sizeof(float));
    for (std::int64_t i = 0; i < rows; ++i) {
      const int v = std::to_integer<int>(input.data.data()[i]);
      const bool sure = stage_ == kStages || v % 4 == stage_ - 1;
      const float row[2] = {static_cast<float>(v + (sure ? kSure : 0)), static_cast<float>(v)};
      std::memcpy(logits.data() + static_cast<std::size_t>(i) * sizeof(row), row, sizeof(row));
    }
    std::vector<Tensor> outputs;
    if (stage_ < kStages) {
      outputs.push_back(input);
      outputs.back().name = "h" + std::to_string(stage_);
    }
    Tensor exit;
    exit.name = stage_ < kStages ? "exit" + std::to_string(stage_) : "logits";
    exit.shape = {rows, 2};
    exit.data = std::move(logits).Freeze();
    outputs.push_back(std::move(exit));
    return outputs;
  }

  const int stage_;
  ManualLoop& loop_;
  const double& service_s_;
  const int poison_;
  EventLoop::TimerId timer_ = 0;
};

class QuietNode final : public NodeObserver {
 public:
  void OnBatch(std::int64_t, double) override {}
  void OnBatchFailed(std::int64_t, const Status&) override {}
  void OnParcelRun(const TaskFrame&, std::size_t, double, double) override {}
  void OnExit(std::int64_t) override {}
  void OnForwarded(std::int64_t) override {}
  void OnAnswerReturned(std::int64_t, double) override {}
  void OnRefused(const TaskFrame&, std::int64_t, const Status&) override {}
  void OnDropped(std::int64_t, const Status&) override {}
};

class QuietGateway final : public GatewayObserver {
 public:
  void OnReply(const InferenceRequest&, std::size_t, const InferenceReply&) override {}
};

std::shared_ptr<const ExitProfile> ScriptedProfile() {
  std::vector<std::vector<float>> confidence(kStages);
  std::vector<std::vector<float>> correct(kStages);
  for (int v = 0; v < 256; ++v) {
    for (int h = 1; h < kStages; ++h) {
      const bool sure = v % 4 == h - 1;
      confidence[static_cast<std::size_t>(h - 1)].push_back(sure ? 0.99F : 0.5F);
      correct[static_cast<std::size_t>(h - 1)].push_back(sure ? 1.0F : 0.0F);
    }
    correct[kStages - 1].push_back(1.0F);
  }
  return std::make_shared<ExitProfile>(std::move(confidence), std::move(correct));
}

}  // namespace

Bundle ScriptedBundle() {
  Bundle bundle;
  bundle.name = "scripted";
  bundle.inputs = {{"x", DataType::kUint8, {-1, 1}}};
  bundle.outputs = {{"logits", DataType::kFp32, {-1, 2}}};
  bundle.profile = ScriptedProfile();
  for (int h = 1; h <= kStages; ++h) {
    BundleStage stage;
    stage.receives = {h == 1 ? "x" : "h" + std::to_string(h - 1)};
    if (h < kStages) stage.sends = {"h" + std::to_string(h)};
    stage.exit = h < kStages ? "exit" + std::to_string(h) : "logits";
    stage.gflops = 1;
    stage.output_bytes = h < kStages ? 1 : 0;
    bundle.stages.push_back(std::move(stage));
  }
  return bundle;
}

InferenceRequest ScriptedRequest(const std::vector<std::uint8_t>& rows) {
  InferenceRequest request;
  request.model_name = "scripted";
  Tensor x;
  x.name = "x";
  x.datatype = DataType::kUint8;
  x.shape = {static_cast<std::int64_t>(rows.size()), 1};
  x.data = Buffer::CopyOf(std::as_bytes(std::span(rows)));
  request.inputs.push_back(std::move(x));
  return request;
}

::testing::AssertionResult IsScriptedAnswer(const InferenceReply& reply,
                                            const std::vector<std::uint8_t>& rows) {
  if (!reply.status.ok()) return ::testing::AssertionFailure() << reply.status;
  if (reply.outputs.size() != 1 || reply.outputs[0].name != "logits" ||
      reply.outputs[0].data.size() != rows.size() * 2 * sizeof(float) ||
      reply.rows.size() != rows.size()) {
    return ::testing::AssertionFailure() << "wrong outputs";
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    float logits[2];
    std::memcpy(logits, reply.outputs[0].data.data() + i * sizeof(logits), sizeof(logits));
    if (logits[1] != static_cast<float>(rows[i])) {
      return ::testing::AssertionFailure()
             << "row " << i << " answers " << logits[1] << ", asked " << int{rows[i]};
    }
  }
  return ::testing::AssertionSuccess();
}

struct MemoryFleet::Node {
  std::unique_ptr<Transport> transport;
  QuietNode observer;
  std::unique_ptr<ScriptedEngine> engine;
  std::unique_ptr<NodeCore> core;
};

struct MemoryFleet::Gateway {
  std::unique_ptr<Transport> transport;
  QuietGateway observer;
  std::unique_ptr<GatewayCore> core;
};

MemoryFleet::MemoryFleet(Options options)
    : options_(options), bundle_(ScriptedBundle()), loop_(&clock_), network_(&loop_) {
  for (int h = kStages; h >= 1; --h) {
    for (const std::string& name : NamesOf(h)) {
      service_s_[name] = options_.service_s;
      Start(name);
    }
  }
  for (int i = 0; i < options_.gateways; ++i) StartGateway(i);
  loop_.RunFor(0.5);
}

MemoryFleet::~MemoryFleet() {
  gateways_.clear();
  nodes_.clear();
}

std::string MemoryFleet::NodeName(int stage, int replica) {
  return "s" + std::to_string(stage) + "-" + std::string(1, static_cast<char>('a' + replica));
}

std::vector<std::string> MemoryFleet::NamesOf(int stage) const {
  std::vector<std::string> names;
  const int count = stage == 0 ? options_.gateways : options_.replicas;
  for (int i = 0; i < count; ++i) {
    names.push_back(stage == 0 ? "gw" + std::to_string(i) : NodeName(stage, i));
  }
  return names;
}

void MemoryFleet::Start(const std::string& name) {
  const int stage = name[1] - '0';
  auto node = std::make_unique<Node>();
  node->transport = network_.MakeTransport(name);
  node->engine =
      std::make_unique<ScriptedEngine>(stage, loop_, service_s_.at(name), options_.poison);
  NodeCoreOptions core;
  core.name = name;
  core.stage = stage;
  core.queue_tasks = options_.queue_tasks;
  core.shadow_share = options_.shadow_share;
  core.batching.max_batch_size = options_.max_batch_size;
  node->core = std::make_unique<NodeCore>(core,
                                          NodeCore::Parts{.loop = &loop_,
                                                          .engine = node->engine.get(),
                                                          .bundle = &bundle_,
                                                          .observer = &node->observer},
                                          TestHello(name, stage), NamesOf(stage - 1));
  AgentRunnerOptions agent;
  agent.policy = options_.policy;
  agent.stage = stage;
  agent.offloaders = static_cast<int>(NamesOf(stage - 1).size());
  agent.period_s = options_.period_s;
  agent.threshold = stage < kStages ? 0.8 : kNeverExit;
  agent.expected_service_s = options_.service_s;
  std::unique_ptr<Forwarder> forwarder;
  if (stage < kStages) {
    std::vector<ReceiverSpec> receivers;
    for (const std::string& receiver : NamesOf(stage + 1)) {
      receivers.emplace_back();
      receivers.back().name = receiver;
    }
    agent.receivers = static_cast<int>(receivers.size());
    forwarder = std::make_unique<Forwarder>(
        TestHello(name, stage), Sender(options_.policy, receivers, options_.seed), loop_,
        *node->transport, [](const std::string& peer) { return std::optional(peer); }, *node->core,
        ForwarderOptions{});
  }
  node->core->Attach(std::move(forwarder),
                     std::make_unique<AgentRunner>(agent, bundle_.profile, loop_));
  NodeCore* core_pointer = node->core.get();
  EXPECT_TRUE(node->transport
                  ->Listen(name,
                           [core_pointer](std::unique_ptr<Connection> connection) {
                             return core_pointer->sessions().Accept(std::move(connection));
                           })
                  .ok());
  node->core->Start();
  nodes_[name] = std::move(node);
}

void MemoryFleet::StartGateway(int index) {
  const std::string name = "gw" + std::to_string(index);
  auto gateway = std::make_unique<Gateway>();
  gateway->transport = network_.MakeTransport(name);
  GatewayCoreOptions core;
  core.deadline_s = options_.deadline_s;
  gateway->core = std::make_unique<GatewayCore>(core, bundle_, loop_, gateway->observer);
  std::vector<ReceiverSpec> receivers;
  for (const std::string& receiver : NamesOf(1)) {
    receivers.emplace_back();
    receivers.back().name = receiver;
  }
  AgentRunnerOptions agent;
  agent.policy = options_.policy;
  agent.receivers = static_cast<int>(receivers.size());
  agent.period_s = options_.period_s;
  gateway->core->Attach(
      std::make_unique<Forwarder>(
          TestHello(name, 0),
          Sender(options_.policy, receivers, options_.seed + static_cast<std::uint64_t>(index)),
          loop_, *gateway->transport, [](const std::string& peer) { return std::optional(peer); },
          *gateway->core, ForwarderOptions{}),
      std::make_unique<AgentRunner>(agent, bundle_.profile, loop_));
  gateway->core->Start();
  if (gateways_.size() <= static_cast<std::size_t>(index)) gateways_.resize(index + 1U);
  gateways_[static_cast<std::size_t>(index)] = std::move(gateway);
}

void MemoryFleet::RestartGateway(int index) {
  gateways_.at(static_cast<std::size_t>(index)).reset();
  StartGateway(index);
}

GatewayCore& MemoryFleet::gateway(int index) {
  return *gateways_.at(static_cast<std::size_t>(index))->core;
}

NodeCore& MemoryFleet::node(const std::string& name) { return *nodes_.at(name)->core; }

bool MemoryFleet::alive(const std::string& name) const { return nodes_.contains(name); }

void MemoryFleet::Kill(const std::string& name) {
  // A dead process closes nothing in order: its transport goes first.
  nodes_.at(name)->transport.reset();
  nodes_.erase(name);
}

void MemoryFleet::SetService(const std::string& name, double service_s) {
  service_s_.at(name) = service_s;
}

int MemoryFleet::Ask(int index, const std::vector<std::uint8_t>& rows, bool early_exit) {
  const int number = static_cast<int>(questions_.size());
  questions_.push_back({rows, nullptr});
  InferenceRequest request = ScriptedRequest(rows);
  request.early_exit = early_exit;
  gateway(index).Infer(std::move(request), [this, number](InferenceReply reply) {
    Question& question = questions_[static_cast<std::size_t>(number)];
    EXPECT_EQ(question.reply, nullptr) << "a second answer to question " << number;
    question.reply = std::make_unique<InferenceReply>(std::move(reply));
  });
  return number;
}

const std::vector<std::uint8_t>& MemoryFleet::question(int number) const {
  return questions_.at(static_cast<std::size_t>(number)).rows;
}

const InferenceReply* MemoryFleet::reply(int number) const {
  return questions_.at(static_cast<std::size_t>(number)).reply.get();
}

std::size_t MemoryFleet::unanswered() const {
  std::size_t count = 0;
  for (const Question& question : questions_) count += question.reply == nullptr ? 1 : 0;
  return count;
}

}  // namespace offramp
