#include "offramp/daemon/admin_server.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace offramp {

namespace {

// A scrape or a probe is small; nothing here needs more.
constexpr std::int64_t kMaxBodyBytes = 64 << 10;
constexpr int kMaxConnections = 64;

std::optional<double> QueryNumber(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (!pair.starts_with(key) || pair.substr(key.size()).substr(0, 1) != "=") continue;
    const std::string_view text = pair.substr(key.size() + 1);
    double value = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

HttpResponse Answer(const AdminHooks& hooks, const HttpRequest& request) {
  const std::string_view path = request.path();
  const bool read = request.method == "GET" || request.method == "HEAD";
  const bool post = request.method == "POST";
  if (path == "/healthz") {
    if (!read) return HttpResponse::Error(405, "use GET");
    return HttpResponse::Json(200, R"({"live":true})");
  }
  if (path == "/readyz" && hooks.ready) {
    if (!read) return HttpResponse::Error(405, "use GET");
    const Status ready = hooks.ready();
    return ready.ok() ? HttpResponse::Json(200, R"({"ready":true})")
                      : HttpResponse::Error(503, ready.message());
  }
  if (path == "/metrics" && hooks.metrics) {
    if (!read) return HttpResponse::Error(405, "use GET");
    HttpResponse response;
    response.headers.Add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body.push_back(Buffer::CopyOf(hooks.metrics()));
    return response;
  }
  if (path == "/status" && hooks.status) {
    if (!read) return HttpResponse::Error(405, "use GET");
    return HttpResponse::Json(200, hooks.status());
  }
  if (path == "/drain" && hooks.drain) {
    if (!post) return HttpResponse::Error(405, "use POST");
    hooks.drain();
    return HttpResponse::Json(202, R"({"draining":true})");
  }
  if (path == "/speed" && hooks.set_speed) {
    if (!post) return HttpResponse::Error(405, "use POST");
    const std::optional<double> speed = QueryNumber(request.query(), "gflops_per_s");
    if (!speed || !std::isfinite(*speed) || *speed < 0) {
      return HttpResponse::Error(400, "gflops_per_s is missing or no number from 0 on");
    }
    const Status set = hooks.set_speed(*speed);
    return set.ok() ? HttpResponse::Json(200, R"({"ok":true})")
                    : HttpResponse::Error(400, set.message());
  }
  return HttpResponse::Error(404, "no such path: " + std::string(path));
}

}  // namespace

Result<std::unique_ptr<AdminServer>> AdminServer::Start(const std::string& address, EventLoop& loop,
                                                        AdminHooks hooks) {
  HttpServerOptions options;
  options.max_body_bytes = kMaxBodyBytes;
  options.max_connections = kMaxConnections;
  auto shared = std::make_shared<const AdminHooks>(std::move(hooks));
  auto handler = [shared, &loop](HttpRequest request, HttpResponder responder) {
    auto asked = std::make_shared<HttpRequest>(std::move(request));
    const bool posted =
        loop.Post([shared, asked, responder] { responder.Reply(Answer(*shared, *asked)); });
    if (!posted) responder.Reply(HttpResponse::Error(503, "stopping"));
  };
  std::unique_ptr<AdminServer> server(new AdminServer);
  OFFRAMP_ASSIGN_OR_RETURN(server->server_, HttpServer::Start(address, handler, options));
  return server;
}

AdminServer::~AdminServer() = default;

const std::string& AdminServer::address() const { return server_->address(); }

}  // namespace offramp
