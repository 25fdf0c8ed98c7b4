#include "offramp/wire/grpc_stream.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include "offramp/base/check.h"
#include "offramp/base/text.h"

namespace offramp::internal {

namespace {

constexpr double kEndTimeout_s = 1.0;

// Frames share a message up to these.
constexpr std::size_t kSharedMessageBytes = 32 << 10;
constexpr std::size_t kFramesOfAMessage = 64;

class GrpcConnection final : public Connection {
 public:
  explicit GrpcConnection(std::shared_ptr<GrpcStream> stream) : stream_(std::move(stream)) {}
  ~GrpcConnection() override { stream_->Detach(); }

  void Send(Frame frame) override { stream_->Send(frame); }
  std::size_t unsent_bytes() const override { return stream_->unsent_bytes(); }
  const std::string& peer() const override { return stream_->peer(); }

 private:
  const std::shared_ptr<GrpcStream> stream_;
};

}  // namespace

std::vector<Buffer> PiecesOf(const grpc::ByteBuffer& message) {
  std::vector<Buffer> pieces;
  std::vector<grpc::Slice> slices;
  // After a reset gRPC may hand over a message that is none; touching it would abort.
  if (!message.Valid() || !message.Dump(&slices).ok()) return pieces;
  pieces.reserve(slices.size());
  for (grpc::Slice& slice : slices) {
    const auto owner = std::make_shared<const grpc::Slice>(std::move(slice));
    pieces.emplace_back(owner, reinterpret_cast<const std::byte*>(owner->begin()), owner->size());
  }
  return pieces;
}

void AppendTo(std::vector<grpc::Slice>* message, const EncodedFrame& frame) {
  message->emplace_back(frame.head);
  for (const Buffer& part : frame.payload) {
    if (part.owner() == nullptr) {
      // Padding: lives as long as the program.
      message->emplace_back(part.data(), part.size(), grpc::Slice::STATIC_SLICE);
      continue;
    }
    auto owner = std::make_unique<Buffer>(part);
    message->emplace_back(
        const_cast<std::byte*>(part.data()), part.size(),
        [](void* buffer) { delete static_cast<Buffer*>(buffer); }, owner.get());
    static_cast<void>(owner.release());  // the slice has it
  }
}

void* GrpcStream::Op::Start() {
  OFFRAMP_CHECK(keep_ == nullptr, "one operation of a kind at a time");
  keep_ = stream_->shared_from_this();
  return static_cast<GrpcLoop::Operation*>(this);
}

void GrpcStream::Op::OnDone(bool ok) {
  const auto keep = std::move(keep_);
  done_(ok);
}

GrpcStream::GrpcStream(std::shared_ptr<GrpcTransportState> state, std::string peer)
    : state_(std::move(state)),
      peer_(std::move(peer)),
      read_op_(this, [this](bool ok) { OnRead(ok); }),
      write_op_(this, [this](bool ok) { OnWrite(ok); }) {
  state_->streams.insert(this);
}

GrpcStream::~GrpcStream() { state_->streams.erase(this); }

std::unique_ptr<Connection> GrpcStream::MakeConnection(ConnectionHandler* handler) {
  auto connection = std::make_unique<GrpcConnection>(shared_from_this());
  connection_ = connection.get();
  handler_ = handler;
  return connection;
}

void GrpcStream::Send(const Frame& frame) {
  if (phase_ == Phase::kEnding || failing_) return;
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

// Once whoever sends now is done: what he says to one peer then goes as one message.
void GrpcStream::FlushSoon() {
  if (flush_posted_ || phase_ != Phase::kOpen || write_op_.pending()) return;
  flush_posted_ = state_->loop->Post([self = shared_from_this()] {
    self->flush_posted_ = false;
    self->WriteNext();
  });
}

void GrpcStream::Open() {
  phase_ = Phase::kOpen;
  WriteNext();
}

void GrpcStream::ReadNext() {
  if (silenced_ || (phase_ == Phase::kEnding && !reads_while_ending())) return;
  StartRead(&incoming_, read_op_.Start());
}

// gRPC costs some ten microseconds a message at each end, whatever its size: small frames that wait
// share one.
void GrpcStream::WriteNext() {
  if (phase_ != Phase::kOpen || queue_.empty() || write_op_.pending()) return;
  std::vector<grpc::Slice> message;
  do {
    AppendTo(&message, queue_.front());
    writing_bytes_ += queue_.front().size_bytes();
    ++writing_frames_;
    queue_.pop_front();
  } while (!queue_.empty() && writing_frames_ < kFramesOfAMessage &&
           writing_bytes_ + queue_.front().size_bytes() <= kSharedMessageBytes);
  StartWrite(grpc::ByteBuffer(message.data(), message.size()), write_op_.Start());
}

void GrpcStream::OnWrite(bool ok) {
  const std::size_t frames = std::exchange(writing_frames_, 0);
  const std::size_t bytes = std::exchange(writing_bytes_, 0);
  if (phase_ == Phase::kEnding) {
    if (std::exchange(end_waits_, false) && !silenced_) StartEnd(end_status_);
    return;
  }
  if (!ok) return;  // the stream is broken: its read tells
  state_->counters.frames_sent += static_cast<std::int64_t>(frames);
  state_->counters.bytes_sent += static_cast<std::int64_t>(bytes);
  ++state_->counters.messages_sent;
  unsent_bytes_ -= bytes;
  WriteNext();
}

void GrpcStream::OnRead(bool ok) {
  if (!ok) {
    if (!silenced_) OnReadEnd();
    return;
  }
  if (phase_ != Phase::kEnding) TakeFrames();
  incoming_.Clear();
  ReadNext();
}

void GrpcStream::TakeFrames() {
  const std::vector<Buffer> pieces = PiecesOf(incoming_);
  if (!pieces.empty())
    state_->counters.bytes_received += static_cast<std::int64_t>(incoming_.Length());
  const Status status = DecodeFrames(pieces, [this](Frame frame) {
    ++state_->counters.frames_received;
    // Nobody listens in the moment between a failed connection and its OnClosed.
    if (handler_ != nullptr && connection_ != nullptr) {
      handler_->OnFrame(*connection_, std::move(frame));
    }
    return phase_ != Phase::kEnding;
  });
  if (status.ok()) return;
  ++state_->counters.bad_frames;
  End({grpc::StatusCode::INVALID_ARGUMENT, status.message()});
  ReportClosed(status);
}

void GrpcStream::Detach() {
  connection_ = nullptr;
  handler_ = nullptr;
  if (phase_ == Phase::kEnding) return;
  if (phase_ == Phase::kOpen && unsent_bytes_ == 0 && !failing_) {
    End(goodbye_);
  } else {
    Abort();
  }
}

void GrpcStream::Silence() {
  handler_ = nullptr;
  silenced_ = true;
  phase_ = Phase::kEnding;
  queue_.clear();
  unsent_bytes_ = 0;
  Cancel();
}

void GrpcStream::End(const grpc::Status& status) {
  if (phase_ == Phase::kEnding) return;
  BeginEnd();
  if (write_op_.pending()) {
    end_waits_ = true;
    end_status_ = status;
  } else {
    StartEnd(status);
  }
  state_->loop->RunAt(state_->loop->NowSeconds() + kEndTimeout_s, [weak = weak_from_this()] {
    if (const auto stream = weak.lock()) stream->Cancel();
  });
}

void GrpcStream::Abort() {
  if (phase_ != Phase::kEnding) BeginEnd();
  Cancel();
}

void GrpcStream::BeginEnd() {
  phase_ = Phase::kEnding;
  queue_.clear();
  unsent_bytes_ = 0;
}

void GrpcStream::ReportClosed(Status why) {
  ConnectionHandler* handler = std::exchange(handler_, nullptr);
  if (handler != nullptr && connection_ != nullptr) handler->OnClosed(*connection_, std::move(why));
}

// Not at once: Send is called from anywhere, and OnClosed may destroy what calls it.
void GrpcStream::FailSoon(Status why) {
  failing_ = true;
  state_->loop->Post([weak = weak_from_this(), why = std::move(why)] {
    const auto stream = weak.lock();
    if (stream == nullptr || stream->phase_ == Phase::kEnding) return;
    stream->Abort();
    stream->ReportClosed(why);
  });
}

}  // namespace offramp::internal
