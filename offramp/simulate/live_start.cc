// How dto-ee begins in a simulation: from its plan, with the prices that go with it.
#include <algorithm>
#include <utility>

#include "offramp/simulate/live_router.h"

namespace offramp {

namespace {

// As many as the gain curves need to have settled, and prices to travel all the way.
constexpr int kPlannedRounds = 24;

}  // namespace

void LiveRouter::Prime(const Problem& problem) {
  const std::vector<int> node_of = ProblemIndex(scenario_, problem);
  Strategy strategy;
  strategy.share.assign(static_cast<std::size_t>(problem.link_count()), 0.0);
  strategy.threshold.assign(static_cast<std::size_t>(problem.node_count()), kNeverExit);
  // By link of the network: the problem's.
  std::vector<int> link_of(flat_.share.size());
  for (int part = 0; part < network_.parts(); ++part) {
    const int node = node_of[static_cast<std::size_t>(part)];
    strategy.threshold[static_cast<std::size_t>(node)] =
        flat_.threshold[static_cast<std::size_t>(part)];
    for (int l = network_.first_out(part); l < network_.first_out(part + 1); ++l) {
      const int to = node_of[network_.link(l).to];
      int found = problem.first_link(node);
      while (problem.link(found).to != to) ++found;
      link_of[static_cast<std::size_t>(l)] = found;
      strategy.share[static_cast<std::size_t>(found)] = flat_.share[static_cast<std::size_t>(l)];
    }
  }

  Evaluator evaluator;
  const Evaluation& plan = evaluator.Evaluate(problem, strategy);
  std::vector<AgentMeasurement> predicted(parts_.size());
  for (int part = 0; part < network_.parts(); ++part) {
    const auto node = static_cast<std::size_t>(node_of[static_cast<std::size_t>(part)]);
    AgentMeasurement& measured = predicted[static_cast<std::size_t>(part)];
    const ProblemNode& at = problem.node(static_cast<int>(node));
    if (at.stage > 0) measured.service_s = 1 / at.service_rate_per_s;
    measured.congestion = at.congestion;
    measured.arrival_rate_per_s = plan.arrival_rate_per_s[node];
    measured.outflow_per_s = plan.outflow_per_s[node];
    measured.accuracy_weight_s = objective_.accuracy_weight_s;
    for (const int l : network_.in_links(part)) {
      measured.inflow_per_s.push_back(
          plan.link_flow_per_s[static_cast<std::size_t>(link_of[static_cast<std::size_t>(l)])]);
    }
    std::vector<double> shares;
    for (int l = network_.first_out(part); l < network_.first_out(part + 1); ++l) {
      const auto link = static_cast<std::size_t>(link_of[static_cast<std::size_t>(l)]);
      measured.flow_per_s.push_back(plan.link_flow_per_s[link]);
      measured.transfer_s.push_back(problem.link(static_cast<int>(link)).transfer_s);
      shares.push_back(flat_.share[static_cast<std::size_t>(l)]);
    }
    At(part).BeginWith(shares, flat_.threshold[static_cast<std::size_t>(part)]);
  }

  std::vector<int> by_stage(parts_.size());
  for (std::size_t part = 0; part < by_stage.size(); ++part)
    by_stage[part] = static_cast<int>(part);
  std::stable_sort(by_stage.begin(), by_stage.end(),
                   [this](int a, int b) { return network_.stage(a) > network_.stage(b); });
  for (int round = 0; round < kPlannedRounds; ++round) {
    for (const int part : by_stage) {
      LivePart& at = At(part);
      AgentMeasurement measured = predicted[static_cast<std::size_t>(part)];
      // Made anew each round: kept, it would be most of a large simulation's memory.
      const double rate = measured.arrival_rate_per_s;
      if (at.sees_rows() && rate > 0) {
        for (const float row : evaluator.row_rate(node_of[static_cast<std::size_t>(part)])) {
          measured.row_mix.push_back(row / static_cast<float>(rate));
        }
      }
      at.BeginPlannedRound(std::move(measured));
      const std::span<const int> in = network_.in_links(part);
      for (std::size_t i = 0; i < in.size(); ++i) {
        const AgentMessage message = at.MessageTo(static_cast<int>(i));
        if (message.stage == 0) continue;
        At(static_cast<int>(network_.link(in[i]).from)).OnAgentMessage(SlotOf(in[i]), message);
      }
    }
    for (LivePart& at : parts_) at.EndPlannedRound();
  }
}

}  // namespace offramp
