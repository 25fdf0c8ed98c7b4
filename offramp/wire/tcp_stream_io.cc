// The bytes of a TcpStream: messages out, messages in.
#include <algorithm>
#include <cstring>

#include <boost/asio/buffer.hpp>

#include "offramp/base/text.h"
#include "offramp/wire/frame_layout.h"
#include "offramp/wire/tcp_stream.h"

namespace offramp::internal {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Messages up to this are read into the stream's common buffer, and their tensors copied from it;
// a larger one is read to where its tensors stay. Small frames share a message up to it.
constexpr std::size_t kSmallMessageBytes = kSharedPayloadBytes;
constexpr std::size_t kInputBytes = 2 * kSmallMessageBytes;
constexpr std::size_t kFramesOfAMessage = 64;

// How many pieces go to the system in one call.
constexpr std::size_t kPiecesOfAWrite = 64;

void AddPiece(const void* data, std::size_t size, std::size_t* skip,
              std::vector<asio::const_buffer>* pieces) {
  if (*skip >= size) {
    *skip -= size;
    return;
  }
  if (pieces->size() < kPiecesOfAWrite) {
    pieces->emplace_back(static_cast<const std::byte*>(data) + *skip, size - *skip);
  }
  *skip = 0;
}

// What is left of a message of which `written` bytes are gone.
void PiecesLeft(const HeaderBytes& header, const std::vector<EncodedFrame>& frames,
                std::size_t written, std::vector<asio::const_buffer>* pieces) {
  pieces->clear();
  AddPiece(header.data(), header.size(), &written, pieces);
  for (const EncodedFrame& frame : frames) {
    AddPiece(frame.head.data(), frame.head.size(), &written, pieces);
    for (const Buffer& part : frame.payload) {
      AddPiece(part.data(), part.size(), &written, pieces);
    }
  }
}

}  // namespace

// Once whoever sends now is done: what he says to one peer then goes as one message.
void TcpStream::FlushSoon() {
  if (flush_posted_ || phase_ != Phase::kOpen || write_waits_) return;
  flush_posted_ = state_->loop->Post([self = shared_from_this()] {
    self->flush_posted_ = false;
    self->WriteNext();
  });
}

void TcpStream::WriteNext() {
  while (phase_ == Phase::kOpen && !write_waits_ && (!writing_.empty() || NextMessage())) {
    PiecesLeft(header_, writing_, written_bytes_, &pieces_);
    error_code error;
    written_bytes_ += socket_.write_some(pieces_, error);
    if (written_bytes_ == kHeaderBytes + writing_bytes_) {
      FinishMessage();
    } else if (error == asio::error::would_block || error == asio::error::try_again) {
      write_waits_ = true;
      socket_.async_wait(TcpSocket::wait_write, [self = shared_from_this()](const error_code&) {
        self->write_waits_ = false;
        self->WriteNext();
      });
    } else if (error) {
      return;  // the connection is broken: its read tells
    }
  }
}

bool TcpStream::NextMessage() {
  if (queue_.empty()) return false;
  std::uint8_t tensors_at = 0;
  writing_bytes_ = 0;
  do {
    const std::size_t bytes = queue_.front().size_bytes();
    if (!writing_.empty() && writing_bytes_ + bytes > kSmallMessageBytes) break;
    tensors_at = static_cast<std::uint8_t>(queue_.front().head.size() % kTensorAlignment);
    writing_bytes_ += bytes;
    writing_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  } while (!queue_.empty() && writing_.size() < kFramesOfAMessage);
  header_ = EncodeHeader({.length = static_cast<std::uint32_t>(writing_bytes_),
                          .tensors_at = writing_.size() == 1 ? tensors_at : std::uint8_t{0}});
  written_bytes_ = 0;
  return true;
}

void TcpStream::FinishMessage() {
  state_->counters.frames_sent += static_cast<std::int64_t>(writing_.size());
  state_->counters.bytes_sent += static_cast<std::int64_t>(writing_bytes_);
  ++state_->counters.messages_sent;
  unsent_bytes_ -= writing_bytes_;
  writing_.clear();
}

void TcpStream::ReadNext() {
  if (phase_ == Phase::kClosed) return;
  asio::mutable_buffer into;
  if (large_ && phase_ == Phase::kOpen) {
    into = asio::buffer(large_->storage.data() + large_->at + large_->filled,
                        large_->length - large_->filled);
  } else {
    input_.resize(kInputBytes);
    into = asio::buffer(input_.data() + end_, kInputBytes - end_);
  }
  socket_.async_read_some(into,
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->OnRead(error, bytes);
                          });
}

void TcpStream::OnRead(const error_code& error, std::size_t bytes) {
  if (phase_ == Phase::kClosed) return;
  if (error) {
    const bool stranger = !greeted_;
    Close();
    return ReportClosed(UnavailableError(stranger ? "the peer closed the connection at once"
                                         : error == asio::error::eof
                                             ? "the peer closed the connection"
                                             : "the connection broke: " + error.message()));
  }
  if (phase_ == Phase::kEnding) {
    // Until the peer's end, unread.
  } else if (large_) {
    large_->filled += bytes;
    state_->buffered_bytes += static_cast<std::int64_t>(bytes);
    TakeLarge();
  } else {
    end_ += bytes;
    TakeBytes();
  }
  ReadNext();
}

