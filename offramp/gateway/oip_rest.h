// The Open Inference Protocol v2 over HTTP: everything below /v2, for an HttpServer. Includes the
// binary tensor extension, gzip and deflate both ways, model configuration, statistics and the
// repository index, so that tritonclient works unchanged.
//
//   GET  /v2                                     server metadata
//   GET  /v2/health/live, /v2/health/ready       200, or 503 while not
//   GET  /v2/models/{m}[/versions/{v}]           metadata; .../ready .../config .../stats
//   GET  /v2/models/stats                        statistics of every model
//   POST /v2/models/{m}[/versions/{v}]/infer
//   POST /v2/repository/index                    load, unload, shared memory, trace, logging: 501
#pragma once

#include <memory>
#include <string_view>

#include "offramp/gateway/inference.h"
#include "offramp/gateway/rest_request.h"
#include "offramp/gateway/rest_route.h"
#include "offramp/wire/http_server.h"

namespace offramp {

struct OipRestOptions {
  RestLimits limits;
  // Of a request once inflated; without Content-Encoding the HTTP server's own limit holds.
  std::size_t max_inflated_bytes = std::size_t{64} << 20;
  // Smaller replies are not worth compressing.
  std::size_t min_compressed_bytes = 1024;
};

// Handle runs on the HTTP server's thread, one call at a time. `service` must outlive the object
// and every reply that is still on its way.
class OipRest {
 public:
  explicit OipRest(InferenceService& service, OipRestOptions options = {});

  // Whether `path` is ours: "/v2" or below.
  static bool Owns(std::string_view path);

  // Answers any request, now or when the fleet has; errors of every kind are {"error": "..."}. An
  // infer request whose client goes away is cancelled. The header x-request-id is accepted, logged
  // on every hop and echoed. traceparent is passed on.
  void Handle(HttpRequest request, HttpResponder responder);

 private:
  HttpResponse Answer(const HttpRequest& request, const RestRoute& route) const;
  void Infer(const HttpRequest& request, const RestRoute& route, const HttpResponder& responder);

  InferenceService& service_;
  const OipRestOptions options_;
  RestRequestParser parser_;
};

}  // namespace offramp
