#include "offramp/wire/tcp_transport.h"

#include <chrono>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "offramp/wire/socket_address.h"
#include "offramp/wire/tcp_stream.h"

namespace offramp {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using internal::Executor;
using internal::TcpSocket;
using internal::TcpStream;
using internal::TcpTransportState;

// Those that have not said anything yet, or are refused and not gone yet; more are cut at once.
constexpr int kArriving = 64;

// Where to listen: numeric, or a name of this machine.
Result<tcp::endpoint> LocalEndpoint(asio::io_context& context, const std::string& address) {
  if (auto numeric = internal::ParseAddress(address); numeric.ok()) return numeric;
  OFFRAMP_ASSIGN_OR_RETURN(const internal::HostPort parts, internal::SplitAddress(address));
  error_code error;
  const auto found = tcp::resolver(context).resolve(parts.host, parts.port, error);
  if (error || found.empty()) {
    return UnavailableError("cannot listen on " + address + ": " + error.message());
  }
  return found.begin()->endpoint();
}

}  // namespace

// Shared with the accept under way, which may come back later.
class TcpTransport::Impl : public std::enable_shared_from_this<TcpTransport::Impl> {
 public:
  Impl(AsioLoop* loop, const TcpTransportOptions& options)
      : state_(std::make_shared<TcpTransportState>(loop, options)),
        acceptor_(loop->context().get_executor()),
        pause_(loop->context().get_executor()) {}

  void Shutdown() {
    StopListening();
    // Silencing may destroy streams, which leave the set.
    std::vector<std::shared_ptr<TcpStream>> streams;
    for (TcpStream* stream : state_->streams) {
      if (auto alive = stream->weak_from_this().lock()) streams.push_back(std::move(alive));
    }
    for (const auto& stream : streams) stream->Silence();
  }

  Result<std::string> Listen(const std::string& address, Accept accept) {
    if (acceptor_.is_open()) return FailedPreconditionError("listening already");
    OFFRAMP_ASSIGN_OR_RETURN(const tcp::endpoint endpoint,
                             LocalEndpoint(state_->loop->context(), address));
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      error_code ignored;
      acceptor_.close(ignored);
      return UnavailableError("cannot listen on " + address + ": " + error.message());
    }
    state_->accept = std::move(accept);
    AcceptNext();
    return address.substr(0, address.rfind(':') + 1) +
           std::to_string(acceptor_.local_endpoint(error).port());
  }

  void StopListening() {
    state_->accept = nullptr;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

  std::unique_ptr<Connection> Connect(const std::string& address, ConnectionHandler* handler) {
    ++state_->counters.connects;
    return std::make_shared<TcpStream>(state_, address)->Connect(handler);
  }

  const TcpTransportCounters& counters() const { return state_->counters; }

 private:
  void AcceptNext() {
    acceptor_.async_accept([self = shared_from_this()](const error_code& error, TcpSocket socket) {
      // Aborted: it may be open again by now, and then has its next accept.
      if (!self->acceptor_.is_open() || error == asio::error::operation_aborted) return;
      if (!error) {
        self->TakeIn(std::move(socket));
        return self->AcceptNext();
      }
      // No file descriptors, most likely: others will close theirs.
      self->pause_.expires_after(std::chrono::milliseconds(50));
      self->pause_.async_wait([self](const error_code& cancelled) {
        if (!cancelled && self->acceptor_.is_open()) self->AcceptNext();
      });
    });
  }

  void TakeIn(TcpSocket socket) {
    if (state_->arriving_now >= kArriving) {
      ++state_->counters.refused;
      return;  // closes the socket
    }
    std::make_shared<TcpStream>(state_, "")->Serve(std::move(socket));
  }

  const std::shared_ptr<TcpTransportState> state_;
  asio::basic_socket_acceptor<tcp, Executor> acceptor_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      pause_;
};

TcpTransport::TcpTransport(AsioLoop* loop, TcpTransportOptions options)
    : impl_(std::make_shared<Impl>(loop, options)) {}
TcpTransport::~TcpTransport() { impl_->Shutdown(); }

Result<std::string> TcpTransport::Listen(const std::string& address, Accept accept) {
  return impl_->Listen(address, std::move(accept));
}

void TcpTransport::StopListening() { impl_->StopListening(); }

std::unique_ptr<Connection> TcpTransport::Connect(const std::string& address,
                                                  ConnectionHandler* handler) {
  return impl_->Connect(address, handler);
}

const TcpTransportCounters& TcpTransport::counters() const { return impl_->counters(); }

}  // namespace offramp
