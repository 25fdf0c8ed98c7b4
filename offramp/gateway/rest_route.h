// Paths of the Open Inference Protocol: from a request's path to what is asked of which model.
#pragma once

#include <string>
#include <string_view>

namespace offramp {

enum class RestAction {
  kUnknown,      // 404
  kUnsupported,  // a part of the protocol that we do not offer: 501
  kServerMetadata,
  kServerLive,
  kServerReady,
  kModelMetadata,
  kModelReady,
  kModelConfig,
  kModelStatistics,
  kAllStatistics,
  kModelInfer,  // POST, like the next; all others GET
  kRepositoryIndex,
};

struct RestRoute {
  RestAction action = RestAction::kUnknown;
  std::string model;    // percent-decoded; empty where the path names none
  std::string version;  // empty: none named

  bool needs_post() const {
    return action == RestAction::kModelInfer || action == RestAction::kRepositoryIndex;
  }
};

// `path` without the query; any text is accepted.
RestRoute RouteRestPath(std::string_view path);

}  // namespace offramp
