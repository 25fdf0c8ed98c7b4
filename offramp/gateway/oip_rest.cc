#include "offramp/gateway/oip_rest.h"

#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "offramp/gateway/compression.h"
#include "offramp/gateway/oip_model.h"
#include "offramp/gateway/oip_parameters.h"
#include "offramp/gateway/pending_inference.h"
#include "offramp/gateway/rest_models.h"
#include "offramp/gateway/rest_reply.h"
#include "offramp/gateway/status_map.h"

namespace offramp {

namespace {

// What every reply to one request needs of it, once the request itself is gone.
struct ReplyContext {
  std::string request_id;  // empty: no x-request-id in the reply
  Encoding encoding = Encoding::kIdentity;
  std::size_t min_compressed_bytes = 0;
};

HttpResponse Finish(const ReplyContext& context, HttpResponse response) {
  if (!context.request_id.empty()) response.headers.Add("x-request-id", context.request_id);
  if (context.encoding != Encoding::kIdentity &&
      response.body_bytes() >= context.min_compressed_bytes) {
    response.headers.Add("Content-Encoding", std::string(EncodingName(context.encoding)));
    response.body = {Deflate(context.encoding, response.body)};
  }
  return response;
}

HttpResponse NotReady(std::string_view key, std::string_view why) {
  return HttpResponse::Json(
      HttpStatusOf(StatusCode::kUnavailable),
      "{\"" + std::string(key) + "\":false,\"error\":\"" + std::string(why) + "\"}");
}

// Inference-Header-Content-Length: absent, or the number of bytes of JSON.
Result<std::optional<std::uint64_t>> JsonBytes(const HttpHeaders& headers) {
  constexpr std::string_view kName = "Inference-Header-Content-Length";
  if (!headers.Has(kName)) return std::optional<std::uint64_t>();
  const std::string_view text = headers.Find(kName);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return InvalidArgumentError(
        "Inference-Header-Content-Length must be a whole number of bytes, 0 or more");
  }
  return std::optional<std::uint64_t>(value);
}

bool AsksForReadyOnly(const Buffer& body) {
  // The body is {} or {"ready": bool} or empty; anything longer holds nothing that we know.
  if (body.empty() || body.size() > 4096) return false;
  const auto json = nlohmann::json::parse(body.text(), nullptr, /*allow_exceptions=*/false);
  return json.is_object() && json.contains("ready") && json["ready"].is_boolean() &&
         json["ready"].get<bool>();
}

}  // namespace

OipRest::OipRest(InferenceService& service, OipRestOptions options)
    : service_(service), options_(options), parser_(options.limits) {}

bool OipRest::Owns(std::string_view path) { return path == "/v2" || path.starts_with("/v2/"); }

void OipRest::Handle(HttpRequest request, HttpResponder responder) {
  const RestRoute route = RouteRestPath(request.path());
  if (route.action == RestAction::kModelInfer && request.method == "POST") {
    Infer(request, route, responder);
    return;
  }
  ReplyContext context;
  context.encoding = ChooseEncoding(request.headers.Find("Accept-Encoding"));
  context.min_compressed_bytes = options_.min_compressed_bytes;
  const std::string_view id = request.headers.Find("x-request-id");
  if (IsPlainToken(id)) context.request_id = id;
  responder.Reply(Finish(context, Answer(request, route)));
}

