// A whole fleet in one thread: real gateway and node logic, real forwarders, sessions, codec and
// agents, on the in-memory network and a manual clock; only the engine is a script. Every run
// repeats exactly, and any part can be killed, frozen, drained or slowed at any moment.
//
// The scripted model has three stages over one byte v a row. Stage 1 is sure of rows with v % 4 ==
// 0, stage 2 of those with v % 4 == 1; the answer is the pair (v + certainty, v), so that every
// answer can be held against its question.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/clock.h"
#include "offramp/gateway/gateway_core.h"
#include "offramp/node/node_core.h"
#include "offramp/wire/manual_loop.h"
#include "offramp/wire/memory_transport.h"

namespace offramp {

Bundle ScriptedBundle();

// Rows of bytes as a request.
InferenceRequest ScriptedRequest(const std::vector<std::uint8_t>& rows);

// Whether `reply` is the scripted model's answer to `rows`, exits at a threshold of 0.8.
::testing::AssertionResult IsScriptedAnswer(const InferenceReply& reply,
                                            const std::vector<std::uint8_t>& rows);

class MemoryFleet {
 public:
  struct Options {
    Policy policy = Policy::kLeastOutstanding;
    int gateways = 1;
    int replicas = 2;         // of each stage
    double service_s = 0.01;  // of one row, in every replica
    double period_s = 0.1;
    double deadline_s = 30;
    std::int64_t queue_tasks = 1024;
    std::int64_t max_batch_size = 1;
    double shadow_share = 0;
    int poison = -1;  // engines of stage 1 fail on a batch with this row; -1: on none
    std::uint64_t seed = 1;
  };

  explicit MemoryFleet(Options options);
  ~MemoryFleet();

  static std::string NodeName(int stage, int replica);

  ManualLoop& loop() { return loop_; }
  MemoryNetwork& network() { return network_; }
  GatewayCore& gateway(int index);
  NodeCore& node(const std::string& name);
  bool alive(const std::string& name) const;

  void Kill(const std::string& name);
  void Start(const std::string& name);
  // As after a crash of the gateway; its open questions stay unanswered.
  void RestartGateway(int index);
  void SetService(const std::string& name, double service_s);

  // Sends `rows` through gateway `index`; the reply is kept under the returned number.
  int Ask(int index, const std::vector<std::uint8_t>& rows, bool early_exit = true);
  const std::vector<std::uint8_t>& question(int number) const;
  // Null while there is none. A second reply to the same question fails the test.
  const InferenceReply* reply(int number) const;
  std::size_t unanswered() const;

 private:
  struct Node;
  struct Gateway;
  struct Question {
    std::vector<std::uint8_t> rows;
    std::unique_ptr<InferenceReply> reply;
  };

  void StartGateway(int index);
  std::vector<std::string> NamesOf(int stage) const;

  const Options options_;
  const Bundle bundle_;
  ManualClock clock_;
  ManualLoop loop_;
  MemoryNetwork network_;
  std::map<std::string, double> service_s_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Gateway>> gateways_;
  std::vector<Question> questions_;
};

}  // namespace offramp
