#include "offramp/core/problem.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/core/strategy.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ProblemNode Source(const char* name, double rate) {
  return {.name = name, .stage = 0, .arrival_rate_per_s = rate};
}

ProblemNode Replica(const char* name, int stage, double rate) {
  return {.name = name, .stage = stage, .service_rate_per_s = rate};
}

std::string ErrorOf(std::vector<ProblemNode> nodes, std::vector<ProblemLink> links,
                    std::shared_ptr<const ExitProfile> profile = nullptr, double weight = 1) {
  const Result<Problem> problem =
      Problem::Create(std::move(nodes), std::move(links), std::move(profile), weight);
  return problem.ok() ? "" : problem.status().message();
}

TEST(Problem, SortsNodesByStageAndKeepsLinksOnTheirEnds) {
  // Given out of order on purpose: c (stage 2), s, a, b.
  const Result<Problem> created = Problem::Create(
      {Replica("c", 2, 30), Source("s", 5), Replica("a", 1, 10), Replica("b", 1, 20)},
      {{.from = 3, .to = 0, .transfer_s = 0.3},
       {.from = 1, .to = 3, .transfer_s = 0.2},
       {.from = 2, .to = 0, .transfer_s = 0.4},
       {.from = 1, .to = 2, .transfer_s = 0.1}},
      nullptr, 1);
  ASSERT_TRUE(created.ok()) << created.status();
  const Problem& problem = *created;
  EXPECT_EQ(problem.stages(), 2);
  EXPECT_EQ(problem.node(0).name, "s");
  EXPECT_EQ(problem.first_node(2), 3);
  EXPECT_EQ(problem.nodes_in(1), 2);
  const int a = problem.FindNode("a");
  const int c = problem.FindNode("c");
  EXPECT_EQ(problem.FindNode("nobody"), -1);
  EXPECT_EQ(problem.first_link(1) - problem.first_link(0), 2);
  EXPECT_EQ(problem.link(problem.first_link(0)).to, a);
  EXPECT_EQ(problem.link(problem.first_link(0)).transfer_s, 0.1);
  EXPECT_EQ(problem.link(problem.first_link(a)).transfer_s, 0.4);
  EXPECT_THAT(std::vector<int>(problem.links_to(c).begin(), problem.links_to(c).end()),
              ElementsAre(2, 3));
  EXPECT_TRUE(problem.links_to(0).empty());
  EXPECT_EQ(problem.total_rate_per_s(), 5);
}

TEST(Problem, NamesWhatIsWrong) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const ProblemNode s = Source("s", 1);
  const ProblemNode a = Replica("a", 1, 10);
  EXPECT_EQ(ErrorOf({s, a}, {{.from = 0, .to = 1}}), "");
  EXPECT_THAT(ErrorOf({s}, {}), HasSubstr("no replica"));
  EXPECT_THAT(ErrorOf({a}, {}), HasSubstr("no source"));
  EXPECT_THAT(ErrorOf({s, a}, {}), HasSubstr("'s': has no link"));
  EXPECT_THAT(ErrorOf({s, Replica("a", 1, 0)}, {{.from = 0, .to = 1}}),
              HasSubstr("'a': service rate"));
  EXPECT_THAT(ErrorOf({Source("s", nan), a}, {{.from = 0, .to = 1}}),
              HasSubstr("'s': arrival rate"));
  EXPECT_THAT(ErrorOf({s, a}, {{.from = 1, .to = 0}}), HasSubstr("next stage"));
  EXPECT_THAT(ErrorOf({s, a}, {{.from = 0, .to = 7}}), HasSubstr("does not exist"));
  EXPECT_THAT(ErrorOf({s, a}, {{.from = 0, .to = 1, .transfer_s = -1}}),
              HasSubstr("transfer time"));
  EXPECT_THAT(ErrorOf({s, a}, {{.from = 0, .to = 1}, {.from = 0, .to = 1}}),
              HasSubstr("given twice"));
  EXPECT_THAT(ErrorOf({s, a, Replica("c", 3, 1)}, {{.from = 0, .to = 1}}),
              HasSubstr("stage 2 has no replica"));
  EXPECT_THAT(ErrorOf({s, a}, {{.from = 0, .to = 1}}, nullptr, -1), HasSubstr("accuracy weight"));
  const auto two_stages = std::make_shared<ExitProfile>(std::vector<std::vector<float>>{{0.5F}, {}},
                                                        std::vector<std::vector<float>>{{1}, {1}});
  EXPECT_THAT(ErrorOf({s, a}, {{.from = 0, .to = 1}}, two_stages), HasSubstr("2 stages"));
}

TEST(Strategy, UniformAndCapacitySplitsAreStrategies) {
  const Result<Problem> problem =
      Problem::Create({Source("s", 5), Replica("a", 1, 10), Replica("b", 1, 30)},
                      {{.from = 0, .to = 1}, {.from = 0, .to = 2}}, nullptr, 1);
  ASSERT_TRUE(problem.ok());
  EXPECT_THAT(UniformStrategy(*problem, 0.8).share, ElementsAre(0.5, 0.5));
  Strategy strategy = CapacityStrategy(*problem, 0.8);
  EXPECT_THAT(strategy.share, ElementsAre(0.25, 0.75));
  EXPECT_TRUE(CheckStrategy(*problem, strategy).ok());
  SetStageThreshold(*problem, 1, 0.5, strategy);
  EXPECT_THAT(strategy.threshold, ElementsAre(0.8, 0.5, 0.5));
  strategy.share[0] = 0.5;
  EXPECT_THAT(CheckStrategy(*problem, strategy).message(), HasSubstr("'s': shares"));
  strategy.share = {std::numeric_limits<double>::quiet_NaN(), 1};
  EXPECT_FALSE(CheckStrategy(*problem, strategy).ok());
  strategy.share = {1};
  EXPECT_FALSE(CheckStrategy(*problem, strategy).ok());
}

}  // namespace
}  // namespace offramp
