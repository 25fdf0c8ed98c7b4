#include "offramp/gateway/rest_route.h"

#include <vector>

#include "offramp/base/text.h"

namespace offramp {

namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "%2F" becomes "/"; what is no valid escape stays as it is.
std::string Decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

RestAction ModelAction(const std::vector<std::string>& rest) {
  if (rest.empty()) return RestAction::kModelMetadata;
  if (rest.size() == 2 && rest[0] == "trace" && rest[1] == "setting") {
    return RestAction::kUnsupported;
  }
  if (rest.size() != 1) return RestAction::kUnknown;
  if (rest[0] == "ready") return RestAction::kModelReady;
  if (rest[0] == "config") return RestAction::kModelConfig;
  if (rest[0] == "stats") return RestAction::kModelStatistics;
  if (rest[0] == "infer") return RestAction::kModelInfer;
  if (rest[0] == "generate" || rest[0] == "generate_stream") return RestAction::kUnsupported;
  return RestAction::kUnknown;
}

// parts: what follows "/v2/models/".
RestRoute RouteModel(std::vector<std::string> parts) {
  RestRoute route;
  if (parts.size() == 1 && parts[0] == "stats") {
    route.action = RestAction::kAllStatistics;
    return route;
  }
  if (parts.empty() || parts[0].empty()) return route;
  route.model = Decoded(parts[0]);
  std::size_t used = 1;
  if (parts.size() >= 2 && parts[1] == "versions") {
    if (parts.size() < 3 || parts[2].empty()) return route;
    route.version = Decoded(parts[2]);
    used = 3;
  }
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(used));
  route.action = ModelAction(parts);
  return route;
}

RestAction RepositoryAction(const std::vector<std::string>& parts) {
  if (parts.size() == 1 && parts[0] == "index") return RestAction::kRepositoryIndex;
  if (parts.size() == 3 && parts[0] == "models" && (parts[2] == "load" || parts[2] == "unload")) {
    return RestAction::kUnsupported;
  }
  return RestAction::kUnknown;
}

}  // namespace

RestRoute RouteRestPath(std::string_view path) {
  RestRoute route;
  if (path == "/v2" || path == "/v2/") {
    route.action = RestAction::kServerMetadata;
    return route;
  }
  if (!path.starts_with("/v2/")) return route;
  std::vector<std::string> parts = Split(path.substr(4), '/');
  const std::string area = parts[0];
  parts.erase(parts.begin());
  if (area == "health" && parts.size() == 1) {
    if (parts[0] == "live") route.action = RestAction::kServerLive;
    if (parts[0] == "ready") route.action = RestAction::kServerReady;
  } else if (area == "models") {
    return RouteModel(std::move(parts));
  } else if (area == "repository") {
    route.action = RepositoryAction(parts);
  } else if (area == "systemsharedmemory" || area == "cudasharedmemory" || area == "logging" ||
             (area == "trace" && parts.size() == 1 && parts[0] == "setting")) {
    route.action = RestAction::kUnsupported;
  }
  return route;
}

}  // namespace offramp
