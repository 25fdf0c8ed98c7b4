#include "offramp/gateway/oip_rest.h"

#include <cstring>
#include <future>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "offramp/gateway/compression.h"
#include "offramp/wire/http_client.h"
#include "tests/fakes/fake_inference_service.h"

namespace offramp {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr double kTimeoutS = 10;
constexpr char kInferPath[] = "/v2/models/fake/infer";

class OipRestTest : public testing::Test {
 protected:
  OipRestTest() : rest_(service_) {
    auto server = HttpServer::Start("127.0.0.1:0", [this](HttpRequest request, HttpResponder out) {
      rest_.Handle(std::move(request), std::move(out));
    });
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = std::move(server).value();
    client_.emplace(server_->address());
  }

  HttpResponse Send(const std::string& method, const std::string& target,
                    const std::string& body = "", HttpHeaders headers = {}) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    request.body = Buffer::CopyOf(body);
    auto response = client_->Fetch(request, kTimeoutS);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : HttpResponse{};
  }

  static json Body(const HttpResponse& response) { return json::parse(response.BodyText()); }

  // One row of four values, as JSON; `more` is added behind the inputs.
  static std::string Request(const std::string& id, const std::string& more = "") {
    return R"({"id":")" + id +
           R"(","inputs":[{"name":"image","datatype":"FP32","shape":[1,1,2,2],"data":[1,0.5,0,0.5]}])" +
           more + "}";
  }

  FakeInferenceService service_;
  OipRest rest_;
  std::unique_ptr<HttpServer> server_;
  std::optional<HttpClient> client_;
};

TEST_F(OipRestTest, AnswersAnInferRequest) {
  const HttpResponse response = Send("POST", kInferPath, Request("r-1"));
  ASSERT_EQ(response.status, 200) << response.BodyText();
  EXPECT_EQ(Body(response), json::parse(R"({
      "model_name":"fake","model_version":"1","id":"r-1","parameters":{"path":"fake-1,fake-2"},
      "outputs":[{"name":"logits","datatype":"FP32","shape":[1,3],"data":[2,3,4]},
                 {"name":"exit_stage","datatype":"INT32","shape":[1],"data":[3]},
                 {"name":"confidence","datatype":"FP32","shape":[1],"data":[0.25]}]})"));
  EXPECT_EQ(Send("POST", "/v2/models/fake/versions/1/infer", Request("r")).status, 200);
}

TEST_F(OipRestTest, EarlyExitsCanBeSwitchedOff) {
  const HttpResponse response =
      Send("POST", kInferPath,
           Request("r", R"(,"parameters":{"early_exit":false},"outputs":[{"name":"exit_stage"}])"));
  EXPECT_EQ(Body(response)["outputs"],
            json::parse(R"([{"name":"exit_stage","datatype":"INT32","shape":[1],"data":[4]}])"));
}

TEST_F(OipRestTest, TellsAboutServerAndModel) {
  EXPECT_EQ(Body(Send("GET", "/v2"))["name"], "offramp");
  EXPECT_EQ(Body(Send("GET", "/v2/"))["name"], "offramp");
  EXPECT_EQ(Body(Send("GET", "/v2/health/live"))["live"], true);
  EXPECT_EQ(Body(Send("GET", "/v2/health/ready"))["ready"], true);
  EXPECT_EQ(Body(Send("GET", "/v2/models/fake/ready")),
            json::parse(R"({"name":"fake","ready":true})"));
  EXPECT_EQ(Body(Send("GET", "/v2/models/fake"))["inputs"][0]["name"], "image");
  EXPECT_EQ(Body(Send("GET", "/v2/models/fake/versions/1"))["name"], "fake");
  EXPECT_EQ(Body(Send("GET", "/v2/models/fake/config"))["max_batch_size"],
            FakeInferenceService::kMaxBatchSize);
  Send("POST", kInferPath, Request("r"));
  EXPECT_EQ(Body(Send("GET", "/v2/models/fake/stats"))["model_stats"][0]["inference_count"], 1);
  EXPECT_EQ(Body(Send("GET", "/v2/models/stats"))["model_stats"][0]["name"], "fake");
  EXPECT_EQ(Body(Send("POST", "/v2/repository/index"))[0]["state"], "READY");
}