HttpResponse OipRest::Answer(const HttpRequest& request, const RestRoute& route) const {
  const Bundle& model = service_.model();
  if (route.action == RestAction::kUnknown) {
    return RestError(NotFoundError("unknown path '" + std::string(request.path()) + "'"));
  }
  if (route.action == RestAction::kUnsupported) {
    return RestError(UnimplementedError("'" + std::string(request.path()) +
                                        "' is a part of the protocol that is not offered here"));
  }
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (route.needs_post() ? request.method != "POST" : !is_get) {
    HttpResponse response = HttpResponse::Error(
        405, "'" + std::string(request.path()) + "' takes " +
                 (route.needs_post() ? "POST" : "GET") + ", not " + request.method);
    response.headers.Add("Allow", route.needs_post() ? "POST" : "GET, HEAD");
    return response;
  }
  if (!route.model.empty()) {
    const Status known = CheckModel(model, route.model, route.version);
    if (!known.ok()) return RestError(known);
  }
  switch (route.action) {
    case RestAction::kServerMetadata:
      return HttpResponse::Json(200, ServerMetadataJson());
    case RestAction::kServerLive:
      return service_.live() ? HttpResponse::Json(200, "{\"live\":true}")
                             : NotReady("live", "not live");
    case RestAction::kServerReady:
      // The protocol's text calls the field "live" here too; "ready" is what everybody expects.
      return service_.ready() ? HttpResponse::Json(200, "{\"live\":true,\"ready\":true}")
                              : NotReady("ready", kNotReadyReason);
    case RestAction::kModelReady:
      return service_.ready() ? HttpResponse::Json(200, "{\"name\":\"" + JsonEscaped(model.name) +
                                                            "\",\"ready\":true}")
                              : NotReady("ready", kNotReadyReason);
    case RestAction::kModelMetadata:
      return HttpResponse::Json(200, ModelMetadataJson(model));
    case RestAction::kModelConfig:
      return HttpResponse::Json(200, ModelConfigJson(model, service_.max_batch_size()));
    case RestAction::kModelStatistics:
    case RestAction::kAllStatistics:
      return HttpResponse::Json(200, ModelStatisticsJson(model, service_.statistics()));
    case RestAction::kRepositoryIndex:
      return HttpResponse::Json(
          200, RepositoryIndexJson(model, service_.ready(), AsksForReadyOnly(request.body)));
    case RestAction::kModelInfer:  // POST went to Infer, everything else was refused above
    case RestAction::kUnknown:
    case RestAction::kUnsupported:
      break;
  }
  return RestError(InternalError("no answer for this path"));
}

void OipRest::Infer(const HttpRequest& request, const RestRoute& route,
                    const HttpResponder& responder) {
  ReplyContext context;
  context.encoding = ChooseEncoding(request.headers.Find("Accept-Encoding"));
  context.min_compressed_bytes = options_.min_compressed_bytes;
  const std::string_view given_id = request.headers.Find("x-request-id");
  if (IsPlainToken(given_id)) context.request_id = given_id;
  const auto refuse = [&](const Status& status) {
    responder.Reply(Finish(context, RestError(status)));
  };

  const Bundle& model = service_.model();
  if (const Status known = CheckModel(model, route.model, route.version); !known.ok()) {
    return refuse(known);
  }
  const auto encoding = ParseContentEncoding(request.headers.Find("Content-Encoding"));
  if (!encoding.ok()) return refuse(encoding.status());
  const auto json_bytes = JsonBytes(request.headers);
  if (!json_bytes.ok()) return refuse(json_bytes.status());

  // Without a binary part nothing beyond the JSON limit can be right, so a bomb ends there already.
  const std::size_t max_bytes =
      json_bytes->has_value() ? options_.max_inflated_bytes : options_.limits.max_json_bytes;
  const auto body = Inflate(*encoding, request.body, max_bytes);
  auto infer = body.ok() ? parser_.Parse(model, *body, *json_bytes) : body.status();
  if (!infer.ok()) {
    HttpResponse response = RestError(infer.status());
    // Here a bound that was reached is the size of what the client sent, not our load.
    if (infer.status().code() == StatusCode::kResourceExhausted) response.status = 413;
    responder.Reply(Finish(context, std::move(response)));
    return;
  }
  infer->request.model_version = route.version;
  const std::string_view trace_parent = request.headers.Find("traceparent");
  if (IsPlainToken(trace_parent)) infer->request.trace_parent = trace_parent;
  if (infer->request.id.empty()) infer->request.id = context.request_id;

  auto pending = std::make_shared<PendingInference>(service_);
  responder.OnGone([pending] { pending->Cancel(); });
  pending->Start(std::move(infer->request),
                 [responder, context = std::move(context), plan = std::move(infer->plan),
                  &model](const InferenceReply& reply) {
                   responder.Reply(Finish(context, RestReply(plan, model, reply)));
                 });
}

}  // namespace offramp
