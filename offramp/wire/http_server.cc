#include "offramp/wire/http_server.h"

#include <algorithm>
#include <condition_variable>
#include <thread>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "offramp/wire/http_session.h"
#include "offramp/wire/socket_address.h"

namespace offramp {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using internal::HttpServerState;
using internal::HttpSession;
using internal::ParseAddress;
using internal::TextOf;

// Connections that are told there is no room, at once; more are just closed.
constexpr int kRejecting = 64;

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpHandler handler, const HttpServerOptions& options)
      : state_(std::make_shared<HttpServerState>(std::move(handler), options)),
        acceptor_(state_->io),
        accept_pause_(state_->io),
        ticker_(state_->io) {
    state_->self = state_;
    state_->on_session_end = [this] { OnSessionEnd(); };
    const double shortest_s =
        std::min({options.idle_timeout_s, options.header_timeout_s, options.body_timeout_s});
    tick_s_ = std::clamp(shortest_s / 4, 0.01, 0.25);
  }

  Status Listen(const std::string& address) {
    OFFRAMP_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseAddress(address));
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return UnavailableError("cannot listen on " + address + ": " + error.message());
    address_ = TextOf(acceptor_.local_endpoint(error));
    Accept();
    thread_ = std::thread([this] { state_->io.run(); });
    return OkStatus();
  }

  void Stop(double seconds) {
    const std::lock_guard only_one(stop_mutex_);
    if (!thread_.joinable()) return;
    asio::post(state_->io, [this] {
      error_code ignored;
      state_->stopping = true;
      acceptor_.close(ignored);
      accept_pause_.cancel();
      for (const auto& session : Sessions()) session->FinishSoon();
      OnSessionEnd();
    });
    {
      std::unique_lock lock(mutex_);
      empty_changed_.wait_for(lock, std::chrono::duration<double>(seconds),
                              [this] { return empty_; });
    }
    asio::post(state_->io, [this] {
      for (const auto& session : Sessions()) session->Close();
      ticker_.cancel();
    });
    // Nothing is left to do for the loop now: it ends by itself, after the handlers of what was
    // closed.
    thread_.join();
  }

  const std::string& address() const { return address_; }

  HttpServerCounters counters() const {
    const auto& counters = state_->counters;
    return {.connections = counters.connections,
            .accepted = counters.accepted,
            .rejected = counters.rejected,
            .requests = counters.requests,
            .bad_requests = counters.bad_requests,
            .gone = counters.gone};
  }

 private:
  // A copy: sessions leave the set when they close.
  std::vector<std::shared_ptr<HttpSession>> Sessions() const {
    return {state_->sessions.begin(), state_->sessions.end()};
  }

  void Accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (state_->stopping || error == asio::error::operation_aborted) return;
      if (!error) {
        TakeIn(std::move(socket));
        return Accept();
      }
      // No file descriptors, most likely: others will close theirs.
      accept_pause_.expires_after(std::chrono::milliseconds(50));
      accept_pause_.async_wait([this](const error_code& cancelled) {
        if (!cancelled && !state_->stopping) Accept();
      });
    });
  }

  void TakeIn(tcp::socket socket) {
    const int open = static_cast<int>(state_->sessions.size());
    const int limit = state_->options.max_connections;
    if (open >= limit + kRejecting) {
      ++state_->counters.rejected;
      return;  // closes the socket
    }
    const auto session = std::make_shared<HttpSession>(state_.get(), std::move(socket));
    state_->sessions.insert(session);
    state_->counters.connections = open + 1;
    if (open >= limit) {
      session->Reject();
    } else {
      ++state_->counters.accepted;
      session->Start();
    }
    if (!ticking_) Tick();
  }

  // One timer for all deadlines: a request then costs none. Stands still without connections.
  void Tick() {
    ticking_ = true;
    ticker_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(tick_s_)));
    ticker_.async_wait([this](const error_code& cancelled) {
      ticking_ = false;
      if (cancelled) return;
      const double now_s = state_->clock.NowSeconds();
      for (const auto& session : Sessions()) session->CheckDeadline(now_s);
      if (!state_->sessions.empty()) Tick();
    });
  }

  void OnSessionEnd() {
    state_->counters.connections = static_cast<std::int64_t>(state_->sessions.size());
    if (!state_->stopping || !state_->sessions.empty()) return;
    const std::lock_guard lock(mutex_);
    empty_ = true;
    empty_changed_.notify_all();
  }

  const std::shared_ptr<HttpServerState> state_;
  tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_;
  asio::steady_timer ticker_;
  double tick_s_ = 0;
  bool ticking_ = false;
  std::string address_;
  std::thread thread_;

  std::mutex stop_mutex_;
  std::mutex mutex_;  // guards empty_
  std::condition_variable empty_changed_;
  bool empty_ = false;  // stopping, and no session is left
};

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { impl_->Stop(0); }

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& address,
                                                      HttpHandler handler,
                                                      HttpServerOptions options) {
  auto impl = std::make_shared<Impl>(std::move(handler), options);
  OFFRAMP_RETURN_IF_ERROR(impl->Listen(address));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

const std::string& HttpServer::address() const { return impl_->address(); }
void HttpServer::Stop(double seconds) { impl_->Stop(seconds); }
HttpServerCounters HttpServer::counters() const { return impl_->counters(); }

}  // namespace offramp