TEST_F(OipRestTest, ReadinessIs503WhileAStageIsMissing) {
  service_.SetReady(false);
  for (const char* path : {"/v2/health/ready", "/v2/models/fake/ready"}) {
    const HttpResponse response = Send("GET", path);
    EXPECT_EQ(response.status, 503) << path;
    EXPECT_EQ(Body(response)["ready"], false);
    EXPECT_TRUE(Body(response)["error"].is_string());
  }
  EXPECT_EQ(Send("GET", "/v2/health/live").status, 200);
  EXPECT_EQ(Body(Send("POST", "/v2/repository/index"))[0]["state"], "UNAVAILABLE");
  EXPECT_EQ(Body(Send("POST", "/v2/repository/index", R"({"ready":true})")), json::array());
  EXPECT_EQ(Body(Send("POST", "/v2/repository/index", "{{{{")).size(), 1U);
}

TEST_F(OipRestTest, EveryErrorIsOneTextUnderItsStatus) {
  const struct {
    const char* method;
    const char* target;
    const char* body;
    int status;
  } kCases[] = {
      {"GET", "/nothing", "", 404},
      {"GET", "/v2/nothing", "", 404},
      {"GET", "/v2/models/other", "", 404},
      {"GET", "/v2/models/fake/versions/2", "", 404},
      {"POST", "/v2/models/other/infer", "{}", 404},
      {"POST", "/v2/models/fake/versions/2/infer", "{}", 404},
      {"GET", kInferPath, "", 405},
      {"PUT", kInferPath, "{}", 405},
      {"DELETE", "/v2/models/fake", "", 405},
      {"POST", "/v2/health/live", "", 405},
      {"GET", "/v2/repository/index", "", 405},
      {"POST", "/v2/repository/models/fake/load", "", 501},
      {"POST", "/v2/repository/models/fake/unload", "", 501},
      {"GET", "/v2/systemsharedmemory/status", "", 501},
      {"POST", kInferPath, "", 400},
      {"POST", kInferPath, "{\"inputs\":", 400},
      {"POST", kInferPath, "{\"inputs\":[{\"name\":\"image\"}]}", 400},
  };
  for (const auto& expected : kCases) {
    const HttpResponse response = Send(expected.method, expected.target, expected.body);
    EXPECT_EQ(response.status, expected.status) << expected.method << ' ' << expected.target;
    EXPECT_TRUE(Body(response)["error"].is_string()) << response.BodyText();
  }
  EXPECT_EQ(Send("GET", kInferPath).headers.Find("Allow"), "POST");
  EXPECT_TRUE(service_.requests().empty());
}

