#include "offramp/cli/demo/sampler.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "offramp/files/run_state.h"
#include "offramp/wire/http_server.h"

namespace offramp {
namespace {

TEST(ParseSample, SharesComeFromWhatWasSent) {
  const auto sample =
      ParseSample("n", R"({"flow_tasks_per_s": {"a": 3, "b": 1}, "offloading": {"a": 0.5, "b": 0.5},
               "threshold": 0.7, "queue_length": 4})");
  ASSERT_TRUE(sample.has_value());
  EXPECT_DOUBLE_EQ(sample->shares.at("a"), 0.75);
  EXPECT_DOUBLE_EQ(*sample->threshold, 0.7);
  EXPECT_DOUBLE_EQ(*sample->queue_length, 4);
  EXPECT_FALSE(sample->utilisation.has_value());
}

TEST(ParseSample, WithoutTrafficTheDecisionCounts) {
  const auto sample =
      ParseSample("n", R"({"flow_tasks_per_s": {"a": 0}, "offloading": {"a": 0.4, "b": 0.6}})");
  EXPECT_DOUBLE_EQ(sample->shares.at("b"), 0.6);
}

TEST(ParseSample, ForeignTextIsIgnored) {
  EXPECT_FALSE(ParseSample("n", "[1]").has_value());
  EXPECT_FALSE(ParseSample("n", "{").has_value());
  const auto odd = ParseSample("n", R"({"threshold": "high", "offloading": [1]})");
  ASSERT_TRUE(odd.has_value());
  EXPECT_FALSE(odd->threshold.has_value());
  EXPECT_TRUE(odd->shares.empty());
}

TEST(Sampler, AsksPartsThatListenAndSkipsTheDead) {
  auto server = HttpServer::Start("127.0.0.1:0", [](HttpRequest, const HttpResponder& responder) {
    responder.Reply(HttpResponse::Json(200, R"({"queue_length": 2})"));
  });
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string folder = testing::TempDir() + "/sampler";
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(MakeStateDir(folder).ok());
  PartFile alive;
  alive.name = "a";
  alive.process = ThisProcess();
  alive.metrics = (*server)->address();
  PartFile dead = alive;
  dead.name = "b";
  dead.metrics = "127.0.0.1:1";
  ASSERT_TRUE(WritePart(folder, alive).ok());
  ASSERT_TRUE(WritePart(folder, dead).ok());
  Sampler sampler(folder, /*answer_s=*/10);
  sampler.Sample(1.5);
  ASSERT_EQ(sampler.samples().size(), 1u);
  EXPECT_EQ(sampler.samples()[0].name, "a");
  EXPECT_DOUBLE_EQ(sampler.samples()[0].t_s, 1.5);
  EXPECT_DOUBLE_EQ(*sampler.samples()[0].queue_length, 2);
}

}  // namespace
}  // namespace offramp