// Whole messages from the common buffer; what is left of the last one moves to its front.
void TcpStream::TakeBytes() {
  while (phase_ <= Phase::kOpen && !large_) {
    const std::span<const std::byte> bytes(input_.data() + begin_, end_ - begin_);
    if (!greeted_) {
      if (!TakePreface(bytes)) break;
      continue;
    }
    if (bytes.size() < kHeaderBytes) break;
    const auto header = DecodeHeader(bytes.first<kHeaderBytes>());
    if (!header.ok()) {
      RefuseInput(header.status());
      break;
    }
    if (header->length > kSmallMessageBytes) {
      BeginLarge(*header, bytes.subspan(kHeaderBytes));
      continue;
    }
    if (bytes.size() < kHeaderBytes + header->length) break;
    const auto body = bytes.subspan(kHeaderBytes, header->length);
    begin_ += kHeaderBytes + header->length;
    ++messages_taken_;
    if (header->kind == MessageKind::kGoodbye) {
      TakeGoodbye(body);
    } else {
      // Small: whatever is kept of it is copied.
      TakeFrames(Buffer(nullptr, body.data(), body.size()));
    }
  }
  if (phase_ >= Phase::kEnding) begin_ = end_;
  std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

bool TcpStream::TakePreface(std::span<const std::byte> bytes) {
  const std::size_t length = std::min(bytes.size(), kPreface.size());
  if (std::memcmp(bytes.data(), kPreface.data(), length) != 0) {
    ++state_->counters.strangers;
    GiveUp(UnimplementedError("the peer is no Offramp node"));
    return false;
  }
  if (length < kPreface.size()) return false;
  begin_ += length;
  OnGreeted();
  return true;
}

void TcpStream::BeginLarge(const MessageHeader& header, std::span<const std::byte> begun) {
  if (header.length > state_->options.max_frame_bytes) {
    ++state_->counters.oversize_frames;
    const Status why = ResourceExhaustedError(
        Format("a message of %u bytes is larger than the %lld that are taken", header.length,
               static_cast<long long>(state_->options.max_frame_bytes)));
    End(why);
    return ReportClosed(why);
  }
  // Neighbours say hello first: a stranger's first words make nobody reserve memory.
  if (messages_taken_ == 0) return RefuseInput(InvalidArgumentError("a large message came first"));
  const std::size_t at = (kTensorAlignment - header.tensors_at) % kTensorAlignment;
  large_ = Large{.storage = MutableBuffer(at + header.length), .at = at, .length = header.length};
  large_->filled = std::min<std::size_t>(begun.size(), header.length);
  std::memcpy(large_->storage.data() + at, begun.data(), large_->filled);
  state_->buffered_bytes += static_cast<std::int64_t>(large_->filled);
  begin_ += kHeaderBytes + large_->filled;
  TakeLarge();
}

void TcpStream::TakeLarge() {
  if (state_->buffered_bytes > state_->options.max_buffered_bytes) {
    ++state_->counters.oversize_frames;
    const Status why = ResourceExhaustedError("too many large messages at once");
    End(why);
    DropLarge();
    return ReportClosed(why);
  }
  if (large_->filled < large_->length) return;
  const std::size_t at = large_->at;
  const std::size_t length = large_->length;
  const Buffer whole = std::move(large_->storage).Freeze();
  DropLarge();
  ++messages_taken_;
  state_->counters.bytes_received += static_cast<std::int64_t>(length);
  // Alone: millions of small ones at a time would hold up everybody else.
  auto frame = DecodeFrame(whole.Slice(at, length));
  if (!frame.ok()) return RefuseInput(frame.status());
  TakeFrame(*std::move(frame));
}

void TcpStream::DropLarge() {
  if (large_) state_->buffered_bytes -= static_cast<std::int64_t>(large_->filled);
  large_.reset();
}

void TcpStream::TakeFrames(const Buffer& message) {
  state_->counters.bytes_received += static_cast<std::int64_t>(message.size());
  const Status status = DecodeFrames(message, [this](Frame frame) {
    TakeFrame(std::move(frame));
    return phase_ <= Phase::kOpen;
  });
  if (!status.ok()) RefuseInput(status);
}

void TcpStream::TakeFrame(Frame frame) {
  ++state_->counters.frames_received;
  // Nobody listens in the moment between a failed connection and its OnClosed.
  if (handler_ != nullptr && connection_ != nullptr) {
    handler_->OnFrame(*connection_, std::move(frame));
  }
}

void TcpStream::RefuseInput(const Status& why) {
  ++state_->counters.bad_frames;
  End(why);
  ReportClosed(why);
}

void TcpStream::TakeGoodbye(std::span<const std::byte> body) {
  const Status said = DecodeGoodbye(body);
  Close();
  if (said.code() == StatusCode::kResourceExhausted) {
    ++state_->counters.oversize_frames;
    return ReportClosed(said);
  }
  ReportClosed(UnavailableError(said.code() == StatusCode::kInvalidArgument
                                    ? "the peer refused a frame: " + said.message()
                                    : said.message()));
}

}  // namespace offramp::internal
