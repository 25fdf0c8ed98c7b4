#include "offramp/gateway/rest_route.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(RestRoute, KnowsEveryPathOfTheProtocol) {
  const struct {
    const char* path;
    RestAction action;
    const char* model;
    const char* version;
  } kCases[] = {
      {"/v2", RestAction::kServerMetadata, "", ""},
      {"/v2/", RestAction::kServerMetadata, "", ""},
      {"/v2/health/live", RestAction::kServerLive, "", ""},
      {"/v2/health/ready", RestAction::kServerReady, "", ""},
      {"/v2/models/stats", RestAction::kAllStatistics, "", ""},
      {"/v2/models/m", RestAction::kModelMetadata, "m", ""},
      {"/v2/models/m/versions/1", RestAction::kModelMetadata, "m", "1"},
      {"/v2/models/m/ready", RestAction::kModelReady, "m", ""},
      {"/v2/models/m/versions/1/ready", RestAction::kModelReady, "m", "1"},
      {"/v2/models/m/config", RestAction::kModelConfig, "m", ""},
      {"/v2/models/m/versions/2/config", RestAction::kModelConfig, "m", "2"},
      {"/v2/models/m/stats", RestAction::kModelStatistics, "m", ""},
      {"/v2/models/m/versions/1/stats", RestAction::kModelStatistics, "m", "1"},
      {"/v2/models/m/infer", RestAction::kModelInfer, "m", ""},
      {"/v2/models/m/versions/1/infer", RestAction::kModelInfer, "m", "1"},
      {"/v2/models/a%2Fb%20c/infer", RestAction::kModelInfer, "a/b c", ""},
      {"/v2/repository/index", RestAction::kRepositoryIndex, "", ""},
      {"/v2/repository/models/m/load", RestAction::kUnsupported, "", ""},
      {"/v2/repository/models/m/unload", RestAction::kUnsupported, "", ""},
      {"/v2/systemsharedmemory/status", RestAction::kUnsupported, "", ""},
      {"/v2/logging", RestAction::kUnsupported, "", ""},
  };
  for (const auto& expected : kCases) {
    const RestRoute route = RouteRestPath(expected.path);
    EXPECT_EQ(route.action, expected.action) << expected.path;
    EXPECT_EQ(route.model, expected.model) << expected.path;
    EXPECT_EQ(route.version, expected.version) << expected.path;
  }
}

TEST(RestRoute, EverythingElseIsUnknown) {
  for (const char* path :
       {"", "/", "/v1", "/v2x", "/v2//", "/v2/health", "/v2/health/", "/v2/health/live/",
        "/v2/models", "/v2/models/", "/v2/models//infer", "/v2/models/m/", "/v2/models/m/versions",
        "/v2/models/m/versions/", "/v2/models/m/versions//infer", "/v2/models/m/infer/now",
        "/v2/models/m/nothing", "/v2/repository", "/v2/repository/models/m/reload"}) {
    EXPECT_EQ(RouteRestPath(path).action, RestAction::kUnknown) << path;
  }
}

TEST(RestRoute, BrokenEscapesStayAsTheyAre) {
  EXPECT_EQ(RouteRestPath("/v2/models/a%").model, "a%");
  EXPECT_EQ(RouteRestPath("/v2/models/a%2").model, "a%2");
  EXPECT_EQ(RouteRestPath("/v2/models/a%zz").model, "a%zz");
}

}  // namespace
}  // namespace offramp
