#include "offramp/core/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

ProblemNode Source(double rate) { return {.stage = 0, .arrival_rate_per_s = rate}; }

ProblemNode Replica(int stage, double rate) {
  return {.stage = stage, .service_rate_per_s = rate, .congestion = 1};
}

Problem Make(std::vector<ProblemNode> nodes, std::vector<ProblemLink> links,
             std::shared_ptr<const ExitProfile> profile = nullptr, double weight = 1) {
  return Problem::Create(std::move(nodes), std::move(links), std::move(profile), weight).value();
}

TEST(Evaluate, OneQueueIsTheTextbookDelay) {
  // M/M/1 with lambda = 6, mu = 10: 1 / (mu - lambda) = 0.25 s, and 20 ms on the link.
  const Problem problem =
      Make({Source(6), Replica(1, 10)}, {{.from = 0, .to = 1, .transfer_s = 0.02}});
  Evaluator evaluator;
  const Evaluation& e = evaluator.Evaluate(problem, UniformStrategy(problem, 0.8));
  EXPECT_NEAR(e.mean_delay_s, 0.27, 1e-6);
  EXPECT_EQ(e.accuracy, 0);
  EXPECT_NEAR(e.objective_s, e.mean_delay_s, 1e-12);
  EXPECT_NEAR(e.utilization[1], 0.6, 1e-6);
  EXPECT_NEAR(e.max_utilization, 0.6, 1e-6);
  EXPECT_THAT(e.exit_share, testing::ElementsAre(testing::DoubleNear(1, 1e-6)));
}

TEST(Evaluate, CountsExitsAndAnswersByHand) {
  // Four rows; exit 1 at 0.5 answers rows 2 and 3 (one of them rightly), stage 2 answers rows 0 and
  // 1 (both rightly): A = 3/4, half of the tasks reach stage 2.
  const auto profile =
      std::make_shared<ExitProfile>(std::vector<std::vector<float>>{{0.1F, 0.4F, 0.5F, 0.9F}, {}},
                                    std::vector<std::vector<float>>{{0, 0, 0, 1}, {1, 1, 1, 1}});
  const Problem problem =
      Make({Source(8), Replica(1, 20), Replica(2, 10)},
           {{.from = 0, .to = 1, .transfer_s = 0.01}, {.from = 1, .to = 2, .transfer_s = 0.1}},
           profile, 2);
  Evaluator evaluator;
  const Evaluation& e = evaluator.Evaluate(problem, UniformStrategy(problem, 0.5));
  EXPECT_NEAR(e.arrival_rate_per_s[2], 4, 1e-6);
  EXPECT_NEAR(e.accuracy, 0.75, 1e-9);
  const double in_queues = 8.0 / 12 + 4.0 / 6;
  EXPECT_NEAR(e.mean_delay_s, (in_queues + 8 * 0.01 + 4 * 0.1) / 8, 1e-6);
  EXPECT_NEAR(e.objective_s, e.mean_delay_s - 2 * 0.75, 1e-9);
  EXPECT_NEAR(e.exit_share[0], 0.5, 1e-6);
  EXPECT_NEAR(e.exit_share[1], 0.5, 1e-6);
  EXPECT_THAT(std::vector<float>(evaluator.row_rate(2).begin(), evaluator.row_rate(2).end()),
              testing::ElementsAre(8, 8, 0, 0));
}

