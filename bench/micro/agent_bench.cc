// What one agent costs its node: a round with 5000 profile rows, 3 receivers, 4 stages (limits:
// Update 0.5 ms, MessageTo 5 us), its row mix, and the exact evaluation of a whole fleet.
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "offramp/base/random.h"
#include "offramp/core/evaluate.h"
#include "offramp/core/exit_profile.h"
#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"
#include "offramp/optimize/dto_ee_agent.h"
#include "offramp/optimize/row_mix.h"
#include "offramp/optimize/tuned_thresholds.h"

namespace offramp {
namespace {

constexpr int kStages = 4;
constexpr std::size_t kRows = 5000;

std::shared_ptr<const ExitProfile> MakeProfile() {
  Random random(1);
  std::vector<std::vector<float>> confidence(kStages);
  std::vector<std::vector<float>> correct(kStages);
  for (std::size_t h = 0; h < kStages; ++h) {
    for (std::size_t r = 0; r < kRows; ++r) {
      const double sure = random.Uniform();
      if (h + 1 < kStages) confidence[h].push_back(static_cast<float>(sure));
      correct[h].push_back(random.Chance(sure) ? 1.0F : 0.0F);
    }
  }
  return std::make_shared<ExitProfile>(std::move(confidence), std::move(correct));
}

// An agent of stage 1 whose three receivers have spoken, after some rounds.
struct Fixture {
  Fixture() : agent(1, 4, 3, MakeProfile(), DtoEeOptions::Live(1)) {
    for (; round < 30; ++round) Round();
  }

  void Round() {
    agent.Measure({.service_s = 0.01,
                   .congestion = 0.3,
                   .arrival_rate_per_s = 60,
                   .outflow_per_s = 30,
                   .inflow_per_s = {15, 15, 15, 15},
                   .flow_per_s = {14, 10, 6},
                   .transfer_s = {0.002, 0.003, 0.004}});
    for (int k = 0; k < 3; ++k) {
      agent.Receive(k,
                    {.stage = 2,
                     .visit_delay_s = {0.02 + 0.01 * k, 0.05, 0.04},
                     .thresholds = {0.8, 0.7},
                     .curvature = 1e-3,
                     .headroom = 20,
                     .weight = 0.5,
                     .flow = 10,
                     .stamp = round,
                     .own_marginal_s = 0.02 + 0.01 * k},
                    round);
    }
    agent.Update(round, random);
  }

  DtoEeAgent agent;
  Random random{1};
  std::uint64_t round = 1;
};

void BM_AgentUpdate(benchmark::State& state) {
  Fixture fixture;
  for (auto _ : state) {
    fixture.agent.Update(fixture.round, fixture.random);
    benchmark::DoNotOptimize(fixture.agent.shares().data());
  }
}
BENCHMARK(BM_AgentUpdate)->Unit(benchmark::kMicrosecond);

void BM_AgentMessageTo(benchmark::State& state) {
  const Fixture fixture;
  for (auto _ : state) benchmark::DoNotOptimize(fixture.agent.MessageTo(1, fixture.round));
}
BENCHMARK(BM_AgentMessageTo)->Unit(benchmark::kMicrosecond);

void BM_RowMixRound(benchmark::State& state) {
  RowMix mix(MakeProfile(), kStages);
  const std::vector<float> survived = {0.8F, 0.7F, 0.9F};
  for (auto _ : state) {
    for (int t = 0; t < 16; ++t) mix.Observe(survived);
    benchmark::DoNotOptimize(mix.Round(0.05).data());
  }
}
BENCHMARK(BM_RowMixRound)->Unit(benchmark::kMicrosecond);

// Four gateways, ten replicas in four stages, everybody linked to all of the next stage.
Problem TenReplicas() {
  const std::vector<std::vector<double>> rates = {{120, 80, 40}, {60, 24, 12}, {50, 26}, {46, 14}};
  std::vector<ProblemNode> nodes;
  std::vector<ProblemLink> links;
  for (int g = 0; g < 4; ++g) nodes.push_back({.arrival_rate_per_s = 30});
  int before = 0;
  for (std::size_t h = 0; h < rates.size(); ++h) {
    const int first = static_cast<int>(nodes.size());
    for (std::size_t j = 0; j < rates[h].size(); ++j) {
      for (int i = before; i < first; ++i) {
        links.push_back({.from = i, .to = static_cast<int>(nodes.size()), .transfer_s = 0.003});
      }
      nodes.push_back({.stage = static_cast<int>(h) + 1, .service_rate_per_s = rates[h][j]});
    }
    before = first;
  }
  return Problem::Create(nodes, links, MakeProfile(), 1).value();
}

void BM_EvaluateTenReplicas(benchmark::State& state) {
  const Problem problem = TenReplicas();
  const Strategy strategy = CapacityStrategy(problem, 0.8);
  Evaluator evaluator;
  for (auto _ : state) {
    benchmark::DoNotOptimize(evaluator.Evaluate(problem, strategy).objective_s);
  }
}
BENCHMARK(BM_EvaluateTenReplicas)->Unit(benchmark::kMicrosecond);

void BM_TuneThresholdsTenReplicas(benchmark::State& state) {
  const Problem problem = TenReplicas();
  for (auto _ : state) benchmark::DoNotOptimize(TuneThresholds(problem).objective_s);
}
BENCHMARK(BM_TuneThresholdsTenReplicas)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace offramp
