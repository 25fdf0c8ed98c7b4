#include "offramp/optimize/dto_ee.h"

#include <utility>

#include "offramp/base/check.h"

namespace offramp {

DtoEe::DtoEe(Problem problem, DtoEeRunOptions options)
    : problem_(std::move(problem)),
      options_(std::move(options)),
      random_(options_.seed),
      share_(problem_.profile().get()),
      alive_(static_cast<std::size_t>(problem_.node_count()), true) {
  options_.agent.accuracy_weight_s = problem_.accuracy_weight_s();
  agents_.reserve(alive_.size());
  for (int n = 0; n < problem_.node_count(); ++n) {
    agents_.emplace_back(problem_.node(n).stage, static_cast<int>(problem_.links_to(n).size()),
                         problem_.first_link(n + 1) - problem_.first_link(n), problem_.profile(),
                         options_.agent, &share_);
  }
}

void DtoEe::Start(const Strategy& strategy) {
  OFFRAMP_CHECK(CheckStrategy(problem_, strategy).ok(), "a strategy of this problem");
  for (int n = 0; n < problem_.node_count(); ++n) {
    const auto begin = strategy.share.begin() + problem_.first_link(n);
    const auto end = strategy.share.begin() + problem_.first_link(n + 1);
    agent(n).Start({begin, end}, strategy.threshold[static_cast<std::size_t>(n)]);
  }
}

const Evaluation& DtoEe::Round() {
  ++round_;
  const Evaluation& evaluation = Evaluate();
  MeasureAll(evaluation);
  std::vector<bool> awake = alive_;
  for (std::size_t n = 0; n < awake.size(); ++n) {
    awake[n] = awake[n] && (options_.faults.active >= 1 || random_.Chance(options_.faults.active));
  }
  ReceiversSpeak(awake);
  OffloadersMove(awake);
  return evaluation;
}

Strategy DtoEe::strategy() const {
  Strategy strategy;
  strategy.share.reserve(static_cast<std::size_t>(problem_.link_count()));
  strategy.threshold.reserve(agents_.size());
  for (const DtoEeAgent& agent : agents_) {
    strategy.share.insert(strategy.share.end(), agent.shares().begin(), agent.shares().end());
    strategy.threshold.push_back(agent.threshold());
  }
  return strategy;
}

const Evaluation& DtoEe::Evaluate() { return evaluator_.Evaluate(problem_, strategy()); }

AgentMeasurement DtoEe::MeasurementOf(int n, const Evaluation& e) const {
  const ProblemNode& node = problem_.node(n);
  AgentMeasurement m;
  m.accuracy_weight_s = problem_.accuracy_weight_s();
  if (node.stage > 0) {
    m.service_s = 1 / node.service_rate_per_s;
    m.congestion = node.congestion;
    for (const int l : problem_.links_to(n)) {
      m.inflow_per_s.push_back(e.link_flow_per_s[static_cast<std::size_t>(l)]);
      m.arrival_rate_per_s += m.inflow_per_s.back();
    }
    const double arrivals = e.arrival_rate_per_s[static_cast<std::size_t>(n)];
    if (problem_.profile() && arrivals > 0 && node.stage < problem_.stages()) {
      const std::span<const float> rate = evaluator_.row_rate(n);
      const auto scale = static_cast<float>(1 / arrivals);
      m.row_mix.reserve(rate.size());
      for (const float value : rate) m.row_mix.push_back(value * scale);
    }
  }
  for (int l = problem_.first_link(n); l < problem_.first_link(n + 1); ++l) {
    m.flow_per_s.push_back(e.link_flow_per_s[static_cast<std::size_t>(l)]);
    m.outflow_per_s += m.flow_per_s.back();
    m.transfer_s.push_back(problem_.link(l).transfer_s);
    m.receiver_alive.push_back(alive_[static_cast<std::size_t>(problem_.link(l).to)]);
  }
  if (node.stage == 0) m.arrival_rate_per_s = m.outflow_per_s;
  return m;
}

void DtoEe::MeasureAll(const Evaluation& evaluation) {
  for (int n = 0; n < problem_.node_count(); ++n) {
    AgentMeasurement measurement = MeasurementOf(n, evaluation);
    if (options_.measured) options_.measured(n, measurement);
    agent(n).Measure(std::move(measurement));
  }
}

void DtoEe::ReceiversSpeak(const std::vector<bool>& awake) {
  for (int stage = problem_.stages(); stage > 0; --stage) {
    for (int n = problem_.first_node(stage); n < problem_.first_node(stage + 1); ++n) {
      if (awake[static_cast<std::size_t>(n)]) Speak(n);
    }
    Deliver();
  }
}

void DtoEe::OffloadersMove(const std::vector<bool>& awake) {
  for (int n = 0; n < problem_.first_node(problem_.stages()); ++n) {
    if (awake[static_cast<std::size_t>(n)]) agent(n).Update(round_, random_);
  }
}

void DtoEe::Speak(int node) {
  const std::span<const int> in = problem_.links_to(node);
  std::vector<AgentMessage> messages = agent(node).Messages(round_);
  for (std::size_t i = 0; i < in.size(); ++i) {
    AgentMessage& message = messages[i];
    if (message.stage == 0 || random_.Chance(options_.faults.loss)) continue;
    const int from = problem_.link(in[i]).from;
    Post(from, in[i] - problem_.first_link(from), std::move(message));
  }
}

void DtoEe::Post(int to, int receiver, AgentMessage message) {
  const auto late = random_.Below(static_cast<std::uint64_t>(options_.faults.age) + 1);
  if (late == 0) {
    agent(to).Receive(receiver, message, round_);
  } else {
    letters_.push_back(
        {.due = round_ + late, .to = to, .receiver = receiver, .message = std::move(message)});
  }
}

void DtoEe::Deliver() {
  const auto due = [&](const Letter& letter) { return letter.due <= round_; };
  for (const Letter& letter : letters_) {
    if (due(letter)) agent(letter.to).Receive(letter.receiver, letter.message, round_);
  }
  std::erase_if(letters_, due);
}

}  // namespace offramp