TEST(Evaluate, ThresholdsThatDifferWithinAStageMakeDifferentMixes) {
  // a lets everything below 0.9 go on, b only what is below 0.2: c sees rows by where they came
  // from, which no single survival rate per exit could say.
  const auto profile =
      std::make_shared<ExitProfile>(std::vector<std::vector<float>>{{0.1F, 0.5F, 0.95F}, {}},
                                    std::vector<std::vector<float>>{{0, 1, 1}, {1, 0, 1}});
  const Problem problem =
      Make({Source(3), Replica(1, 20), Replica(1, 20), Replica(2, 20)},
           {{.from = 0, .to = 1}, {.from = 0, .to = 2}, {.from = 1, .to = 3}, {.from = 2, .to = 3}},
           profile);
  Strategy strategy = UniformStrategy(problem, 0.9);
  strategy.threshold[2] = 0.2;
  Evaluator evaluator;
  const Evaluation& e = evaluator.Evaluate(problem, strategy);
  EXPECT_NEAR(e.link_flow_per_s[2], 1.0, 1e-6);  // a: rows 0, 1
  EXPECT_NEAR(e.link_flow_per_s[3], 0.5, 1e-6);  // b: row 0
  EXPECT_NEAR(evaluator.row_rate(3)[0], 3.0, 1e-5);
  EXPECT_NEAR(evaluator.row_rate(3)[1], 1.5, 1e-5);
  EXPECT_NEAR(evaluator.row_rate(3)[2], 0.0, 1e-5);
  // Right: a row 2; b rows 1, 2; c row 0 from both. Of 6 equal parts: 1 + 2 + 2.
  EXPECT_NEAR(e.accuracy, 5.0 / 6, 1e-6);
}

TEST(Evaluate, ConservesTasks) {
  Random random(3);
  std::vector<std::vector<float>> confidence(3);
  std::vector<std::vector<float>> correct(3);
  for (int r = 0; r < 501; ++r) {
    for (std::size_t h = 0; h < 3; ++h) {
      if (h < 2) confidence[h].push_back(static_cast<float>(random.Uniform()));
      correct[h].push_back(random.Chance(0.7) ? 1.0F : 0.0F);
    }
  }
  std::vector<ProblemNode> nodes = {Source(10), Source(30)};
  std::vector<ProblemLink> links;
  for (int h = 1; h <= 3; ++h) {
    for (int j = 0; j < 2; ++j) nodes.push_back(Replica(h, 25 + 10 * j));
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 2; ++j) {
        links.push_back({.from = 2 * (h - 1) + i, .to = 2 * h + j, .transfer_s = 0.001});
      }
    }
  }
  const Problem problem = Make(nodes, links, std::make_shared<ExitProfile>(confidence, correct));
  Evaluator evaluator;
  const Evaluation& e = evaluator.Evaluate(problem, CapacityStrategy(problem, 0.6));
  EXPECT_NEAR(e.exit_share[0] + e.exit_share[1] + e.exit_share[2], 1, 1e-6);
  for (int h = 0; h < 3; ++h) {
    double out = 0;
    double in = 0;
    for (int n = problem.first_node(h); n < problem.first_node(h + 1); ++n) {
      out += e.outflow_per_s[static_cast<std::size_t>(n)];
    }
    for (int n = problem.first_node(h + 1); n < problem.first_node(h + 2); ++n) {
      in += e.arrival_rate_per_s[static_cast<std::size_t>(n)];
    }
    EXPECT_NEAR(out, in, 1e-4);
  }
}

TEST(Evaluate, OverloadAndSilenceStayFinite) {
  Problem problem = Make({Source(1000), Replica(1, 10)}, {{.from = 0, .to = 1}});
  Evaluator evaluator;
  const Strategy strategy = UniformStrategy(problem, 0.8);
  EXPECT_GT(evaluator.Evaluate(problem, strategy).mean_delay_s, 1);
  EXPECT_LT(evaluator.Evaluate(problem, strategy).mean_delay_s, 1e6);
  EXPECT_NEAR(evaluator.Evaluate(problem, strategy).max_utilization, 100, 1e-3);
  problem.SetArrivalRate(0, 0);
  EXPECT_EQ(evaluator.Evaluate(problem, strategy).mean_delay_s, 0);
  EXPECT_EQ(evaluator.Evaluate(problem, strategy).accuracy, 0);
}

}  // namespace
}  // namespace offramp
