// What happens in a gateway, for metrics and logs; GatewayCore itself knows neither.
#pragma once

#include <cstddef>
#include <string>

#include "offramp/gateway/inference.h"

namespace offramp {

// Called on the loop's thread.
class GatewayObserver {
 public:
  virtual ~GatewayObserver() = default;

  // A request was answered, refused or failed (reply.status says which). `rows` as asked for.
  virtual void OnReply(const InferenceRequest& request, std::size_t rows,
                       const InferenceReply& reply) = 0;
};

}  // namespace offramp
