#include <algorithm>
#include <cmath>

#include "offramp/optimize/agent_state.h"
#include "offramp/optimize/visit_cost.h"

namespace offramp {
namespace {

constexpr double kQuorum = 0.99;  // of the flow must have answered the last change
constexpr std::uint64_t kMostRoundsToWait = 16;
constexpr double kDisturbance = 0.2;     // relative change of the outflow
constexpr double kLeap = 2;              // of the outflow: live shares are then looked for anew
constexpr double kForget = 5;            // 1: a plain mean
constexpr std::uint64_t kPlanned = 500;  // calm updates that shares to begin with are worth
constexpr double kJumpChance = 0.4;
constexpr std::uint64_t kJumpsAfter = 10;  // updates
// A cold fleet first lets nearly everything go on for a few updates: thresholds that come down
// together, each seeing what the later ones then cost, end in better optima than thresholds that
// rise one by one (U has several).
constexpr std::uint64_t kHighUpdates = 4;
constexpr double kHighThreshold = 0.95F;
constexpr std::uint64_t kCurveAfter = 20;  // updates
constexpr double kLeastOutflow = 1e-9;     // tasks/s
constexpr double kLeastMeasuredOutflow = 1e-3;

// What the cap of live use hides of a receiver's own price. The cap keeps one slow node from
// swinging routing several stages up; whoever sends to it directly must see all of it, or would
// not leave it.
double BeyondCap(const AgentMessage& message) {
  return std::max(message.own_marginal_s - message.visit_delay_s[0], 0.0);
}

}  // namespace

void DtoEeAgent::State::Update(std::uint64_t round, Random& random) {
  const std::vector<int> live = Live(round);
  isolated = live.empty();
  if (isolated) {
    excess_share = 0;
    return;
  }
  NoteOverload(live);
  if (WaitForEcho(live, round)) return;
  changed = round;
  ++updates;
  NoteDisturbance(live);

  const std::vector<double> split = SharesInUse(live);
  PriceReceivers(live, round);
  const std::vector<LinkModel> links = ModelLinks(live, split);
  const double least = options.measured_flows ? kLeastMeasuredOutflow : kLeastOutflow;
  const std::vector<double> x = EqualizeMarginals(links, std::max(measured.outflow_per_s, least));
  if (exit) StepThreshold(live, split, random);
  Decide(live, split, x);
}

bool DtoEeAgent::State::WaitForEcho(const std::vector<int>& live, std::uint64_t round) {
  echoed.assign(live.size(), false);
  if (options.measured_flows) return false;
  double answered = 0;
  double total = 0;
  for (std::size_t n = 0; n < live.size(); ++n) {
    echoed[n] = updates == 0 || MessageOf(live[n]).stamp > changed;
    const double share = shares[static_cast<std::size_t>(live[n])];
    total += share;
    if (echoed[n]) answered += share;
  }
  // Flow that a failed receiver held will never be answered: it does not count.
  return updates > 0 && round < changed + kMostRoundsToWait && answered < kQuorum * total;
}

void DtoEeAgent::State::NoteDisturbance(const std::vector<int>& live) {
  const double outflow = std::max(measured.outflow_per_s, kLeastOutflow);
  const bool leap = std::abs(outflow - usual_outflow) > kDisturbance * usual_outflow;
  if (updates == 1 || leap || live != known) {
    momentum.Restart();
    usual_outflow = outflow;
  }
  usual_outflow += kDisturbance * (outflow - usual_outflow);
  const bool doubled = outflow > kLeap * steady_outflow || steady_outflow > kLeap * outflow;
  if (updates == 1 || live != known || (measured.outflow_leapt && doubled)) {
    calm = updates == 1 && !cold ? kPlanned : 0;
    steady_outflow = outflow;
  }
  ++calm;
  steady_outflow += ShareStep() * (outflow - steady_outflow);
  known = live;
}

// All the way after a disturbance, then less and less: shares are a mean of what the steps since
// said, with more weight on the later ones.
double DtoEeAgent::State::ShareStep() const {
  return std::max(options.share_step, kForget / (static_cast<double>(calm) + kForget - 1));
}

double DtoEeAgent::State::PriceForAlike(int k, std::uint64_t round) {
  const AgentMessage& message = MessageOf(k);
  std::vector<double> key = {weight_s()};
  key.insert(key.end(), message.visit_delay_s.begin(), message.visit_delay_s.end());
  key.insert(key.end(), message.thresholds.begin(), message.thresholds.end());
  // By whoever is furthest: live, agents count their own rounds, and idle ones make fewer.
  if (work->round < round) {
    work->mean_cost_s.clear();
    work->round = round;
  }
  const auto [entry, added] = work->mean_cost_s.try_emplace(std::move(key), 0.0);
  if (added) {
    VisitCostRows(message, *profile, weight_s(), work->outgoing);
    entry->second = Total(work->outgoing) / static_cast<double>(profile->rows());
  }
  return entry->second;
}

void DtoEeAgent::State::PriceReceivers(const std::vector<int>& live, std::uint64_t round) {
  if (!profile) {
    for (const int k : live) {
      double sum = 0;
      for (const double visit : MessageOf(k).visit_delay_s) sum += visit;
      mean_cost_s[static_cast<std::size_t>(k)] = sum;
    }
    return;
  }
  if (work->shared && !exit && measured.row_mix.empty()) {
    for (const int k : live) mean_cost_s[static_cast<std::size_t>(k)] = PriceForAlike(k, round);
    return;
  }
  const std::span<const float> mix = Mix();
  std::vector<float>& outgoing = work->outgoing;
  outgoing.assign(mix.begin(), mix.end());
  if (exit) {
    const std::span<const float> confidence = profile->confidence(stage);
    const auto c = static_cast<float>(threshold);
    for (std::size_t r = 0; r < outgoing.size(); ++r) {
      outgoing[r] = confidence[r] < c ? outgoing[r] : 0.0F;
    }
  }
  double total = Total(outgoing);
  // Next to nothing goes on: price what would.
  if (!(total > 1e-3 * Total(mix))) {
    outgoing.assign(mix.begin(), mix.end());
    total = Total(outgoing);
  }
  work->cost_s.resize(std::max(work->cost_s.size(), static_cast<std::size_t>(receivers)));
  for (const int k : live) {
    std::vector<float>& z = work->cost_s[static_cast<std::size_t>(k)];
    VisitCostRows(MessageOf(k), *profile, weight_s(), z);
    mean_cost_s[static_cast<std::size_t>(k)] = WeightedSum(outgoing, z) / total;
  }
}

std::vector<LinkModel> DtoEeAgent::State::ModelLinks(const std::vector<int>& live,
                                                     const std::vector<double>& split) const {
  const double outflow = std::max(measured.outflow_per_s, kLeastOutflow);
  std::vector<LinkModel> links;
  for (std::size_t n = 0; n < live.size(); ++n) {
    const auto k = static_cast<std::size_t>(live[n]);
    const AgentMessage& message = MessageOf(live[n]);
    // Without an echo the step starts from the flow at which the message was made.
    links.push_back({.flow = echoed[n] ? outflow * split[n] : message.flow,
                     .marginal_s = measured.transfer_s[k] + mean_cost_s[k] + BeyondCap(message),
                     .weight = message.weight,
                     .curvature = message.curvature,
                     .headroom = message.headroom,
                     .excess = message.excess});
  }
  return links;
}

void DtoEeAgent::State::StepThreshold(const std::vector<int>& live,
                                      const std::vector<double>& split, Random& random) {
  OutflowModel model;
  model.any_distance =
      !options.measured_flows && updates > kJumpsAfter && random.Chance(kJumpChance);
  double q = 0;
  std::vector<float>& going_on_s = work->going_on_s;
  going_on_s.assign(profile->rows(), 0.0F);
  for (std::size_t n = 0; n < live.size(); ++n) {
    const auto k = static_cast<std::size_t>(live[n]);
    const AgentMessage& message = MessageOf(live[n]);
    const double p = split[n];
    const double w = model.any_distance ? 1.0 : message.weight;
    model.outflow_per_s += message.flow;
    model.extra_price_s += p * BeyondCap(message);
    model.curvature += p * p / w * message.curvature;
    q += p * p * p / (w * w) * message.curvature / message.headroom;
    const auto share = static_cast<float>(p);
    const auto transfer = static_cast<float>(measured.transfer_s[k]);
    const std::vector<float>& cost = work->cost_s[k];
    for (std::size_t r = 0; r < going_on_s.size(); ++r) {
      going_on_s[r] += share * (transfer + cost[r]);
    }
  }
  model.headroom = model.curvature / std::max(q, 1e-300);
  if (cold && !options.measured_flows && updates <= kHighUpdates) {
    threshold = std::max(threshold, kHighThreshold);
    return;
  }
  exit->Prepare(Mix(), going_on_s, weight_s());
  threshold = exit->BestThreshold(model, measured.arrival_rate_per_s, threshold);
  if (updates >= kCurveAfter) curve = exit->Curve();
}

void DtoEeAgent::State::Decide(const std::vector<int>& live, const std::vector<double>& split,
                               const std::vector<double>& x) {
  const auto size = static_cast<std::size_t>(receivers);
  std::vector<double> target(size, 0.0);
  for (std::size_t n = 0; n < live.size(); ++n) target[static_cast<std::size_t>(live[n])] = x[n];
  if (options.momentum) {
    target = momentum.Step(std::move(target));
  }
  if (const double step = ShareStep(); step < 1) {
    for (std::size_t k = 0; k < size; ++k) target[k] = shares[k] + step * (target[k] - shares[k]);
  }

  double average = 0;
  double downstream = 0;  // mean over the heard ones
  std::vector<bool> heard(size, false);
  for (std::size_t n = 0; n < live.size(); ++n) {
    const auto k = static_cast<std::size_t>(live[n]);
    const AgentMessage& message = MessageOf(live[n]);
    heard[k] = true;
    decision.weight[k] = message.weight;
    decision.downstream_cost_s[k] = mean_cost_s[k] - message.visit_delay_s[0];
    downstream += decision.downstream_cost_s[k] / static_cast<double>(live.size());
    average += split[n] * (measured.transfer_s[k] + mean_cost_s[k]);
  }
  decision.average_cost_s = average;

  double total = 0;
  for (std::size_t k = 0; k < size; ++k) {
    if (measured.receiver_alive[k]) target[k] = std::max(target[k], options.probe_share);
    // Just come and not heard yet: as good as the others, or it would never be tried.
    if (!heard[k]) decision.downstream_cost_s[k] = downstream;
    total += target[k];
  }
  for (double& share : target) share /= total;
  shares = std::move(target);
  decision.share = shares;
}

void DtoEeAgent::State::NoteOverload(const std::vector<int>& live) {
  double excess = 0;
  double inflow = 0;
  excess_share = 0;
  for (const int k : live) {
    const AgentMessage& message = MessageOf(k);
    if (message.excess <= 0) return;
    excess += message.weight * message.excess;
    inflow += message.flow;
  }
  excess_share = std::min(excess / std::max(inflow, excess), 1.0);
}

}  // namespace offramp
