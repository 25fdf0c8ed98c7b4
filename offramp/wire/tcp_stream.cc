#include "offramp/wire/tcp_stream.h"

#include "offramp/base/text.h"

namespace offramp::internal {

namespace {

// For a peer that does not end its side.
constexpr double kEndTimeout_s = 1.0;

class TcpConnection final : public Connection {
 public:
  explicit TcpConnection(std::shared_ptr<TcpStream> stream) : stream_(std::move(stream)) {}
  ~TcpConnection() override { stream_->Detach(); }

  void Send(Frame frame) override { stream_->Send(frame); }
  std::size_t unsent_bytes() const override { return stream_->unsent_bytes(); }
  const std::string& peer() const override { return stream_->peer(); }

 private:
  const std::shared_ptr<TcpStream> stream_;
};

}  // namespace

TcpStream::TcpStream(std::shared_ptr<TcpTransportState> state, std::string peer)
    : state_(std::move(state)),
      socket_(state_->loop->context().get_executor()),
      peer_(std::move(peer)) {
  state_->streams.insert(this);
}

TcpStream::~TcpStream() {
  Close();
  state_->streams.erase(this);
}

std::unique_ptr<Connection> TcpStream::MakeConnection() {
  auto connection = std::make_unique<TcpConnection>(shared_from_this());
  connection_ = connection.get();
  return connection;
}

void TcpStream::Send(const Frame& frame) {
  if (phase_ >= Phase::kEnding || failing_) return;
  EncodedFrame encoded = EncodeFrame(frame);
  const std::size_t bytes = encoded.size_bytes();
  if (bytes > static_cast<std::size_t>(state_->options.max_frame_bytes)) {
    ++state_->counters.oversize_frames;
    return FailSoon(ResourceExhaustedError(
        Format("a frame of %zu bytes is larger than the peer takes", bytes)));
  }
  if (unsent_bytes_ + bytes > static_cast<std::size_t>(state_->options.max_unsent_bytes)) {
    return FailSoon(ResourceExhaustedError(
        Format("the peer does not read: %zu bytes wait for it", unsent_bytes_ + bytes)));
  }
  queue_.push_back(std::move(encoded));
  unsent_bytes_ += bytes;
  FlushSoon();
}

void TcpStream::Detach() {
  connection_ = nullptr;
  handler_ = nullptr;
  if (phase_ >= Phase::kEnding) return;
  if (phase_ == Phase::kOpen && unsent_bytes_ == 0 && !failing_) {
    End(goodbye_.value_or(OkStatus()));
  } else {
    Close();
  }
}

void TcpStream::Silence() {
  handler_ = nullptr;
  Close();
}

// What was written still arrives: closing at once could make the system take it back. So the other
// side's end is awaited.
void TcpStream::End(const Status& why) {
  if (phase_ >= Phase::kEnding) return;
  phase_ = Phase::kEnding;
  boost::system::error_code ignored;
  // Between two messages only: inside one it would be read as a part of it.
  if (!why.ok() && writing_.empty()) {
    const std::string goodbye = EncodeGoodbye(why);
    socket_.write_some(boost::asio::buffer(goodbye), ignored);  // a courtesy: no second try
  }
  socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
  queue_.clear();
  unsent_bytes_ = 0;
  state_->loop->RunAt(state_->loop->NowSeconds() + kEndTimeout_s, [weak = weak_from_this()] {
    if (const auto stream = weak.lock()) stream->Close();
  });
}

void TcpStream::Close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (resolver_) resolver_->cancel();
  queue_.clear();
  writing_.clear();
  unsent_bytes_ = 0;
  DropLarge();
  if (std::exchange(counted_, false)) --state_->accepted_now;
  if (std::exchange(arriving_, false)) --state_->arriving_now;
}

void TcpStream::ReportClosed(Status why) {
  ConnectionHandler* handler = std::exchange(handler_, nullptr);
  if (handler != nullptr && connection_ != nullptr) handler->OnClosed(*connection_, std::move(why));
}

// Not at once: Send is called from anywhere, and OnClosed may destroy what calls it.
void TcpStream::FailSoon(Status why) {
  failing_ = true;
  state_->loop->Post([weak = weak_from_this(), why = std::move(why)] {
    const auto stream = weak.lock();
    if (stream == nullptr || stream->phase_ >= Phase::kEnding) return;
    stream->Close();
    stream->ReportClosed(why);
  });
}

}  // namespace offramp::internal
