#include "offramp/cli/fleet_source.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "offramp/files/run_state.h"

namespace offramp {
namespace {

constexpr char kFleet[] = R"(version: 1
model: {bundle: some-bundle}
gateways: [{name: gw0, http: "127.0.0.1:0", grpc: "127.0.0.1:0"}]
nodes: [{name: n, stage: 1, listen: "127.0.0.1:0"}]
)";

class FleetSource : public testing::Test {
 protected:
  FleetSource() : folder_(testing::TempDir() + "fleet_source"), state_(folder_ + "/state") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    Write(kFleet);
    EXPECT_TRUE(MakeStateDir(state_).ok());
  }

  void Write(const std::string& text) const { std::ofstream(Path()) << text; }
  std::string Path() const { return folder_ + "/fleet.yaml"; }

  const std::string folder_;
  const std::string state_;
};

TEST_F(FleetSource, OptionsWinOverTheFile) {
  FleetOverrides overrides;
  overrides.policy = "peak-ewma";
  overrides.thresholds = "0.7";
  const auto fleet = ReadFleet(Path(), overrides);
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  EXPECT_EQ(fleet->policy, Policy::kPeakEwma);
  EXPECT_EQ(fleet->fixed_threshold, 0.7);
}

TEST_F(FleetSource, TunedTakesAFixedThresholdBack) {
  Write(std::string(kFleet) + "policy: round-robin\nthresholds: 0.8\n");
  FleetOverrides overrides;
  overrides.thresholds = "tuned";
  const auto fleet = ReadFleet(Path(), overrides);
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  EXPECT_FALSE(fleet->fixed_threshold.has_value());
}

TEST_F(FleetSource, WrongOptionsAreNamed) {
  Fleet fleet;
  FleetOverrides overrides;
  overrides.policy = "round-robbin";
  EXPECT_NE(ApplyOverrides(overrides, fleet).message().find("did you mean 'round-robin'"),
            std::string::npos);
  overrides.policy = "nash";  // not for a live fleet
  EXPECT_EQ(ApplyOverrides(overrides, fleet).code(), StatusCode::kInvalidArgument);
  overrides.policy.reset();
  for (const char* value : {"", "x", "-1", "nan", "0.8x"}) {
    overrides.thresholds = value;
    EXPECT_NE(ApplyOverrides(overrides, fleet).message().find("--thresholds"), std::string::npos);
  }
}

TEST_F(FleetSource, AddressesBeyondLoopbackNeedInsecure) {
  std::string text = kFleet;
  text.replace(text.find("127.0.0.1"), 9, "0.0.0.0");
  Write(text);
  const auto refused = ReadFleet(Path(), {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(refused.status().message().find("--insecure"), std::string::npos);
  EXPECT_NE(refused.status().message().find("0.0.0.0"), std::string::npos);
  FleetOverrides overrides;
  overrides.insecure = true;
  EXPECT_TRUE(ReadFleet(Path(), overrides).ok());
}

TEST_F(FleetSource, ARunningFleetIsReadFromItsSnapshot) {
  FleetOverrides overrides;
  overrides.policy = "least-outstanding";
  ASSERT_TRUE(SaveSnapshot(state_, Path(), overrides).ok());
  Write(std::string(kFleet) + "deadline_ms: 1000\n");  // edited meanwhile

  EXPECT_FALSE(FleetRuns(state_));
  auto read = ReadRunningFleet(state_, Path());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->fleet.deadline_s, 1) << "nothing runs: the file counts";
  EXPECT_EQ(read->fleet.policy, Policy::kDtoEe);

  ASSERT_TRUE(WriteProcess(state_, "n", ThisProcess()).ok());
  EXPECT_TRUE(FleetRuns(state_));
  read = ReadRunningFleet(state_, Path());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->fleet.deadline_s, 30) << "it runs: what it was started with counts";
  EXPECT_EQ(read->fleet.policy, Policy::kLeastOutstanding);
  EXPECT_EQ(read->fleet.bundle_folder, folder_ + "/some-bundle") << "relative to the file itself";
}

TEST_F(FleetSource, AMissingFileIsNotFound) {
  EXPECT_EQ(ReadFleet(folder_ + "/none.yaml", {}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ReadSnapshot(folder_ + "/nowhere", Path()).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace offramp
