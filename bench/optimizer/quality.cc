// What the numbers are worth: certified gap, prediction against an evaluation in double precision,
// and agents that count single tasks.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "bench/optimizer/figures.h"
#include "offramp/core/queue_model.h"
#include "offramp/optimize/certificate.h"
#include "offramp/optimize/counted_flows.h"

namespace offramp::bench {
namespace {

struct Exact {
  double mean_delay_s = 0;
  double accuracy = 0;
};

// The definition, row by row in double precision and nothing else.
Exact EvaluateInDouble(const Problem& problem, const Strategy& strategy) {
  const std::size_t rows = problem.rows();
  std::vector<double> arrivals(static_cast<std::size_t>(problem.node_count()), 0.0);
  std::vector<double> flow(static_cast<std::size_t>(problem.link_count()), 0.0);
  std::vector<double> rate(arrivals.size());
  double right = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    std::fill(rate.begin(), rate.end(), 0.0);
    for (int n = 0; n < problem.node_count(); ++n) {
      const auto node = static_cast<std::size_t>(n);
      const int stage = problem.node(n).stage;
      if (stage == 0) {
        rate[node] = problem.node(n).arrival_rate_per_s / static_cast<double>(rows);
      }
      arrivals[node] += rate[node];
      const bool last = stage == problem.stages();
      const bool leaves = last || (problem.has_exit(stage) &&
                                   static_cast<double>(problem.profile()->confidence(stage)[r]) >=
                                       strategy.threshold[node]);
      if (leaves) {
        if (problem.profile()) {
          right += rate[node] * static_cast<double>(problem.profile()->correct(stage)[r]);
        }
        continue;
      }
      for (int l = problem.first_link(n); l < problem.first_link(n + 1); ++l) {
        const double part = rate[node] * strategy.share[static_cast<std::size_t>(l)];
        rate[static_cast<std::size_t>(problem.link(l).to)] += part;
        flow[static_cast<std::size_t>(l)] += part;
      }
    }
  }
  double in_system = 0;
  for (int n = problem.first_node(1); n < problem.node_count(); ++n) {
    const ProblemNode& node = problem.node(n);
    in_system += EvaluateQueue(arrivals[static_cast<std::size_t>(n)], node.service_rate_per_s,
                               node.congestion)
                     .number;
  }
  for (int l = 0; l < problem.link_count(); ++l) {
    in_system += flow[static_cast<std::size_t>(l)] * problem.link(l).transfer_s;
  }
  const double total = problem.total_rate_per_s();
  return {.mean_delay_s = in_system / total, .accuracy = right / total};
}

}  // namespace

void Gaps(std::vector<Case>& suite, bool verbose) {
  std::vector<double> gap(suite.size());
  std::vector<std::string> grid(suite.size());
  Parallel(static_cast<int>(suite.size()), [&](int i) {
    const Case& c = suite[static_cast<std::size_t>(i)];
    const Certificate certificate = Certify(c.problem, c.best);
    const double delay = Evaluator().Evaluate(c.problem, c.best).mean_delay_s;
    gap[static_cast<std::size_t>(i)] = 100 * certificate.gap_s / delay;
    grid[static_cast<std::size_t>(i)] = certificate.grid;
  });
  for (std::size_t i = 0; verbose && i < gap.size(); ++i) {
    std::fprintf(stderr, "%s: gap %.3f %%, %s\n", suite[i].name.c_str(), gap[i], grid[i].c_str());
  }
  Print("certified gap of the best known, % of its delay: median / worst",
        Number(Median(gap)) + " / " + Number(Worst(gap)), "");
}

void Predictions(std::vector<Case>& suite) {
  std::vector<double> delay(suite.size());
  std::vector<double> accuracy(suite.size());
  Parallel(static_cast<int>(suite.size()), [&](int i) {
    const Case& c = suite[static_cast<std::size_t>(i)];
    const Evaluation e = Evaluator().Evaluate(c.problem, c.best);
    const Exact exact = EvaluateInDouble(c.problem, c.best);
    const auto index = static_cast<std::size_t>(i);
    delay[index] = 100 * std::abs(e.mean_delay_s / exact.mean_delay_s - 1);
    accuracy[index] = 100 * std::abs(e.accuracy / exact.accuracy - 1);
  });
  Print("prediction against double precision, %: delay / accuracy, worst",
        Number(Worst(delay)) + " / " + Number(Worst(accuracy)), "0.1");
}

void Measured(std::vector<Case>& suite, bool verbose) {
  constexpr int kRounds = 600;  // of 100 ms: a minute
  constexpr int kLast = 100;
  std::vector<double> excess(suite.size());
  Parallel(static_cast<int>(suite.size()), [&](int i) {
    const Case& c = suite[static_cast<std::size_t>(i)];
    CountedFlows counted(c.problem, 0.1, 5.0, true, 3);
    DtoEe fleet(c.problem, {.agent = DtoEeOptions::Live(c.problem.accuracy_weight_s()),
                            .seed = 7,
                            .faults = {},
                            .measured = [&](int node, AgentMeasurement& measurement) {
                              counted.Apply(c.problem, node, measurement);
                            }});
    double sum = 0;
    for (int r = 0; r < kRounds; ++r) {
      counted.Count(c.problem, fleet.strategy());
      const Evaluation& e = fleet.Round();
      if (r >= kRounds - kLast) sum += Excess(e, c.best_s) / kLast;
    }
    excess[static_cast<std::size_t>(i)] = sum;
  });
  for (std::size_t i = 0; verbose && i < excess.size(); ++i) {
    std::fprintf(stderr, "measured: %s %.2f\n", suite[i].name.c_str(), excess[i]);
  }
  Print("live agents on counted tasks (5 s memory), mean excess after a minute, %: median / worst",
        Number(Median(excess)) + " / " + Number(Worst(excess)), "");
}

}  // namespace offramp::bench
