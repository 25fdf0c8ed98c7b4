// HttpClient: one blocking HTTP/1.1 connection, for the command line and for tests. Boost.Beast.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "offramp/base/result.h"
#include "offramp/wire/http_message.h"

namespace offramp {

// Not thread-safe: one per thread.
class HttpClient {
 public:
  // Connects at the first Fetch. `address` is "host:port".
  explicit HttpClient(std::string address);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  // Sends the request and returns the whole response, whatever its status. The connection is kept;
  // one that the server closed meanwhile is opened anew, once. kUnavailable: no connection or it
  // broke; kDeadlineExceeded: not done within `timeout_s`; kResourceExhausted: a body beyond
  // `max_body_bytes`.
  Result<HttpResponse> Fetch(const HttpRequest& request, double timeout_s,
                             std::int64_t max_body_bytes = std::int64_t{256} << 20);

  // The same for a GET without a body.
  Result<HttpResponse> Get(const std::string& target, double timeout_s);

  // The same for a POST of `body`.
  Result<HttpResponse> Post(const std::string& target, std::string body, double timeout_s,
                            const std::string& content_type = "application/json");

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offramp
