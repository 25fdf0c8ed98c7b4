// Random kills, freezes, cuts, drains and slow-downs under load, thousands of moments in each of
// many seeded runs: whatever happens, every accepted request is answered once and rightly.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "tests/fakes/memory_fleet.h"

namespace offramp {
namespace {

class RandomFaultsTest : public ::testing::TestWithParam<int> {};

// At least one healthy replica of each stage: without one, tasks wait, which is another test.
class Chaos {
 public:
  Chaos(MemoryFleet& fleet, Random& random) : fleet_(fleet), random_(random) {}

  void Step() {
    const int stage = 1 + static_cast<int>(random_.Below(3));
    const std::string name = MemoryFleet::NodeName(stage, static_cast<int>(random_.Below(3)));
    const bool frozen = frozen_.contains(name);
    if (!fleet_.alive(name)) {
      fleet_.Start(name);
      hurt_[stage] -= 1;
    } else if (frozen) {
      fleet_.network().Thaw(name);
      frozen_.erase(name);
      hurt_[stage] -= 1;
    } else if (hurt_[stage] < 2) {
      Hurt(stage, name);
    }
  }

 private:
  void Hurt(int stage, const std::string& name) {
    switch (random_.Below(4)) {
      case 0:
        fleet_.Kill(name);
        hurt_[stage] += 1;
        break;
      case 1:
        fleet_.network().Freeze(name);
        frozen_.insert(name);
        hurt_[stage] += 1;
        break;
      case 2:
        fleet_.network().Cut(name, stage == 1 ? "gw0" : MemoryFleet::NodeName(stage - 1, 0));
        break;
      default:
        fleet_.SetService(name, random_.Chance(0.5) ? 0.002 : 0.02);
        break;
    }
  }

  MemoryFleet& fleet_;
  Random& random_;
  std::map<int, int> hurt_;
  std::set<std::string> frozen_;
};

TEST_P(RandomFaultsTest, EveryAcceptedRequestIsAnsweredOnceAndRightly) {
  const int seed = GetParam();
  Random random(static_cast<std::uint64_t>(seed));
  const Policy policies[] = {Policy::kDtoEe, Policy::kLeastOutstanding, Policy::kRoundRobin};
  MemoryFleet fleet({.policy = policies[seed % 3],
                     .gateways = 2,
                     .replicas = 3,
                     .service_s = 0.004,
                     .seed = static_cast<std::uint64_t>(seed)});
  Chaos chaos(fleet, random);
  std::vector<int> questions;
  for (int i = 0; i < 600; ++i) {
    std::vector<std::uint8_t> rows(1 + random.Below(4));
    for (auto& row : rows) row = static_cast<std::uint8_t>(random.Below(256));
    questions.push_back(fleet.Ask(static_cast<int>(random.Below(2)), rows));
    fleet.loop().RunFor(random.Exponential(0.015));
    if (random.Chance(0.03)) chaos.Step();
  }
  fleet.loop().RunFor(35);
  for (const int question : questions) {
    ASSERT_NE(fleet.reply(question), nullptr) << "question " << question << " hangs";
    // With a single slow replica left the gateway may refuse at the door; that is not accepting.
    if (fleet.reply(question)->status.message().starts_with("overload:")) continue;
    EXPECT_TRUE(IsScriptedAnswer(*fleet.reply(question), fleet.question(question)))
        << "question " << question;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomFaultsTest, ::testing::Range(0, 30));

}  // namespace
}  // namespace offramp
