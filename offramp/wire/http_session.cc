#include "offramp/wire/http_session.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <exception>
#include <sstream>
#include <vector>

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "offramp/base/text.h"
#include "offramp/wire/socket_address.h"

namespace offramp::internal {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kLargeBody = 64 << 10;
constexpr double kLinger_s = 1;
constexpr std::int64_t kLingerBytes = 1 << 20;
// How every response begins, and when a client that sends no more gets its first byte of it after
// the first one; each later one takes twice as long.
constexpr std::string_view kProbe = "HTTP/1.1 ";
constexpr double kProbe_s = 0.25;

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

std::string PeerOf(const asio::ip::tcp::socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? "" : TextOf(endpoint);
}

}  // namespace

HttpSession::HttpSession(HttpServerState* server, asio::ip::tcp::socket socket)
    : server_(*server),
      socket_(std::move(socket)),
      peer_(PeerOf(socket_)),
      buffer_(static_cast<std::size_t>(server_.options.max_header_bytes) + 65536) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

void HttpSession::Start() { ReadRequest(); }

void HttpSession::Reject() {
  ++server_.counters.rejected;
  FailRequest(503, "too many connections");
}

void HttpSession::SetPhase(Phase phase, double seconds) {
  phase_ = phase;
  phase_start_s_ = server_.clock.NowSeconds();
  deadline_s_ = phase_start_s_ + seconds;
}

void HttpSession::ReadRequest() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(server_.options.max_header_bytes));
  parser_->body_limit(static_cast<std::uint64_t>(server_.options.max_body_bytes));
  if (buffer_.size() > 0) return ReadHeader();
  if (buffer_.capacity() >= kLargeBody) buffer_.shrink_to_fit();
  SetPhase(Phase::kIdle, server_.options.idle_timeout_s);
  WatchSocket();
}

// Waits for bytes or for the client's end, between requests and while one is at work.
void HttpSession::WatchSocket() {
  if (watching_) return;
  watching_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const error_code& error) {
                       self->watching_ = false;
                       if (!error) self->OnReadable();
                     });
}

void HttpSession::OnReadable() {
  if (phase_ == Phase::kClosed || phase_ == Phase::kLingering) return;
  error_code error;
  const std::size_t bytes = socket_.read_some(buffer_.prepare(kReadBytes), error);
  if (error == asio::error::would_block) return WatchSocket();
  if (error == asio::error::eof && phase_ == Phase::kHandling) return OnClientEnd();
  if (error && phase_ == Phase::kWriting) {
    // It will read what it asked for, perhaps; the write finds out.
    ended_ = true;
    return;
  }
  if (error) return Close();
  buffer_.commit(bytes);
  // Else these are the client's next requests, sent ahead: they wait here and in the socket, and we
  // do not look further, so that they cannot fill our memory.
  if (phase_ == Phase::kIdle) ReadHeader();
}

// Whoever has closed its socket and whoever has only shut down its sending look the same from here,
// until they are sent something: the former's system answers with a reset. So the response's first
// bytes, which are the same whatever it says, go out early, one by one.
void HttpSession::OnClientEnd() {
  ended_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_error,
                     [self = shared_from_this()](const error_code& error) {
                       if (!error && self->phase_ == Phase::kHandling) self->Close();
                     });
  Probe();
}

void HttpSession::Probe() {
  deadline_s_ = server_.clock.NowSeconds() + std::ldexp(kProbe_s, static_cast<int>(probe_bytes_));
  if (probe_bytes_ == kProbe.size()) return;  // the handler's own deadline bounds the rest
  error_code error;
  const std::size_t sent = socket_.write_some(asio::buffer(kProbe.data() + probe_bytes_, 1), error);
  if (error && error != asio::error::would_block) return Close();
  probe_bytes_ += sent;
}

void HttpSession::ReadHeader() {
  SetPhase(Phase::kHeader, server_.options.header_timeout_s);
  http::async_read_header(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](const error_code& error, std::size_t) { self->OnHeader(error); });
}

