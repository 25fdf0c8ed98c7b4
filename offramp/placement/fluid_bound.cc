#include "offramp/placement/fluid_bound.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/tools/minima.hpp>

#include "offramp/core/queue_model.h"

namespace offramp {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr int kWeightSteps = 14;
constexpr int kWeightRounds = 40;
constexpr int kBits = 24;  // of a step's precision

// What one way of running all tasks comes to, in units of tasks/s.
struct Mix {
  std::vector<double> load;   // rho by machine
  double transfers = 0;       // tasks under way
  double right = 0;           // right answers a second
  std::vector<double> reach;  // tasks/s by segment

  Mix(std::size_t machines, std::size_t segments) : load(machines, 0), reach(segments, 0) {}

  void MoveTowards(const Mix& other, double step) {
    const auto blend = [step](double& mine, double his) { mine += step * (his - mine); };
    for (std::size_t m = 0; m < load.size(); ++m) blend(load[m], other.load[m]);
    for (std::size_t s = 0; s < reach.size(); ++s) blend(reach[s], other.reach[s]);
    blend(transfers, other.transfers);
    blend(right, other.right);
  }
};

class Relaxation {
 public:
  Relaxation(const PlacementTask& task, const ThresholdGrid& grid, double weight_s)
      : task_(task),
        grid_(grid),
        weight_s_(weight_s),
        machines_(static_cast<std::size_t>(task.machine_count())),
        segments_(task.model().segments.size()) {
    // Only vectors that no other beats in work at every stage and in accuracy would be needed; the
    // grid is small enough as it is.
    for (std::size_t s = 0; s < segments_; ++s) {
      const int segment = static_cast<int>(s);
      const StageNeed need = task.Stage(segment, segment + 1);
      const std::int64_t bytes = task.BytesInto(segment);
      for (std::size_t to = 0; to < machines_; ++to) {
        const int m = static_cast<int>(to);
        const bool holds = need.memory_bytes <= task.machine(m).memory_bytes;
        work_.push_back(holds ? need.gflops / task.machine(m).gflops_per_s : kInfinite);
        for (std::size_t from = 0; from < machines_; ++from) {
          hop_.push_back(task.TransferSeconds(bytes, static_cast<int>(from), m));
        }
      }
    }
  }

  double Value(const Mix& mix) const {
    double tasks = mix.transfers - weight_s_ * mix.right;
    for (const double rho : mix.load) tasks += EvaluateQueue(rho, 1, task_.congestion()).number;
    return tasks;
  }

  // The cheapest way for everybody at the prices of `mix`; returns what the tangent says it costs.
  double Cheapest(const Mix& mix, Mix& way) const {
    std::vector<double> price(machines_);
    double constant = 0;
    for (std::size_t m = 0; m < machines_; ++m) {
      const QueueLoad load = EvaluateQueue(mix.load[m], 1, task_.congestion());
      price[m] = load.marginal_s;
      constant += load.number - mix.load[m] * load.marginal_s;
    }
    std::vector<double> least(task_.sources().size(), kInfinite);
    std::vector<std::size_t> chosen(least.size(), 0);
    for (std::size_t c = 0; c < grid_.size(); ++c) {
      Backward(price, grid_.reach[c]);
      for (std::size_t i = 0; i < least.size(); ++i) {
        const auto from = static_cast<std::size_t>(task_.sources()[i].first);
        const double cost = Enter(0, from, grid_.reach[c]).second - weight_s_ * grid_.accuracy[c];
        if (cost < least[i]) {
          least[i] = cost;
          chosen[i] = c;
        }
      }
    }
    way = Mix(machines_, segments_);
    double total = constant;
    for (std::size_t i = 0; i < least.size(); ++i) {
      const double rate = task_.sources()[i].second;
      total += rate * least[i];
      const std::vector<double>& reach = grid_.reach[chosen[i]];
      Backward(price, reach);
      way.right += rate * grid_.accuracy[chosen[i]];
      auto at = static_cast<std::size_t>(task_.sources()[i].first);
      for (std::size_t s = 0; s < segments_ && reach[s] > 0; ++s) {
        const std::size_t to = Enter(s, at, reach).first;
        way.load[to] += rate * reach[s] * Work(s, to);
        way.transfers += rate * reach[s] * Hop(s, at, to);
        way.reach[s] += rate * reach[s];
        at = to;
      }
    }
    return total;
  }

  std::size_t machines() const { return machines_; }
  std::size_t segments() const { return segments_; }

