// Machines files: what they say, and the one line that says what is wrong.
#include "offramp/files/machines_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::HasSubstr;

constexpr char kTwo[] =
    "machines:\n"
    "  - {name: box-a, gflops_per_s: 40, memory_bytes: 4e9, threads: 8}\n"
    "  - {name: box-b, gflops_per_s: 0.5, memory_bytes: 64000000}\n";
constexpr char kSource[] = "sources: [{name: gw0, machine: box-b, tasks_per_s: 20}]\n";

std::string Text(const std::string& more) {
  return std::string("version: 1\n") + kTwo + kSource + more;
}

std::string ErrorOf(const std::string& text) {
  const Status status = ParseMachines(text, "machines.yaml").status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
  EXPECT_EQ(status.message().find('\n'), std::string::npos);
  return status.message();
}

TEST(MachinesFile, SaysWhatTheFileSays) {
  const auto machines =
      ParseMachines(Text("links: [{from: box-a, to: box-b, mbit_per_s: 900, latency_ms: 0.3}]\n"
                         "model: {bundle: models/tiny}\n"
                         "objective: {min_accuracy: 0.9}\n"
                         "deadline_ms: 500\n"
                         "service: exponential\n"),
                    "/here/machines.yaml");
  ASSERT_TRUE(machines.ok()) << machines.status();
  ASSERT_EQ(machines->machines.size(), 2U);
  EXPECT_EQ(machines->machines[0].threads, 8);
  EXPECT_EQ(machines->machines[0].memory_bytes, 4'000'000'000);
  EXPECT_EQ(machines->machines[1].threads, 0);
  EXPECT_EQ(machines->sources[0].machine, 1);
  ASSERT_EQ(machines->links.size(), 2U) << "both ways";
  EXPECT_EQ(machines->links[1].from, 1);
  EXPECT_EQ(machines->links[1].mbit_per_s, 900);
  EXPECT_EQ(machines->bundle_folder, "/here/models/tiny");
  EXPECT_EQ(machines->objective->min_accuracy, 0.9);
  EXPECT_EQ(machines->deadline_ms, 500);
  EXPECT_EQ(machines->service, ServiceLaw::kExponential);
  EXPECT_EQ(machines->FindMachine("box-b"), 1);
  EXPECT_EQ(machines->FindMachine("box-c"), -1);
}

TEST(MachinesFile, LinksMayBeAsymmetric) {
  const auto machines =
      ParseMachines(Text("links: [{from: box-a, to: box-b, mbit_per_s: 9, one_way: true},\n"
                         "        {from: box-b, to: box-a, mbit_per_s: 1, one_way: true}]\n"),
                    "m.yaml");
  ASSERT_TRUE(machines.ok()) << machines.status();
  ASSERT_EQ(machines->links.size(), 2U);
  EXPECT_EQ(machines->links[1].mbit_per_s, 1);
}

TEST(MachinesFile, OneLineSaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf("version: 1\nmachines: []\n" + std::string(kSource)),
              HasSubstr("machines.yaml:2: machines: "));
  EXPECT_THAT(ErrorOf(std::string("version: 1\n") + kTwo), HasSubstr("sources"));
  EXPECT_THAT(ErrorOf(Text("links: [{from: box-a, to: box-c, mbit_per_s: 9}]\n")),
              HasSubstr("did you mean \"box-"));
  EXPECT_THAT(ErrorOf(Text("links: [{from: box-a, to: box-a, mbit_per_s: 9}]\n")),
              HasSubstr("expected two machines"));
  EXPECT_THAT(ErrorOf(Text("links: [{from: box-a, to: box-b}]\n")), HasSubstr("mbit_per_s"));
  EXPECT_THAT(ErrorOf(Text("links: [{from: box-a, to: box-b, mbit_per_s: 9},\n"
                           "        {from: box-b, to: box-a, mbit_per_s: 9}]\n")),
              HasSubstr("each direction once"));
  EXPECT_THAT(ErrorOf(Text("speed: 9\n")), HasSubstr("speed"));
  EXPECT_THAT(ErrorOf("version: 1\nmachines: [{name: a, gflops_per_s: 0, memory_bytes: 1}]\n"),
              HasSubstr("machines[0].gflops_per_s"));
  EXPECT_THAT(ErrorOf("version: 1\nmachines: [{name: a, gflops_per_s: 1, memory_bytes: 0}]\n"),
              HasSubstr("at least one byte"));
  EXPECT_THAT(ErrorOf("version: 1\n"
                      "machines: [{name: a, gflops_per_s: 1, memory_bytes: 1},\n"
                      "           {name: a, gflops_per_s: 1, memory_bytes: 1}]\n"
                      "sources: [{name: gw0, machine: a, tasks_per_s: 1}]\n"),
              HasSubstr("is taken"));
}

TEST(MachinesFile, IsToldFromOtherFiles) {
  EXPECT_TRUE(IsMachinesText(Text("")));
  EXPECT_FALSE(IsMachinesText("version: 1\nnodes: []\n"));
  EXPECT_FALSE(IsMachinesText("\x08\x07 no yaml: ["));
  EXPECT_EQ(ReadMachinesFile("/nowhere/machines.yaml").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace offramp
