#include "offramp/gateway/status_map.h"

#include <array>

#include "offramp/base/check.h"

namespace offramp {

namespace {

// HTTP numbers as Triton answers them, except that "not ready" is 503 (Triton: 400), which probes
// and proxies understand, and that a full queue is 503 with Retry-After.
constexpr std::array<StatusMapping, kStatusCodeCount> kTable = {{
    {StatusCode::kOk, 200, 0, "answered"},
    {StatusCode::kCancelled, 400, 1, "the client gave up"},
    {StatusCode::kInvalidArgument, 400, 3, "the request is wrong"},
    {StatusCode::kDeadlineExceeded, 504, 4, "the deadline passed"},
    {StatusCode::kNotFound, 404, 5, "no such model, version or path"},
    {StatusCode::kAlreadyExists, 400, 6, "it exists already"},
    {StatusCode::kPermissionDenied, 403, 7, "not allowed"},
    {StatusCode::kResourceExhausted, 503, 8, "a bound of ours was reached"},
    {StatusCode::kFailedPrecondition, 400, 9, "not in this state"},
    {StatusCode::kUnimplemented, 501, 12, "not offered"},
    {StatusCode::kInternal, 500, 13, "our own fault"},
    {StatusCode::kUnavailable, 503, 14, "not now: not ready, draining or overloaded"},
}};

}  // namespace

const StatusMapping& MappingOf(StatusCode code) {
  const auto index = static_cast<std::size_t>(code);
  OFFRAMP_CHECK(index < kTable.size() && kTable[index].code == code, "the table lacks a code");
  return kTable[index];
}

const char* HttpReason(int http_status) {
  switch (http_status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Error";
  }
}

}  // namespace offramp
