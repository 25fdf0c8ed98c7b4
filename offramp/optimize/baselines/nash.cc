// The game of NGTO: every sender chooses the split that is best for its own tasks, the others'
// splits given, until nobody moves.
#include <algorithm>
#include <cmath>

#include "offramp/core/evaluate.h"
#include "offramp/core/queue_model.h"
#include "offramp/optimize/baselines/baseline.h"

namespace offramp {
namespace {

constexpr int kMostRounds = 200;
constexpr double kStill = 1e-4;  // of a share, in a round
constexpr int kHalvings = 40;

// One receiver as one sender sees it.
struct Option {
  double others_per_s = 0;  // flow of everybody else
  double service_rate_per_s = 1;
  double congestion = 1;
  double fixed_s = 0;  // transfer, and what comes after this stage

  // d(own flow x own delay) / d(own flow).
  double Marginal(double own_per_s) const {
    const double arrivals = std::max(others_per_s + own_per_s, 1e-9);
    const QueueLoad load = EvaluateQueue(arrivals, service_rate_per_s, congestion);
    const double sojourn = load.number / arrivals;
    const double slope = (load.marginal_s - sojourn) / arrivals;
    return fixed_s + sojourn + own_per_s * slope;
  }

  // Own flow in 0..most at which the marginal delay is `price_s`.
  double FlowAt(double price_s, double most) const {
    if (Marginal(0) >= price_s) return 0;
    double low = 0;
    double high = most;
    for (int i = 0; i < kHalvings; ++i) {
      const double flow = 0.5 * (low + high);
      (Marginal(flow) > price_s ? high : low) = flow;
    }
    return 0.5 * (low + high);
  }
};

std::vector<double> BestResponse(const std::vector<Option>& options, double outflow) {
  double low = options[0].Marginal(0);
  double high = low;
  for (const Option& option : options) {
    low = std::min(low, option.Marginal(0));
    high = std::max(high, option.Marginal(outflow));
  }
  std::vector<double> flow(options.size());
  double total = 0;
  for (int i = 0; i < kHalvings; ++i) {
    const double price = 0.5 * (low + high);
    total = 0;
    for (std::size_t k = 0; k < options.size(); ++k) {
      flow[k] = options[k].FlowAt(price, outflow);
      total += flow[k];
    }
    (total > outflow ? high : low) = price;
  }
  for (double& part : flow)
    part = total > 0 ? part / total : 1.0 / static_cast<double>(flow.size());
  return flow;
}

class Game {
 public:
  explicit Game(const BaselineInput& input)
      : problem_(input.problem), strategy_(UniformStrategy(input.problem, 0)) {
    strategy_.threshold = input.threshold;
  }

  Strategy Play() {
    for (int round = 0; round < kMostRounds; ++round) {
      const Evaluation& e = evaluator_.Evaluate(problem_, strategy_);
      arrivals_ = e.arrival_rate_per_s;
      PriceAhead(e);
      // With many players a move answers splits that are moving, too: take part of it.
      const double step = 1 / (1 + 0.02 * round);
      double moved = 0;
      for (int node = 0; node < problem_.first_node(problem_.stages()); ++node) {
        moved = std::max(moved, Move(node, e.outflow_per_s[static_cast<std::size_t>(node)], step));
      }
      if (moved < kStill) break;
    }
    return strategy_;
  }

 private:
  double Sojourn(int node) const {
    const ProblemNode& here = problem_.node(node);
    const double arrivals = std::max(arrivals_[static_cast<std::size_t>(node)], 1e-9);
    return EvaluateQueue(arrivals, here.service_rate_per_s, here.congestion).number / arrivals;
  }

  // ahead_s_: mean delay after a task is done at a node, exits counted as 0.
  void PriceAhead(const Evaluation& e) {
    ahead_s_.assign(static_cast<std::size_t>(problem_.node_count()), 0.0);
    for (int node = problem_.first_node(problem_.stages()) - 1; node >= 0; --node) {
      const auto n = static_cast<std::size_t>(node);
      const double arrivals = e.arrival_rate_per_s[n];
      const double go_on = arrivals > 0 ? e.outflow_per_s[n] / arrivals : 1;
      double hop = 0;
      for (int l = problem_.first_link(node); l < problem_.first_link(node + 1); ++l) {
        const ProblemLink& link = problem_.link(l);
        hop += strategy_.share[static_cast<std::size_t>(l)] *
               (link.transfer_s + Sojourn(link.to) + ahead_s_[static_cast<std::size_t>(link.to)]);
      }
      ahead_s_[n] = go_on * hop;
    }
  }

  // The largest change of one of its shares.
  double Move(int node, double outflow, double step) {
    if (outflow <= 0) return 0;
    const int first = problem_.first_link(node);
    std::vector<Option> options;
    for (int l = first; l < problem_.first_link(node + 1); ++l) {
      const ProblemLink& link = problem_.link(l);
      const ProblemNode& to = problem_.node(link.to);
      const auto k = static_cast<std::size_t>(link.to);
      const double own = outflow * strategy_.share[static_cast<std::size_t>(l)];
      options.push_back({.others_per_s = std::max(arrivals_[k] - own, 0.0),
                         .service_rate_per_s = to.service_rate_per_s,
                         .congestion = to.congestion,
                         .fixed_s = link.transfer_s + ahead_s_[k]});
    }
    const std::vector<double> best = BestResponse(options, outflow);
    double moved = 0;
    for (std::size_t k = 0; k < best.size(); ++k) {
      double& share = strategy_.share[static_cast<std::size_t>(first) + k];
      const double change = step * (best[k] - share);
      share += change;
      // Whoever moves next sees it.
      const int to = problem_.link(first + static_cast<int>(k)).to;
      arrivals_[static_cast<std::size_t>(to)] += outflow * change;
      moved = std::max(moved, std::abs(change));
    }
    return moved;
  }

  const Problem& problem_;
  Strategy strategy_;
  Evaluator evaluator_;
  std::vector<double> arrivals_;  // by node, kept up to date within a round
  std::vector<double> ahead_s_;   // by node
};

}  // namespace

Strategy Nash(const BaselineInput& input) { return Game(input).Play(); }

}  // namespace offramp