TEST_F(OipRestTest, TheServicesErrorsPassTheStatusMap) {
  const int expected[kStatusCodeCount] = {200, 400, 400, 504, 404, 400,
                                          403, 503, 400, 501, 500, 503};
  for (int code = 1; code < kStatusCodeCount; ++code) {
    const HttpResponse response =
        Send("POST", kInferPath, Request("error=" + std::to_string(code)));
    EXPECT_EQ(response.status, expected[code]) << code;
    EXPECT_EQ(Body(response)["error"], "asked to fail");
  }
  service_.FailWith(UnavailableError("overloaded"), 1.5);
  const HttpResponse response = Send("POST", kInferPath, Request("r"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.Find("Retry-After"), "2");
}

TEST_F(OipRestTest, BinaryBothWays) {
  const float values[4] = {1, 2, 3, 4};
  const std::string bytes(reinterpret_cast<const char*>(values), sizeof(values));
  const std::string head =
      R"({"inputs":[{"name":"image","datatype":"FP32","shape":[1,1,2,2],)"
      R"("parameters":{"binary_data_size":16}}],"parameters":{"binary_data_output":true}})";
  const HttpResponse response =
      Send("POST", kInferPath, head + bytes,
           {{"Inference-Header-Content-Length", std::to_string(head.size())}});
  ASSERT_EQ(response.status, 200) << response.BodyText();
  const std::size_t json_bytes =
      std::stoul(std::string(response.headers.Find("Inference-Header-Content-Length")));
  const std::string body = response.BodyText();
  ASSERT_EQ(body.size(), json_bytes + 12 + 4 + 4);
  float logits[3];
  std::memcpy(logits, body.data() + json_bytes, sizeof(logits));
  EXPECT_EQ(logits[0], 10);

  const HttpResponse raw =
      Send("POST", kInferPath, bytes, {{"Inference-Header-Content-Length", "0"}});
  EXPECT_EQ(raw.status, 200);
  EXPECT_EQ(raw.headers.Find("Content-Type"), "application/octet-stream");

  for (const char* length : {"-1", "x", "", "1x", "99999", "99999999999999999999999"}) {
    EXPECT_EQ(Send("POST", kInferPath, bytes, {{"Inference-Header-Content-Length", length}}).status,
              400)
        << length;
  }
}

TEST_F(OipRestTest, CompressedBothWays) {
  for (const Encoding encoding : {Encoding::kGzip, Encoding::kDeflate}) {
    const std::string name(EncodingName(encoding));
    std::string rows = "1";
    for (int i = 1; i < 800; ++i) rows += ",1";
    const std::string text =
        R"({"inputs":[{"name":"image","datatype":"FP32","shape":[200,1,2,2],"data":[)" + rows +
        "]}]}";
    const Buffer packed = Deflate(encoding, {Buffer::CopyOf(text)});
    const HttpResponse response = Send("POST", kInferPath, std::string(packed.text()),
                                       {{"Content-Encoding", name}, {"Accept-Encoding", name}});
    ASSERT_EQ(response.status, 200);
    ASSERT_EQ(response.headers.Find("Content-Encoding"), name);
    const auto unpacked = Inflate(encoding, Buffer::CopyOf(response.BodyText()), 1 << 20);
    ASSERT_TRUE(unpacked.ok());
    EXPECT_EQ(json::parse(unpacked->text())["outputs"][0]["data"].size(), 600U);
  }
  EXPECT_EQ(Send("POST", kInferPath, "no gzip", {{"Content-Encoding", "gzip"}}).status, 400);
  EXPECT_EQ(Send("POST", kInferPath, "{}", {{"Content-Encoding", "br"}}).status, 400);
}

TEST_F(OipRestTest, ABombIsTooLarge) {
  const Buffer bomb =
      Deflate(Encoding::kGzip, {Buffer::CopyOf(std::string(std::size_t{65} << 20, ' '))});
  const std::string body(bomb.text());
  const HttpResponse as_json = Send("POST", kInferPath, body, {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(as_json.status, 413);
  EXPECT_THAT(as_json.BodyText(), HasSubstr("error"));
  const HttpResponse binary =
      Send("POST", kInferPath, body,
           {{"Content-Encoding", "gzip"}, {"Inference-Header-Content-Length", "2"}});
  EXPECT_EQ(binary.status, 413);
  const std::string long_json(std::size_t{17} << 20, ' ');
  EXPECT_EQ(Send("POST", kInferPath, long_json).status, 413);
}

TEST_F(OipRestTest, RequestIdsAndTraceparentTravel) {
  const HttpResponse echoed = Send("POST", kInferPath, Request("body-id"),
                                   {{"x-request-id", "header-id"}, {"traceparent", "00-a-b-01"}});
  EXPECT_EQ(echoed.headers.Find("x-request-id"), "header-id");
  EXPECT_EQ(service_.requests()[0].id, "body-id");
  EXPECT_EQ(service_.requests()[0].trace_parent, "00-a-b-01");

  Send("POST", kInferPath, Request(""), {{"x-request-id", "header-id"}});
  EXPECT_EQ(service_.requests()[1].id, "header-id");

  const HttpResponse anonymous = Send("POST", kInferPath, Request(""));
  EXPECT_TRUE(service_.requests()[2].id.empty());
  EXPECT_FALSE(anonymous.headers.Has("x-request-id"));
  EXPECT_FALSE(Body(anonymous).contains("id"));
}

TEST_F(OipRestTest, TimeoutIsTheClients) {
  const HttpResponse response =
      Send("POST", kInferPath, Request("hold", R"(,"parameters":{"timeout":1000})"));
  EXPECT_EQ(response.status, 504);
}

TEST_F(OipRestTest, AClientThatLeavesIsCancelledInTheFleet) {
  {
    HttpClient leaver(server_->address());
    EXPECT_EQ(leaver.Post(kInferPath, Request("hold"), 0.05).status().code(),
              StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(service_.WaitForRequests(1));
  }
  EXPECT_TRUE(service_.WaitForCancelled(1));
  EXPECT_EQ(Send("POST", kInferPath, Request("r")).status, 200);
}

}  // namespace
}  // namespace offramp