 private:
  double Work(std::size_t s, std::size_t m) const { return work_[s * machines_ + m]; }
  double Hop(std::size_t s, std::size_t from, std::size_t to) const {
    return hop_[(s * machines_ + to) * machines_ + from];
  }

  // The best machine for segment s of a task that is on `from`, and the cost from there on.
  std::pair<std::size_t, double> Enter(std::size_t s, std::size_t from,
                                       const std::vector<double>& reach) const {
    std::pair<std::size_t, double> best = {0, kInfinite};
    for (std::size_t to = 0; to < machines_; ++to) {
      const double cost = reach[s] * Hop(s, from, to) + onward_[s * machines_ + to];
      if (cost < best.second) best = {to, cost};
    }
    return best;
  }

  // onward_[s, m]: cost of segment s on m and of all that follows. Where nobody comes it is
  // nothing.
  void Backward(const std::vector<double>& price, const std::vector<double>& reach) const {
    onward_.assign(segments_ * machines_, 0);
    for (std::size_t s = segments_; s-- > 0;) {
      for (std::size_t m = 0; m < machines_; ++m) {
        double cost = std::isinf(Work(s, m)) ? kInfinite : reach[s] * Work(s, m) * price[m];
        if (s + 1 < segments_ && !std::isinf(cost)) {
          cost += reach[s + 1] > 0 ? Enter(s + 1, m, reach).second : 0;
        }
        onward_[s * machines_ + m] = cost;
      }
    }
  }

  const PlacementTask& task_;
  const ThresholdGrid& grid_;
  double weight_s_;
  std::size_t machines_;
  std::size_t segments_;
  std::vector<double> work_;  // seconds, by segment and machine; infinite: does not fit
  std::vector<double> hop_;   // by segment, receiver, sender
  mutable std::vector<double> onward_;
};

// Where between two mixes the value is least: it is convex.
double BestStep(const Relaxation& relaxation, const Mix& from, const Mix& to) {
  const auto value = [&](double step) {
    Mix mix = from;
    mix.MoveTowards(to, step);
    return relaxation.Value(mix);
  };
  return boost::math::tools::brent_find_minima(value, 0.0, 1.0, kBits).first;
}

}  // namespace

FluidBound BoundPlacements(const PlacementTask& task, const ThresholdGrid& grid,
                           double accuracy_weight_s, const FluidOptions& options) {
  const Relaxation relaxation(task, grid, accuracy_weight_s);
  Mix mix(relaxation.machines(), relaxation.segments());
  Mix way = mix;
  double bound = relaxation.Cheapest(mix, way);  // at empty machines
  mix = way;
  for (int round = 0; round < options.rounds; ++round) {
    if (options.stop && options.stop()) break;
    bound = std::max(bound, relaxation.Cheapest(mix, way));
    const double tasks = relaxation.Value(mix);
    const double delay = tasks + accuracy_weight_s * mix.right;
    if (tasks - bound <= options.tolerance * delay) break;
    mix.MoveTowards(way, BestStep(relaxation, mix, way));
  }
  const double scale = 1 / task.total_rate_per_s();
  FluidBound result;
  result.lower_bound_s = bound * scale;
  result.accuracy = mix.right * scale;
  result.delay_s = relaxation.Value(mix) * scale + accuracy_weight_s * result.accuracy;
  result.load = mix.load;
  for (const double rate : mix.reach) result.reach.push_back(rate * scale);
  return result;
}

double WeightOf(const PlacementTask& task, const ThresholdGrid& grid, const Objective& objective) {
  if (!objective.steers()) return objective.accuracy_weight_s;
  const FluidOptions quick{.rounds = kWeightRounds, .tolerance = 1e-2};
  const auto at = [&](double weight_s) { return BoundPlacements(task, grid, weight_s, quick); };
  const FluidBound cheapest = at(0);
  const auto enough = [&](const FluidBound& fluid) {
    return objective.min_accuracy ? fluid.accuracy >= *objective.min_accuracy
                                  : fluid.delay_s > *objective.max_mean_delay_s;
  };
  if (enough(cheapest)) return 0;
  // Of ln a, in multiples of the least delay.
  double low = std::log(1e-3 * std::max(cheapest.delay_s, 1e-9));
  double high = std::log(1e4 * std::max(cheapest.delay_s, 1e-9));
  for (int i = 0; i < kWeightSteps; ++i) {
    const double middle = 0.5 * (low + high);
    (enough(at(std::exp(middle))) ? high : low) = middle;
  }
  return std::exp(objective.min_accuracy ? high : low);
}

}  // namespace offramp
