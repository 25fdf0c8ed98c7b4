#include <charconv>

#include <nlohmann/json.hpp>

#include "bench/scenarios/client/caller.h"
#include "offramp/wire/http_client.h"

namespace offramp::bench {
namespace {

using Json = nlohmann::json;

Outcome OutcomeOf(int status) {
  if (status == 200) return Outcome::kOk;
  if (status == 503 || status == 429) return Outcome::kRefused;
  return status == 504 ? Outcome::kLate : Outcome::kFailed;
}

class HttpCaller final : public Caller {
 public:
  HttpCaller(const RequestSpec& spec, const std::string& address)
      : spec_(spec), client_(address), target_("/v2/models/" + spec.model + "/infer") {
    Json shape = Json::array({spec.rows});
    for (const std::int64_t extent : spec.row_shape) shape.push_back(extent);
    const std::size_t input_bytes = spec.row_bytes() * static_cast<std::size_t>(spec.rows);
    const Json header = {
        {"inputs",
         {{{"name", spec.input},
           {"datatype", "FP32"},
           {"shape", shape},
           {"parameters", {{"binary_data_size", input_bytes}}}}}},
        {"parameters", {{"binary_data_output", true}, {"early_exit", spec.early_exit}}}};
    header_ = header.dump();
  }

  Answer Call(std::string_view rows) override {
    HttpRequest request;
    request.method = "POST";
    request.target = target_;
    request.headers.Add("Host", "offramp");
    request.headers.Add("Content-Type", "application/octet-stream");
    request.headers.Add("Inference-Header-Content-Length", std::to_string(header_.size()));
    request.body = Buffer::CopyOf(header_ + std::string(rows));
    const auto response = client_.Fetch(request, spec_.deadline_s);
    Answer answer;
    if (!response.ok()) {
      const bool late = response.status().code() == StatusCode::kDeadlineExceeded;
      answer.outcome = late ? Outcome::kLate : Outcome::kFailed;
      answer.error = response.status().message();
      return answer;
    }
    answer.outcome = OutcomeOf(response->status);
    answer.code = response->status;
    const std::string body = response->BodyText();
    if (answer.outcome != Outcome::kOk) {
      answer.error = body.substr(0, 200);
      return answer;
    }
    try {
      Read(response->headers.Find("Inference-Header-Content-Length"), body, answer);
    } catch (const Json::exception& error) {
      answer.outcome = Outcome::kFailed;
      answer.error = error.what();
    }
    return answer;
  }

 private:
  // Outputs lie behind the JSON, in its order.
  void Read(std::string_view header_length, std::string_view body, Answer& answer) const {
    std::size_t at = body.size();
    std::from_chars(header_length.data(), header_length.data() + header_length.size(), at);
    const Json json = Json::parse(body.substr(0, at));
    for (const Json& output : json.at("outputs")) {
      const Json parameters = output.value("parameters", Json::object());
      const std::size_t bytes = parameters.value("binary_data_size", std::size_t{0});
      if (at + bytes > body.size()) break;
      const std::string_view raw = body.substr(at, bytes);
      at += bytes;
      const std::string name = output.value("name", "");
      if (name == "exit_stage") {
        answer.exit_stages = Integers(raw, spec_.rows);
      } else if (name != "confidence" && output.value("datatype", "") == "FP32") {
        answer.classes = LargestOfRows(raw, spec_.rows);
      }
    }
    answer.path = json.value("parameters", Json::object()).value("path", "");
  }

  const RequestSpec& spec_;
  HttpClient client_;
  const std::string target_;
  std::string header_;
};

class HttpCallers final : public CallerFactory {
 public:
  explicit HttpCallers(const RequestSpec& spec) : spec_(spec) {}

  std::unique_ptr<Caller> Make(const std::string& address) override {
    return std::make_unique<HttpCaller>(spec_, address);
  }

 private:
  const RequestSpec spec_;
};

}  // namespace

std::unique_ptr<CallerFactory> MakeHttpCallers(const RequestSpec& spec) {
  return std::make_unique<HttpCallers>(spec);
}

}  // namespace offramp::bench
