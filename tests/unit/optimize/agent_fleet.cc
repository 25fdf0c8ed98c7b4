#include "tests/unit/optimize/agent_fleet.h"

#include <algorithm>
#include <cmath>

namespace offramp {
namespace {

int PoissonCount(double mean, Random& random) {
  int count = 0;
  for (double t = random.Exponential(1); t < mean; t += random.Exponential(1)) ++count;
  return count;
}

}  // namespace

AgentFleet::AgentFleet(Problem problem, DtoEeOptions options, std::uint64_t seed,
                       FleetFaults faults)
    : problem_(std::move(problem)),
      faults_(faults),
      random_(seed),
      alive_(static_cast<std::size_t>(problem_.node_count()), true),
      link_rate_(static_cast<std::size_t>(problem_.link_count()), 0.0) {
  options.accuracy_weight_s = problem_.accuracy_weight_s();
  for (int n = 0; n < problem_.node_count(); ++n) {
    agents_.emplace_back(problem_.node(n).stage, static_cast<int>(problem_.links_to(n).size()),
                         problem_.first_link(n + 1) - problem_.first_link(n), problem_.profile(),
                         options);
  }
}

Strategy AgentFleet::strategy() const {
  Strategy strategy;
  for (const DtoEeAgent& agent : agents_) {
    strategy.share.insert(strategy.share.end(), agent.shares().begin(), agent.shares().end());
    strategy.threshold.push_back(agent.threshold());
  }
  return strategy;
}

double AgentFleet::Objective() { return Evaluate().objective_s; }

double AgentFleet::Run(int rounds) {
  for (int r = 0; r < rounds; ++r) Round();
  return Objective();
}

// One task: a random row, receivers drawn by the shares, exits by the thresholds.
void AgentFleet::Walk(int source) {
  const ExitProfile* profile = problem_.profile().get();
  const auto row = static_cast<std::size_t>(random_.Below(problem_.rows()));
  int node = source;
  while (true) {
    const DtoEeAgent& here = agent(node);
    const int stage = problem_.node(node).stage;
    if (stage == problem_.stages()) return;
    if (profile != nullptr && problem_.has_exit(stage) &&
        static_cast<double>(profile->confidence(stage)[row]) >= here.threshold()) {
      return;
    }
    double left = random_.Uniform();
    std::size_t k = 0;
    while (k + 1 < here.shares().size() && left >= here.shares()[k]) left -= here.shares()[k++];
    const int link = problem_.first_link(node) + static_cast<int>(k);
    link_tasks_[static_cast<std::size_t>(link)] += 1;
    node = problem_.link(link).to;
  }
}

void AgentFleet::CountTasks() {
  link_tasks_.assign(link_rate_.size(), 0.0);
  for (int source = 0; source < problem_.first_node(1); ++source) {
    const double mean = problem_.node(source).arrival_rate_per_s * faults_.count_s;
    for (int n = PoissonCount(mean, random_); n > 0; --n) Walk(source);
  }
  const double weight = std::max(1 - std::exp(-faults_.count_s), 1 / static_cast<double>(round_));
  for (std::size_t l = 0; l < link_rate_.size(); ++l) {
    link_rate_[l] += weight * (link_tasks_[l] / faults_.count_s - link_rate_[l]);
  }
}

void AgentFleet::MeasureAll(const Evaluation& e) {
  if (faults_.count_s > 0) CountTasks();
  const std::vector<double>& flow = faults_.count_s > 0 ? link_rate_ : e.link_flow_per_s;
  for (int n = 0; n < problem_.node_count(); ++n) {
    const auto index = static_cast<std::size_t>(n);
    const ProblemNode& node = problem_.node(n);
    AgentMeasurement m;
    if (node.stage > 0) {
      m.service_s = 1 / node.service_rate_per_s;
      m.congestion = node.congestion;
      for (const int l : problem_.links_to(n)) {
        m.inflow_per_s.push_back(flow[static_cast<std::size_t>(l)]);
        m.arrival_rate_per_s += m.inflow_per_s.back();
      }
      if (m.arrival_rate_per_s > 0 && problem_.profile() && e.arrival_rate_per_s[index] > 0) {
        const auto scale = static_cast<float>(1 / e.arrival_rate_per_s[index]);
        for (const float rate : evaluator_.row_rate(n)) m.row_mix.push_back(rate * scale);
      }
    }
    for (int l = problem_.first_link(n); l < problem_.first_link(n + 1); ++l) {
      m.flow_per_s.push_back(flow[static_cast<std::size_t>(l)]);
      m.outflow_per_s += m.flow_per_s.back();
      m.transfer_s.push_back(problem_.link(l).transfer_s);
      m.receiver_alive.push_back(alive_[static_cast<std::size_t>(problem_.link(l).to)]);
    }
    if (node.stage == 0) m.arrival_rate_per_s = m.outflow_per_s;
    agents_[index].Measure(std::move(m));
  }
}

void AgentFleet::Write(int node) {
  const std::span<const int> in = problem_.links_to(node);
  for (std::size_t i = 0; i < in.size(); ++i) {
    AgentMessage message =
        agents_[static_cast<std::size_t>(node)].MessageTo(static_cast<int>(i), round_);
    if (message.stage == 0 || random_.Chance(faults_.loss)) continue;
    const auto late = random_.Below(static_cast<std::uint64_t>(faults_.age) + 1);
    const int from = problem_.link(in[i]).from;
    letters_.push_back({.due = round_ + late,
                        .to = from,
                        .receiver = in[i] - problem_.first_link(from),
                        .message = std::move(message)});
  }
}

void AgentFleet::Deliver() {
  const auto due = [&](const Letter& letter) { return letter.due <= round_; };
  for (const Letter& letter : letters_) {
    if (!due(letter)) continue;
    agents_[static_cast<std::size_t>(letter.to)].Receive(letter.receiver, letter.message, round_);
  }
  std::erase_if(letters_, due);
}

const Evaluation& AgentFleet::Round() {
  ++round_;
  const Evaluation& evaluation = evaluator_.Evaluate(problem_, strategy());
  MeasureAll(evaluation);
  std::vector<bool> awake = alive_;
  for (std::size_t n = 0; n < awake.size(); ++n) {
    awake[n] = awake[n] && (faults_.active >= 1 || random_.Chance(faults_.active));
  }
  // A stage writes after it has heard its receivers.
  for (int h = problem_.stages(); h > 0; --h) {
    for (int n = problem_.first_node(h); n < problem_.first_node(h + 1); ++n) {
      if (awake[static_cast<std::size_t>(n)]) Write(n);
    }
    Deliver();
  }
  for (int n = 0; n < problem_.first_node(problem_.stages()); ++n) {
    if (awake[static_cast<std::size_t>(n)]) agent(n).Update(round_, random_);
  }
  return evaluation;
}

}  // namespace offramp
