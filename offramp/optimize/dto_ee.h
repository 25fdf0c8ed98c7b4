// DTO-EE over a whole Problem: every node's agent in rounds, as a fleet would run them, without
// queues, processes or time. core/evaluate is the physics, a network that may lose and delay
// carries the messages. A round (Xie et al., arXiv 2412.08284; algorithm.md sections 3 to 5):
//
//     measure     every node learns the flows that the present strategy causes
//     DTO-R       receivers, last stage first, tell their offloaders what a visit costs
//     DTO-O       offloaders move their shares and thresholds
//
// A stage writes after it has heard its receivers, so prices travel the whole way in one round.
// Deterministic by seed. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/evaluate.h"
#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"
#include "offramp/optimize/dto_ee_agent.h"

namespace offramp {

// What a real network does to the rounds.
struct RoundFaults {
  double loss = 0;    // of messages
  int age = 0;        // rounds that a message may be late, uniform in 0..age
  double active = 1;  // chance that a node takes part in a round
};

struct DtoEeRunOptions {
  DtoEeOptions agent;  // its accuracy weight is the problem's
  std::uint64_t seed = 1;
  RoundFaults faults;
  // Changes what a node measured before its agent sees it, for instance by counting single tasks.
  // Null: nodes measure the truth.
  std::function<void(int node, AgentMeasurement&)> measured;
};

class DtoEe {
 public:
  // Starts cold: uniform shares, thresholds 0.8.
  explicit DtoEe(Problem problem, DtoEeRunOptions options = {});

  // Starts from `strategy` instead. REQUIRES: CheckStrategy.
  void Start(const Strategy& strategy);

  // One round of everybody. Returns the evaluation under the decisions it started with, valid until
  // the next call.
  const Evaluation& Round();

  // The present decisions and their exact evaluation, valid until the next call.
  Strategy strategy() const;
  const Evaluation& Evaluate();
  double Objective() { return Evaluate().objective_s; }

  // A dead node says nothing and its neighbours know.
  void SetAlive(int node, bool alive) { alive_[static_cast<std::size_t>(node)] = alive; }

  // Rates, speeds and transfer times may change between rounds; the shape may not. The accuracy
  // weight reaches the agents with their next measurement.
  Problem& problem() { return problem_; }
  const Problem& problem() const { return problem_; }

  DtoEeAgent& agent(int node) { return agents_[static_cast<std::size_t>(node)]; }
  const Evaluator& evaluator() const { return evaluator_; }
  std::uint64_t round() const { return round_; }

 private:
  struct Letter {
    std::uint64_t due = 0;
    int to = 0;
    int receiver = 0;  // index of the writer among the addressee's receivers
    AgentMessage message;
  };

  void MeasureAll(const Evaluation& evaluation);
  AgentMeasurement MeasurementOf(int node, const Evaluation& evaluation) const;
  void ReceiversSpeak(const std::vector<bool>& awake);
  void OffloadersMove(const std::vector<bool>& awake);
  void Speak(int node);
  void Post(int to, int receiver, AgentMessage message);
  void Deliver();

  Problem problem_;
  DtoEeRunOptions options_;
  Random random_;
  Evaluator evaluator_;
  AgentShare share_;
  std::vector<DtoEeAgent> agents_;
  std::vector<bool> alive_;
  std::vector<Letter> letters_;  // under way
  std::uint64_t round_ = 0;
};

}  // namespace offramp
