// How a TcpStream begins: connected or accepted, greeted, handed over.
#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>

#include "offramp/wire/socket_address.h"
#include "offramp/wire/tcp_stream.h"

namespace offramp::internal {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// For somebody who came to say who he is.
constexpr double kGreetingTimeout_s = 5.0;

}  // namespace

std::unique_ptr<Connection> TcpStream::Connect(ConnectionHandler* handler) {
  client_ = true;
  handler_ = handler;
  auto connection = MakeConnection();
  GiveUpAfter(state_->options.connect_timeout_s);
  // Not at once: no callback comes from inside Connect.
  state_->loop->Post([self = shared_from_this()] { self->Resolve(); });
  return connection;
}

void TcpStream::Resolve() {
  if (phase_ != Phase::kOpening) return;
  if (const auto numeric = ParseAddress(peer_); numeric.ok()) return ConnectTo({*numeric});
  const auto parts = SplitAddress(peer_);
  if (!parts.ok()) return GiveUp(parts.status());
  resolver_.emplace(socket_.get_executor());
  resolver_->async_resolve(
      parts->host, parts->port,
      [self = shared_from_this()](const error_code& error, const auto& results) {
        if (self->phase_ != Phase::kOpening) return;
        if (error) return self->GiveUp(UnavailableError(self->peer_ + ": " + error.message()));
        std::vector<tcp::endpoint> endpoints;
        for (const auto& result : results) endpoints.push_back(result.endpoint());
        self->ConnectTo(endpoints);
      });
}

void TcpStream::ConnectTo(const std::vector<tcp::endpoint>& endpoints) {
  asio::async_connect(socket_, endpoints,
                      [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                        if (self->phase_ != Phase::kOpening) return;
                        if (error) {
                          return self->GiveUp(UnavailableError("cannot connect to " + self->peer_ +
                                                               ": " + error.message()));
                        }
                        self->Greet();
                      });
}

void TcpStream::Serve(TcpSocket socket) {
  socket_ = std::move(socket);
  arriving_ = true;
  ++state_->arriving_now;
  error_code error;
  const tcp::endpoint remote = socket_.remote_endpoint(error);
  if (error) return Close();  // gone already
  peer_ = TextOf(remote);
  GiveUpAfter(kGreetingTimeout_s);
  Greet();
}

void TcpStream::GiveUpAfter(double timeout_s) {
  EventLoop* const loop = state_->loop;
  loop->RunAt(loop->NowSeconds() + timeout_s, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self != nullptr && self->phase_ == Phase::kOpening) {
      self->GiveUp(UnavailableError("no answer while connecting"));
    }
  });
}

// The first bytes on a connection always fit the system's buffer.
void TcpStream::Greet() {
  error_code error;
  socket_.set_option(tcp::no_delay(true), error);
  if (!error) socket_.non_blocking(true, error);
  if (!error) socket_.write_some(asio::buffer(kPreface), error);
  if (error) return GiveUp(UnavailableError("the connection broke: " + error.message()));
  ReadNext();
}

void TcpStream::OnGreeted() {
  greeted_ = true;
  if (!client_) return AskToAccept();
  phase_ = Phase::kOpen;
  WriteNext();
}

void TcpStream::AskToAccept() {
  phase_ = Phase::kOpen;
  if (!state_->accept) return Refuse(UnavailableError("not accepting connections"));
  if (state_->accepted_now >= state_->options.max_accepted) {
    return Refuse(UnavailableError("too many connections"));
  }
  arriving_ = false;
  --state_->arriving_now;
  counted_ = true;
  ++state_->accepted_now;
  const Status refused = UnavailableError("connection refused");
  goodbye_ = refused;
  const auto accept = state_->accept;  // it may stop listening, or even destroy the transport
  ConnectionHandler* handler = accept(MakeConnection());
  if (handler == nullptr || connection_ == nullptr) return Refuse(refused);
  ++state_->counters.accepted;
  goodbye_.reset();
  handler_ = handler;
}

void TcpStream::Refuse(const Status& why) {
  ++state_->counters.refused;
  End(why);
}

void TcpStream::GiveUp(Status why) {
  Close();
  ReportClosed(std::move(why));
}

}  // namespace offramp::internal
