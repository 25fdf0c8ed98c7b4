#include "offramp/wire/http_client.h"

#include <chrono>
#include <optional>
#include <utility>  // first: Boost 1.74 with GCC 12 in C++20 forgets it

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "offramp/wire/http_body.h"

namespace offramp {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::uint32_t kHeaderBytes = 1 << 20;

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(std::string address) : address_(std::move(address)) {}

  Result<HttpResponse> Fetch(const HttpRequest& request, double timeout_s,
                             std::int64_t max_body_bytes) {
    const auto deadline = steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(
                                                    std::chrono::duration<double>(timeout_s));
    const bool reused = stream_.has_value();
    bool answered = false;
    auto response = Try(request, deadline, max_body_bytes, &answered);
    if (response.ok()) return response;
    stream_.reset();
    // A server may close a connection that rests. It has not seen this request then.
    const bool stale = reused && !answered && response.status().code() == StatusCode::kUnavailable;
    if (!stale) return response;
    response = Try(request, deadline, max_body_bytes, &answered);
    if (!response.ok()) stream_.reset();
    return response;
  }

 private:
  // Runs what was started until its handler has set `error`.
  void Run() {
    io_.restart();
    io_.run();
  }

  Status Failed(const char* what, const error_code& error) const {
    if (error == beast::error::timeout) {
      return DeadlineExceededError(address_ + ": no answer in time while " + what);
    }
    if (error == http::error::body_limit) {
      return ResourceExhaustedError(address_ + ": the answer is too large");
    }
    return UnavailableError(address_ + ": " + what + ": " + error.message());
  }

  Status Connect(steady_clock::time_point deadline) {
    const std::size_t colon = address_.rfind(':');
    if (colon == std::string::npos) {
      return InvalidArgumentError("\"" + address_ + "\" is no address; expected host:port");
    }
    std::string host = address_.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    error_code error;
    asio::ip::tcp::resolver resolver(io_);
    const auto endpoints = resolver.resolve(host, address_.substr(colon + 1), error);
    if (error) return Failed("resolving", error);
    buffer_.clear();
    buffer_.reserve(64 << 10);  // as much as Beast then reads at once
    stream_.emplace(io_);
    stream_->expires_at(deadline);
    stream_->async_connect(endpoints,
                           [&error](const error_code& result, const auto&) { error = result; });
    Run();
    if (error) {
      stream_.reset();
      return Failed("connecting", error);
    }
    stream_->socket().set_option(asio::ip::tcp::no_delay(true), error);
    return OkStatus();
  }

  Result<HttpResponse> Try(const HttpRequest& request, steady_clock::time_point deadline,
                           std::int64_t max_body_bytes, bool* answered) {
    if (!stream_) OFFRAMP_RETURN_IF_ERROR(Connect(deadline));
    http::request<internal::GatherBody> out;
    out.version(11);
    out.method_string(request.method);
    out.target(request.target);
    for (const auto& [name, value] : request.headers.entries()) {
      if (internal::IsPlainHeader(name, value)) out.insert(name, value);
    }
    if (out.find(http::field::host) == out.end()) out.set(http::field::host, address_);
    if (!request.body.empty()) out.body().push_back(request.body);
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
      out.content_length(request.body.size());
    }
    error_code error;
    stream_->expires_at(deadline);
    http::async_write(*stream_, out,
                      [&error](const error_code& result, std::size_t) { error = result; });
    Run();
    // Read even then: the server may have refused the body and said why.
    const error_code write_error = error;

    http::response_parser<internal::GrowingBody> parser;
    parser.header_limit(kHeaderBytes);
    parser.body_limit(static_cast<std::uint64_t>(max_body_bytes));
    parser.skip(request.method == "HEAD");
    http::async_read(*stream_, buffer_, parser,
                     [&error](const error_code& result, std::size_t) { error = result; });
    Run();
    *answered = parser.got_some();
    if (error) return Failed(write_error ? "sending" : "receiving", error);
    HttpResponse response{.status = static_cast<int>(parser.get().result_int()),
                          .headers = internal::HeadersOf(parser.get())};
    if (!parser.get().body().empty()) {
      response.body.push_back(internal::BufferOf(std::move(parser.get().body())));
    }
    if (write_error || !parser.get().keep_alive()) stream_.reset();
    return response;
  }

  const std::string address_;
  asio::io_context io_{1};
  std::optional<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
};

HttpClient::HttpClient(std::string address) : impl_(std::make_unique<Impl>(std::move(address))) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::Fetch(const HttpRequest& request, double timeout_s,
                                       std::int64_t max_body_bytes) {
  return impl_->Fetch(request, timeout_s, max_body_bytes);
}

Result<HttpResponse> HttpClient::Get(const std::string& target, double timeout_s) {
  return Fetch({.target = target}, timeout_s);
}

Result<HttpResponse> HttpClient::Post(const std::string& target, std::string body, double timeout_s,
                                      const std::string& content_type) {
  return Fetch({.method = "POST",
                .target = target,
                .headers = {{"Content-Type", content_type}},
                .body = internal::BufferOf(std::move(body))},
               timeout_s);
}

}  // namespace offramp
