#include "offramp/gateway/rest_models.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/fakes/fake_inference_service.h"

namespace offramp {
namespace {

using nlohmann::json;

TEST(RestModels, MetadataListsTheModelsOutputsAndOurs) {
  EXPECT_EQ(json::parse(ModelMetadataJson(FakeInferenceService::FakeModel())), json::parse(R"({
      "name":"fake","versions":["1"],"platform":"offramp_onnx",
      "inputs":[{"name":"image","datatype":"FP32","shape":[-1,1,2,2]}],
      "outputs":[{"name":"logits","datatype":"FP32","shape":[-1,3]},
                 {"name":"exit_stage","datatype":"INT32","shape":[-1]},
                 {"name":"confidence","datatype":"FP32","shape":[-1]}]})"));
}

TEST(RestModels, ConfigurationHasDimsWithoutTheBatchAxis) {
  const json config = json::parse(ModelConfigJson(FakeInferenceService::FakeModel(), 8));
  EXPECT_EQ(config["name"], "fake");
  EXPECT_EQ(config["platform"], "offramp_onnx");
  EXPECT_EQ(config["max_batch_size"], 8);
  EXPECT_EQ(config["input"][0]["dims"], json::parse("[1,2,2]"));
  EXPECT_EQ(config["input"][0]["data_type"], "TYPE_FP32");
  EXPECT_EQ(config["output"][0]["dims"], json::parse("[3]"));
  EXPECT_EQ(config["output"][1]["name"], "exit_stage");
  EXPECT_EQ(config["output"][1]["data_type"], "TYPE_INT32");
  EXPECT_EQ(config["output"][1]["dims"], json::parse("[]"));
}

TEST(RestModels, ServerMetadataAdvertisesWhatClientsLookFor) {
  const json metadata = json::parse(ServerMetadataJson());
  EXPECT_EQ(metadata["name"], "offramp");
  EXPECT_FALSE(metadata["version"].get<std::string>().empty());
  for (const char* extension : {"binary_tensor_data", "model_configuration", "statistics"}) {
    EXPECT_NE(std::find(metadata["extensions"].begin(), metadata["extensions"].end(), extension),
              metadata["extensions"].end());
  }
}

TEST(RestModels, StatisticsHaveEveryFigure) {
  InferenceStatistics statistics;
  statistics.inference_count = 12;
  statistics.execution_count = 4;
  statistics.success_count = 4;
  statistics.success_ns = 900;
  statistics.fail_count = 1;
  statistics.fail_ns = 30;
  statistics.queue_ns = 200;
  statistics.compute_infer_ns = 500;
  statistics.last_inference_ms = 77;
  const json entry = json::parse(
      ModelStatisticsJson(FakeInferenceService::FakeModel(), statistics))["model_stats"][0];
  EXPECT_EQ(entry["name"], "fake");
  EXPECT_EQ(entry["inference_count"], 12);
  EXPECT_EQ(entry["execution_count"], 4);
  EXPECT_EQ(entry["last_inference"], 77);
  const json& durations = entry["inference_stats"];
  EXPECT_EQ(durations["success"], json::parse(R"({"count":4,"ns":900})"));
  EXPECT_EQ(durations["fail"], json::parse(R"({"count":1,"ns":30})"));
  EXPECT_EQ(durations["queue"], json::parse(R"({"count":4,"ns":200})"));
  EXPECT_EQ(durations["compute_infer"], json::parse(R"({"count":4,"ns":500})"));
  for (const char* name : {"compute_input", "compute_output", "cache_hit", "cache_miss"}) {
    EXPECT_EQ(durations[name], json::parse(R"({"count":0,"ns":0})")) << name;
  }
}

TEST(RestModels, TheIndexTellsReadiness) {
  const Bundle model = FakeInferenceService::FakeModel();
  EXPECT_EQ(json::parse(RepositoryIndexJson(model, true, true))[0]["state"], "READY");
  EXPECT_EQ(json::parse(RepositoryIndexJson(model, false, false))[0]["state"], "UNAVAILABLE");
  EXPECT_EQ(RepositoryIndexJson(model, false, true), "[]");
}

}  // namespace
}  // namespace offramp
