// A centralised genetic algorithm over shares and thresholds: tournaments, crossover by sender,
// mutation, the best two survive. The first generation holds even, by-capacity and random splits.
#include <algorithm>
#include <cmath>
#include <utility>

#include "offramp/base/random.h"
#include "offramp/core/evaluate.h"
#include "offramp/optimize/baselines/baseline.h"

namespace offramp {
namespace {

constexpr std::size_t kPopulation = 32;
constexpr std::size_t kElite = 2;
constexpr int kGenerations = 120;
constexpr double kMutation = 0.15;  // chance that a sender's split or a threshold changes

struct Individual {
  Strategy strategy;
  double objective_s = 0;
};

class Evolution {
 public:
  explicit Evolution(const BaselineInput& input)
      : problem_(input.problem), threshold_(input.threshold), random_(input.seed) {}

  Strategy Run() {
    std::vector<Individual> population = First();
    for (int generation = 0; generation < kGenerations; ++generation) {
      Rank(population);
      std::vector<Individual> next(population.begin(), population.begin() + kElite);
      while (next.size() < kPopulation) {
        next.push_back(Judged(Mutate(Cross(Pick(population), Pick(population)))));
      }
      population = std::move(next);
    }
    Rank(population);
    return population.front().strategy;
  }

 private:
  static void Rank(std::vector<Individual>& population) {
    std::stable_sort(
        population.begin(), population.end(),
        [](const Individual& a, const Individual& b) { return a.objective_s < b.objective_s; });
  }

  Individual Judged(Strategy strategy) {
    const double objective = evaluator_.Evaluate(problem_, strategy).objective_s;
    return {.strategy = std::move(strategy), .objective_s = objective};
  }

  std::vector<Individual> First() {
    std::vector<Individual> population;
    for (std::size_t i = 0; i < kPopulation; ++i) {
      Strategy strategy = i % 2 == 0 ? CapacityStrategy(problem_, 0) : UniformStrategy(problem_, 0);
      strategy.threshold = threshold_;
      if (i >= 2) {
        for (double& cut : strategy.threshold) cut = 0.3 + 0.7 * random_.Uniform();
        for (int n = 0; n < problem_.first_node(problem_.stages()); ++n) Shake(n, strategy);
      }
      population.push_back(Judged(std::move(strategy)));
    }
    return population;
  }

  const Strategy& Pick(const std::vector<Individual>& ranked) {
    const std::uint64_t a = random_.Below(kPopulation);
    const std::uint64_t b = random_.Below(kPopulation);
    return ranked[static_cast<std::size_t>(std::min(a, b))].strategy;
  }

  Strategy Cross(const Strategy& a, const Strategy& b) {
    Strategy child = a;
    for (int node = 0; node < problem_.node_count(); ++node) {
      if (random_.Chance(0.5)) continue;
      child.threshold[static_cast<std::size_t>(node)] = b.threshold[static_cast<std::size_t>(node)];
      for (int l = problem_.first_link(node); l < problem_.first_link(node + 1); ++l) {
        child.share[static_cast<std::size_t>(l)] = b.share[static_cast<std::size_t>(l)];
      }
    }
    return child;
  }

  Strategy Mutate(Strategy strategy) {
    for (int node = 0; node < problem_.node_count(); ++node) {
      if (random_.Chance(kMutation)) Shake(node, strategy);
      if (problem_.has_exit(problem_.node(node).stage) && random_.Chance(kMutation)) {
        double& cut = strategy.threshold[static_cast<std::size_t>(node)];
        cut = std::clamp(cut + 0.2 * (random_.Uniform() - 0.5), 0.0, 1.01);
      }
    }
    return strategy;
  }

  // Every share of a sender by a random factor.
  void Shake(int node, Strategy& strategy) {
    const int first = problem_.first_link(node);
    const int end = problem_.first_link(node + 1);
    double total = 0;
    for (int l = first; l < end; ++l) {
      double& share = strategy.share[static_cast<std::size_t>(l)];
      share = std::max(share, 1e-3) * std::exp(1.5 * (random_.Uniform() - 0.5));
      total += share;
    }
    for (int l = first; l < end; ++l) strategy.share[static_cast<std::size_t>(l)] /= total;
  }

  const Problem& problem_;
  const std::vector<double>& threshold_;
  Random random_;
  Evaluator evaluator_;
};

}  // namespace

Strategy Genetic(const BaselineInput& input) { return Evolution(input).Run(); }

}  // namespace offramp