void HttpSession::OnHeader(const error_code& error) {
  if (phase_ == Phase::kClosed) return;
  if (error) return OnReadError(error);
  SetPhase(Phase::kBody, server_.options.body_timeout_s);
  if (parser_->is_done()) return Handle();
  // Beast reads as much at once as the buffer has room for.
  if (parser_->content_length().value_or(kLargeBody) >= kLargeBody) buffer_.reserve(kLargeBody);
  if (!boost::beast::iequals(parser_->get()[http::field::expect], "100-continue"))
    return ReadBody();
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(kContinue.data(), kContinue.size()),
                    [self = shared_from_this()](const error_code& failed, std::size_t) {
                      if (self->phase_ == Phase::kClosed) return;
                      if (failed) return self->OnReadError(failed);
                      self->ReadBody();
                    });
}

void HttpSession::ReadBody() {
  http::async_read_some(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](const error_code& error, std::size_t) { self->OnBody(error); });
}

void HttpSession::OnBody(const error_code& error) {
  if (phase_ == Phase::kClosed) return;
  if (error) return OnReadError(error);
  const std::int64_t received = static_cast<std::int64_t>(parser_->get().body().size());
  server_.total_body_bytes += received - charged_bytes_;
  charged_bytes_ = received;
  if (server_.total_body_bytes > server_.options.max_total_body_bytes) {
    return FailRequest(503, "too many bytes of requests at once; try again");
  }
  if (parser_->is_done()) return Handle();
  deadline_s_ =
      phase_start_s_ + server_.options.body_timeout_s +
      static_cast<double>(received) / static_cast<double>(server_.options.min_bytes_per_s);
  ReadBody();
}

void HttpSession::Handle() {
  auto& message = parser_->get();
  HttpRequest request{.method = std::string(message.method_string()),
                      .target = std::string(message.target()),
                      .headers = HeadersOf(message),
                      .body = BufferOf(std::move(message.body())),
                      .peer = peer_};
  phase_ = Phase::kHandling;
  ++server_.counters.requests;
  ++sequence_;
  const auto state =
      std::make_shared<HttpResponder::State>(server_.self, weak_from_this(), sequence_);
  responder_ = state;
  try {
    server_.handler(std::move(request), HttpResponder(state));
  } catch (const std::exception& error) {
    state->Reply(HttpResponse::Error(500, std::string("internal error: ") + error.what()));
  } catch (...) {
    state->Reply(HttpResponse::Error(500, "internal error"));
  }
  if (phase_ == Phase::kHandling && buffer_.size() == 0) WatchSocket();
}

void HttpSession::OnReply(std::uint64_t sequence, HttpResponse response) {
  if (phase_ != Phase::kHandling || sequence != sequence_) return;
  Write(std::move(response), parser_->get().keep_alive());
}

void HttpSession::OnReadError(const error_code& error) {
  if (timed_out_) return FailRequest(408, "the request took too long to arrive");
  if (error == http::error::body_limit) {
    return FailRequest(413, Format("the body is larger than %lld bytes",
                                   static_cast<long long>(server_.options.max_body_bytes)));
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return FailRequest(431, Format("the header is larger than %lld bytes",
                                   static_cast<long long>(server_.options.max_header_bytes)));
  }
  const bool malformed = error.category() == make_error_code(http::error::bad_method).category() &&
                         error != http::error::end_of_stream &&
                         error != http::error::partial_message;
  if (!malformed) return Close();
  FailRequest(400, "not an HTTP/1.1 request: " + error.message());
}

void HttpSession::FailRequest(int status, std::string_view message) {
  ++server_.counters.bad_requests;
  unread_ = true;
  Write(HttpResponse::Error(status, message), /*keep_alive=*/false);
}

