#include "offramp/cli/admin_client.h"

#include "offramp/base/text.h"
#include "offramp/wire/http_client.h"

namespace offramp {
namespace {

Result<std::string> BodyIfOk(Result<HttpResponse> response, const std::string& address,
                             const std::string& target) {
  if (!response.ok()) return response.status().At(address + target);
  std::string body = response->BodyText();
  if (response->status / 100 == 2) return body;
  while (!body.empty() && body.back() == '\n') body.pop_back();
  return UnavailableError(
      Format("%s%s: HTTP %d %s", address.c_str(), target.c_str(), response->status, body.c_str()));
}

Result<std::string> Get(const std::string& address, const std::string& target, double timeout_s) {
  return BodyIfOk(HttpClient(address).Get(target, timeout_s), address, target);
}

Result<std::string> Post(const std::string& address, const std::string& target, double timeout_s) {
  return BodyIfOk(HttpClient(address).Post(target, "", timeout_s), address, target);
}

}  // namespace

Status CheckReady(const std::string& address, double timeout_s) {
  return Get(address, "/readyz", timeout_s).status();
}

Result<nlohmann::json> FetchStatus(const std::string& address, double timeout_s) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string body, Get(address, "/status", timeout_s));
  auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return UnavailableError(address + "/status: is not a JSON object");
  return json;
}

Status RequestDrain(const std::string& address, double timeout_s) {
  return Post(address, "/drain", timeout_s).status();
}

Status RequestSpeed(const std::string& address, double gflops_per_s, double timeout_s) {
  return Post(address, Format("/speed?gflops_per_s=%.9g", gflops_per_s), timeout_s).status();
}

}  // namespace offramp
