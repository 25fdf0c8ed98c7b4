// The fleets and the bundle in this repository are sound, and what they promise holds.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/files/bundle_file.h"
#include "offramp/files/fleet.h"
#include "offramp/files/fleet_scenario.h"

namespace offramp {
namespace {

TEST(ShippedFilesTest, EveryFleetFileFitsItsBundle) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("fleets")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const Result<Fleet> fleet = ReadFleetFile(entry.path().string());
    ASSERT_TRUE(fleet.ok()) << fleet.status();
    EXPECT_TRUE(fleet->non_loopback.empty()) << entry.path();
    // The text model's bundle is made by `make text-model`, from what git keeps of it.
    const bool made = fleet->bundle_folder.ends_with("wordnet-minilm/bundle");
    if (made && !std::filesystem::exists(fleet->bundle_folder)) continue;
    const Result<Bundle> bundle = ReadBundle(fleet->bundle_folder);
    ASSERT_TRUE(bundle.ok()) << bundle.status();
    EXPECT_TRUE(CheckFleetFits(*fleet, *bundle).ok()) << CheckFleetFits(*fleet, *bundle);
    EXPECT_TRUE(CheckBundleFiles(*bundle).ok()) << CheckBundleFiles(*bundle);
  }
  EXPECT_GE(files, 2);
}

TEST(ShippedFilesTest, TheDemosNodesHaveTheSpeedsThatItsCommentsSay) {
  const Fleet fleet = ReadFleetFile("fleets/demo.yaml").value();
  const Bundle bundle = ReadBundle(fleet.bundle_folder).value();
  const Problem problem = ProblemOf(fleet, bundle).value();
  const std::vector<double> tasks_per_s = {120, 80, 40, 60, 24, 12, 50, 26, 46, 14};
  ASSERT_EQ(fleet.nodes.size(), tasks_per_s.size());
  for (std::size_t i = 0; i < tasks_per_s.size(); ++i) {
    const int node = problem.FindNode(fleet.nodes[i].name);
    EXPECT_NEAR(problem.node(node).service_rate_per_s, tasks_per_s[i], 0.005 * tasks_per_s[i])
        << fleet.nodes[i].name << ": gflops_per_s must follow the bundle's gflops";
  }
  EXPECT_EQ(problem.total_rate_per_s(), 120);
}

TEST(ShippedFilesTest, TheModelIsWhatTheFormatsPagePromises) {
  const Bundle bundle = ReadBundle("models/fashion-mnist").value();
  ASSERT_EQ(bundle.inputs.size(), 1u);
  EXPECT_EQ(bundle.inputs[0].name, "image");
  EXPECT_EQ(bundle.inputs[0].shape, (std::vector<std::int64_t>{-1, 1, 28, 28}));
  EXPECT_EQ(bundle.outputs.back().name, "logits");
  EXPECT_EQ(bundle.outputs.back().shape, (std::vector<std::int64_t>{-1, 10}));
  EXPECT_EQ(bundle.labels.size(), 10u);
  ASSERT_NE(bundle.profile, nullptr);
  EXPECT_GE(bundle.profile->rows(), 5000u);
}

}  // namespace
}  // namespace offramp
