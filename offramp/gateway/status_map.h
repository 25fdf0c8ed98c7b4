// The one table from our status codes to what clients of each protocol see. Clients, probes and
// proxies act on these numbers, so one cause has one code everywhere.
#pragma once

#include "offramp/base/status.h"

namespace offramp {

// One row: what `code` becomes.
struct StatusMapping {
  StatusCode code;
  int http;         // status of the HTTP reply
  int grpc;         // grpc::StatusCode as a number, so that REST files need no gRPC header
  const char* why;  // for documentation and logs
};

// The row of `code`; every code has one. Thread-safe.
const StatusMapping& MappingOf(StatusCode code);

inline int HttpStatusOf(StatusCode code) { return MappingOf(code).http; }
inline int GrpcStatusOf(StatusCode code) { return MappingOf(code).grpc; }

// The reason phrase of an HTTP status that we send, "Error" for any other.
const char* HttpReason(int http_status);

}  // namespace offramp