void HttpSession::Write(HttpResponse response, bool keep_alive) {
  keep_alive = keep_alive && !server_.stopping && !ended_;
  const std::size_t bytes = response.body_bytes();
  auto& out = response_.emplace();
  out.version(11);
  out.result(static_cast<unsigned>(response.status));
  for (const auto& [name, value] : response.headers.entries()) {
    if (IsPlainHeader(name, value)) out.insert(name, value);
  }
  out.set(http::field::server, "offramp");
  out.set(http::field::date, HttpDate());
  out.erase(http::field::connection);
  out.erase(http::field::transfer_encoding);
  out.keep_alive(keep_alive);
  if (parser_ && parser_->is_header_done() && parser_->get().version() == 10 && keep_alive) {
    out.set(http::field::connection, "keep-alive");
  }
  if (response.status != 204 && response.status != 304) out.content_length(bytes);
  const bool head =
      parser_ && parser_->is_header_done() && parser_->get().method() == http::verb::head;
  if (!head) out.body() = std::move(response.body);
  SetPhase(Phase::kWriting,
           server_.options.body_timeout_s +
               static_cast<double>(bytes) / static_cast<double>(server_.options.min_bytes_per_s));
  if (probe_bytes_ > 0) return WriteAfterProbes();
  http::async_write(socket_, *response_,
                    [self = shared_from_this(), keep_alive](const error_code& error, std::size_t) {
                      self->OnWritten(error, keep_alive);
                    });
}

void HttpSession::WriteAfterProbes() {
  std::ostringstream text;
  text << response_->base();
  const auto head = std::make_shared<const std::string>(text.str());
  std::vector<asio::const_buffer> bytes = {asio::buffer(*head) + probe_bytes_};
  for (const Buffer& part : response_->body()) bytes.emplace_back(part.data(), part.size());
  asio::async_write(socket_, bytes,
                    [self = shared_from_this(), head](const error_code& error, std::size_t) {
                      self->OnWritten(error, /*keep_alive=*/false);
                    });
}

void HttpSession::OnWritten(const error_code& error, bool keep_alive) {
  response_.reset();
  ReleaseBody();
  if (phase_ == Phase::kClosed) return;
  if (error) return Close();
  if (keep_alive && !server_.stopping && !ended_) return ReadRequest();
  if (!unread_) return Close();
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  SetPhase(Phase::kLingering, kLinger_s);
  Linger();
}

// Closing a socket with unread bytes resets it, and the client may never see the error response:
// read on for a while.
void HttpSession::Linger() {
  buffer_.consume(buffer_.size());
  socket_.async_read_some(
      buffer_.prepare(kReadBytes),
      [self = shared_from_this()](const error_code& error, std::size_t bytes) {
        self->lingered_bytes_ += static_cast<std::int64_t>(bytes);
        if (error || self->phase_ == Phase::kClosed || self->lingered_bytes_ > kLingerBytes) {
          return self->Close();
        }
        self->Linger();
      });
}

void HttpSession::CheckDeadline(double now_s) {
  if (now_s < deadline_s_) return;
  error_code ignored;
  switch (phase_) {
    case Phase::kHeader:
    case Phase::kBody:
      timed_out_ = true;
      socket_.cancel(ignored);  // the read's handler answers
      return;
    case Phase::kHandling:  // takes as long as the handler wants
      if (ended_) Probe();
      return;
    case Phase::kClosed:
      return;
    case Phase::kIdle:
    case Phase::kWriting:
    case Phase::kLingering:
      return Close();
  }
}

void HttpSession::FinishSoon() {
  if (phase_ != Phase::kHandling && phase_ != Phase::kWriting) Close();
}

void HttpSession::Close() {
  if (phase_ == Phase::kClosed) return;
  const bool pending = phase_ == Phase::kHandling;
  const auto self = shared_from_this();
  phase_ = Phase::kClosed;
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  ReleaseBody();
  server_.sessions.erase(self);
  if (server_.on_session_end) server_.on_session_end();
  if (!pending) return;
  ++server_.counters.gone;
  if (const auto responder = responder_.lock()) responder->SetGone();
}

void HttpSession::ReleaseBody() { server_.total_body_bytes -= std::exchange(charged_bytes_, 0); }

}  // namespace offramp::internal
