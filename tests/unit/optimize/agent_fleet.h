// All agents of a Problem in rounds: core/evaluate is the physics, a lossy network carries the
// messages. What a fleet does, without queues, processes or time.
#pragma once

#include <cstdint>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/core/evaluate.h"
#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"
#include "offramp/optimize/dto_ee_agent.h"

namespace offramp {

struct FleetFaults {
  double loss = 0;     // of messages
  int age = 0;         // rounds a message may be late, uniform in 0..age
  double active = 1;   // chance that a node takes part in a round
  double count_s = 0;  // > 0: rates are counted over rounds of this length from single tasks
                       // that walk through the fleet, and smoothed over 1 s
};

class AgentFleet {
 public:
  AgentFleet(Problem problem, DtoEeOptions options, std::uint64_t seed, FleetFaults faults = {});

  // One round of everybody. Returns the evaluation under the decisions that it started with.
  const Evaluation& Round();

  // Runs `rounds` and returns the objective after them.
  double Run(int rounds);

  Strategy strategy() const;
  double Objective();
  const Evaluation& Evaluate() { return evaluator_.Evaluate(problem_, strategy()); }

  // A dead node says nothing and its neighbours know.
  void SetAlive(int node, bool alive) { alive_[static_cast<std::size_t>(node)] = alive; }

  Problem& problem() { return problem_; }
  DtoEeAgent& agent(int node) { return agents_[static_cast<std::size_t>(node)]; }
  std::uint64_t round() const { return round_; }

 private:
  struct Letter {
    std::uint64_t due = 0;
    int to = 0;
    int receiver = 0;  // index of the writer among the addressee's receivers
    AgentMessage message;
  };

  void MeasureAll(const Evaluation& evaluation);
  void Write(int node);
  void Deliver();
  void CountTasks();
  void Walk(int source);

  Problem problem_;
  FleetFaults faults_;
  Random random_;
  Evaluator evaluator_;
  std::vector<DtoEeAgent> agents_;
  std::vector<bool> alive_;
  std::vector<Letter> letters_;
  std::vector<double> link_tasks_;  // counted in this round, by link
  std::vector<double> link_rate_;   // tasks/s, smoothed
  std::uint64_t round_ = 0;
};

}  // namespace offramp
