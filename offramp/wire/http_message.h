// HTTP requests and responses as values, for the server and the client.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "offramp/base/buffer.h"

namespace offramp {

// Names keep their spelling and order; look-ups ignore case.
class HttpHeaders {
 public:
  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<std::pair<std::string, std::string>> entries)
      : entries_(entries) {}

  // The first value of that name; empty when absent.
  std::string_view Find(std::string_view name) const;
  bool Has(std::string_view name) const;

  void Add(std::string name, std::string value);

  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

struct HttpRequest {
  std::string method = "GET";  // as sent: "GET", "BREW"
  std::string target = "/";    // path and query as sent, not decoded
  HttpHeaders headers;
  Buffer body;
  std::string peer;  // "127.0.0.1:40321"; empty in a client

  // The target without its query.
  std::string_view path() const;
  std::string_view query() const;  // behind the "?"; empty when absent
};

struct HttpResponse {
  int status = 200;
  // Content-Length, Connection, Date and Server are the server's business and ignored here.
  HttpHeaders headers;
  std::vector<Buffer> body;  // sent in order, without joining them

  std::size_t body_bytes() const;
  std::string BodyText() const;  // joined

  // A response with one text as its body.
  static HttpResponse Json(int status, std::string text);
  static HttpResponse Text(int status, std::string text);  // text/plain
  // {"error": "message"}.
  static HttpResponse Error(int status, std::string_view message);
};

// `text` with quotes, backslashes and control characters escaped, for a JSON string; what is no
// UTF-8 becomes U+FFFD.
std::string JsonEscaped(std::string_view text);

}  // namespace offramp
