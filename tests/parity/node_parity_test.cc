// The simulator's LivePart against what a node really runs (twins.h). Both must say and decide the
// same, bit for bit: agents' messages, shares, prices, thresholds, and the receiver of every task.
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "tests/parity/twins.h"

namespace offramp {
namespace {

class NodeParity : public testing::TestWithParam<Policy> {};
INSTANTIATE_TEST_SUITE_P(Policies, NodeParity,
                         testing::Values(Policy::kDtoEe, Policy::kWeightedLeastOutstanding,
                                         Policy::kPeakEwma, Policy::kPowerOfTwo));

// `seconds` of everything that can happen, in a random order, with a pause in which nothing does.
void Play(Twins& twins, int stage, double seconds, std::uint64_t seed) {
  Random random(seed);
  std::uint64_t stamp = 0;
  std::uint64_t finished[2] = {0, 0};
  std::uint64_t received[2] = {0, 0};
  const auto report = [&](std::size_t k) {
    Report made;
    made.service_s = 0.02 + 0.01 * random.Uniform();
    made.service_scv = 0.3;
    made.backlog_s = 0.05 * random.Uniform();
    made.arrival_rate_per_s = 10 + 10 * random.Uniform();
    made.finished_tasks = ++finished[k];
    made.received_tasks = received[k];
    return made;
  };
  const double pause_s = twins.now_s() + seconds / 2;
  const double end_s = twins.now_s() + seconds;
  while (twins.now_s() < end_s) {
    if (twins.now_s() > pause_s && twins.now_s() < pause_s + 6) {
      // Nothing but signs of life, or the receivers would pass for dead.
      twins.Run(0.21);
      for (const std::size_t k : {0U, 1U}) {
        twins.Acknowledge(k, report(k));
        twins.Tell(k, report(k));
      }
      ASSERT_NO_FATAL_FAILURE(twins.ExpectAlike());
      continue;
    }
    twins.Run(random.Exponential(0.004));
    const auto k = static_cast<std::size_t>(random.Below(2));
    switch (random.Below(7)) {
      case 0:
        if (stage == 0) {
          twins.Offer();
        } else {
          const std::vector<float> survived(static_cast<std::size_t>(stage - 1),
                                            random.Chance(0.5) ? 0.8F : 0.65F);
          twins.Arrive(static_cast<int>(k), survived, random.Chance(0.5) ? 0.5 : 0);
        }
        break;
      case 1:
        if (stage > 0) twins.Serve(0.01 * random.Uniform(), 0.02 + 0.01 * random.Uniform());
        break;
      case 2:
        ASSERT_NO_FATAL_FAILURE(twins.SendOn());
        break;
      case 3:
      case 4:
        twins.Acknowledge(k, report(k));
        break;
      case 5:
        if (stage == 0) {
          twins.Answered(1 + static_cast<int>(random.Below(kParityStages)), random.Uniform(),
                         0.05 + 0.05 * random.Uniform());
        }
        twins.Tell(k, report(k));
        break;
      default: {
        AgentMessage message;
        message.stage = stage + 1;
        for (int g = stage + 1; g <= kParityStages; ++g) {
          message.visit_delay_s.push_back(0.02 + 0.03 * random.Uniform());
          if (g < kParityStages) message.thresholds.push_back(0.6 + 0.3 * random.Uniform());
        }
        message.curvature = 1e-3 * (1 + random.Uniform());
        message.headroom = 20 + 20 * random.Uniform();
        message.weight = 0.3 + 0.4 * random.Uniform();
        message.flow = 5 + 5 * random.Uniform();
        message.own_marginal_s = message.visit_delay_s[0];
        message.accuracy_weight_s = random.Chance(0.5) ? 0.4 : 0;
        message.stamp = ++stamp;
        twins.TellPrice(static_cast<int>(k), message);
      }
    }
    ASSERT_NO_FATAL_FAILURE(twins.ExpectAlike());
  }
}

TEST_P(NodeParity, ANodeSaysAndDecidesWhatItsSimulationDoes) {
  Twins twins(GetParam(), 2, {.accuracy_weight_s = 0.3});
  Play(twins, 2, 40, 5);
  EXPECT_GT(twins.compared(), 300);
}

TEST_P(NodeParity, AGatewayDecidesWhatItsSimulationDoes) {
  Twins twins(GetParam(), 0, {.accuracy_weight_s = 0.3});
  Play(twins, 0, 30, 6);
}

TEST(NodeParityTest, AGatewayThatSteersTheWeightTakesTheSameSteps) {
  for (const Objective& objective :
       {Objective{.min_accuracy = 0.8}, Objective{.max_mean_delay_s = 0.07}}) {
    Twins twins(Policy::kDtoEe, 0, objective);
    Play(twins, 0, 40, 7);
  }
}

}  // namespace
}  // namespace offramp
