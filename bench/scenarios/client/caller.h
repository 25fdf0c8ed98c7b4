// Caller: asks one server and waits for the answer, over one of its two protocols.
#pragma once

#include <memory>
#include <string>

#include "bench/scenarios/client/request.h"

namespace offramp::bench {

// One request at a time: not thread-safe, one per thread.
class Caller {
 public:
  virtual ~Caller() = default;

  // `rows` is what Samples::Rows gave for the spec.
  virtual Answer Call(std::string_view rows) = 0;
};

// Makes the callers of a run. Thread-safe.
class CallerFactory {
 public:
  virtual ~CallerFactory() = default;

  // `address` is "host:port".
  virtual std::unique_ptr<Caller> Make(const std::string& address) = 0;
};

// Blocking unary calls. All callers of one address share one connection, as a client library does.
std::unique_ptr<CallerFactory> MakeGrpcCallers(const RequestSpec& spec);

// HTTP/1.1 with the binary tensor extension; every caller keeps a connection of its own.
std::unique_ptr<CallerFactory> MakeHttpCallers(const RequestSpec& spec);

}  // namespace offramp::bench
