// One client's connection to an HttpServer. Internal to http_server. Everything but HttpResponder
// runs on the server's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>  // first: Boost 1.74 with GCC 12 in C++20 forgets it

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>

#include "offramp/base/clock.h"
#include "offramp/wire/http_body.h"
#include "offramp/wire/http_server.h"

namespace offramp::internal {

class HttpSession;

// What a server shares with its sessions, which all end before it does, and with responders, which
// may not.
struct HttpServerState {
  HttpServerState(HttpHandler http_handler, const HttpServerOptions& server_options)
      : handler(std::move(http_handler)), options(server_options) {}

  boost::asio::io_context io{1};
  const HttpHandler handler;
  const HttpServerOptions options;
  const SteadyClock clock;
  std::unordered_set<std::shared_ptr<HttpSession>> sessions;
  std::int64_t total_body_bytes = 0;
  bool stopping = false;
  std::function<void()> on_session_end;
  std::weak_ptr<HttpServerState> self;  // for responders

  struct {
    std::atomic<std::int64_t> connections = 0, accepted = 0, rejected = 0, requests = 0,
                              bad_requests = 0, gone = 0;
  } counters;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(HttpServerState* server, boost::asio::ip::tcp::socket socket);

  void Start();

  // Instead of Start: tells the client that there is no room.
  void Reject();

  // Closes if the phase has lasted too long.
  void CheckDeadline(double now_s);

  // Ends after the request at work, or at once if there is none.
  void FinishSoon();

  // At once; a pending request is told.
  void Close();

  // The reply to request number `sequence`.
  void OnReply(std::uint64_t sequence, HttpResponse response);

 private:
  enum class Phase { kIdle, kHeader, kBody, kHandling, kWriting, kLingering, kClosed };

  void ReadRequest();
  void WatchSocket();
  void OnReadable();
  // The client has ended its sending. It may still want its answer (half-closed), or be gone.
  void OnClientEnd();
  void Probe();
  void ReadHeader();
  void OnHeader(const boost::system::error_code& error);
  void ReadBody();
  void OnBody(const boost::system::error_code& error);
  void Handle();
  void OnReadError(const boost::system::error_code& error);
  void FailRequest(int status, std::string_view message);
  void Write(HttpResponse response, bool keep_alive);
  void WriteAfterProbes();
  void OnWritten(const boost::system::error_code& error, bool keep_alive);
  void Linger();
  void SetPhase(Phase phase, double seconds);
  void ReleaseBody();

  HttpServerState& server_;
  boost::asio::ip::tcp::socket socket_;
  std::string peer_;
  Phase phase_ = Phase::kIdle;
  double phase_start_s_ = 0;
  double deadline_s_ = 0;
  bool timed_out_ = false;       // the deadline has cut off a read
  bool watching_ = false;        // a wait for the socket is under way; only while buffer_ is empty
  bool ended_ = false;           // the client sends no more
  std::size_t probe_bytes_ = 0;  // of the response, sent before there is one
  bool unread_ = false;          // the client may still be sending what nobody will read
  std::int64_t lingered_bytes_ = 0;
  std::int64_t charged_bytes_ = 0;  // of the server's total_body_bytes
  std::uint64_t sequence_ = 0;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<GrowingBody>> parser_;
  std::optional<boost::beast::http::response<GatherBody>> response_;
  std::weak_ptr<HttpResponder::State> responder_;
};

}  // namespace offramp::internal

namespace offramp {

class HttpResponder::State {
 public:
  State(std::weak_ptr<internal::HttpServerState> server,
        std::weak_ptr<internal::HttpSession> session, std::uint64_t sequence)
      : server_(std::move(server)), session_(std::move(session)), sequence_(sequence) {}
  ~State();

  void Reply(HttpResponse response);
  void OnGone(std::function<void()> task);
  bool gone() const;

  // The client has left.
  void SetGone();

 private:
  void Deliver(HttpResponse response);

  const std::weak_ptr<internal::HttpServerState> server_;
  const std::weak_ptr<internal::HttpSession> session_;
  const std::uint64_t sequence_;
  mutable std::mutex mutex_;  // guards what follows
  bool replied_ = false;
  bool gone_ = false;
  std::function<void()> on_gone_;
};

}  // namespace offramp
