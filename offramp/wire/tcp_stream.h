// One connection of TcpTransport, from either end. Internal to tcp_transport.
//
// A stream outlives its Connection until its socket is closed: each operation under way holds the
// stream. All on the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "offramp/wire/frame_codec.h"
#include "offramp/wire/tcp_message.h"
#include "offramp/wire/tcp_transport.h"
#include "offramp/wire/transport.h"

namespace offramp::internal {

// Without the type-erased executor, which costs at every operation.
using Executor = boost::asio::io_context::executor_type;
using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

class TcpStream;

// What a transport shares with its streams, which may live longer.
struct TcpTransportState {
  TcpTransportState(AsioLoop* event_loop, const TcpTransportOptions& transport_options)
      : loop(event_loop), options(transport_options) {}

  AsioLoop* const loop;
  const TcpTransportOptions options;
  TcpTransportCounters counters;
  std::unordered_set<TcpStream*> streams;
  Transport::Accept accept;  // null: not listening
  int arriving_now = 0;      // came, and said no preface yet, or refused and not gone yet
  int accepted_now = 0;
  std::int64_t buffered_bytes = 0;  // of large messages half received
};

class TcpStream : public std::enable_shared_from_this<TcpStream> {
 public:
  TcpStream(std::shared_ptr<TcpTransportState> state, std::string peer);
  ~TcpStream();
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  // The end that connects: makes the stream's one Connection, which the caller owns, and begins.
  std::unique_ptr<Connection> Connect(ConnectionHandler* handler);

  // The end that was connected to: greets, then asks the transport's Accept.
  void Serve(TcpSocket socket);

  void Send(const Frame& frame);
  std::size_t unsent_bytes() const { return unsent_bytes_; }
  const std::string& peer() const { return peer_; }

  // The connection has been destroyed.
  void Detach();

  // The transport has been destroyed: no more callbacks, and an end at once.
  void Silence();

 private:
  enum class Phase {
    kOpening,  // what is sent waits
    kOpen,
    kEnding,  // nothing is sent any more, and what arrives is dropped
    kClosed,
  };

  // Of a message that is too large for the common buffer.
  struct Large {
    MutableBuffer storage;
    std::size_t at;      // where the message begins in it, so that its tensors are aligned
    std::size_t length;  // of the message
    std::size_t filled = 0;
  };

  std::unique_ptr<Connection> MakeConnection();

  // tcp_stream_open.cc: how a stream begins.
  void Resolve();
  void ConnectTo(const std::vector<boost::asio::ip::tcp::endpoint>& endpoints);
  void GiveUpAfter(double timeout_s);
  void Greet();
  void OnGreeted();
  void AskToAccept();
  void Refuse(const Status& why);
  void GiveUp(Status why);

  // tcp_stream.cc: how it ends.
  void End(const Status& why);
  void Close();
  void ReportClosed(Status why);
  void FailSoon(Status why);

  // tcp_stream_io.cc: bytes out, and bytes in.
  void FlushSoon();
  void WriteNext();
  bool NextMessage();
  void FinishMessage();
  void ReadNext();
  void OnRead(const boost::system::error_code& error, std::size_t bytes);
  void TakeBytes();
  bool TakePreface(std::span<const std::byte> bytes);
  void BeginLarge(const MessageHeader& header, std::span<const std::byte> begun);
  void TakeLarge();
  void DropLarge();
  void TakeFrames(const Buffer& message);
  void TakeFrame(Frame frame);
  void TakeGoodbye(std::span<const std::byte> body);
  void RefuseInput(const Status& why);

  const std::shared_ptr<TcpTransportState> state_;
  TcpSocket socket_;
  std::optional<boost::asio::ip::basic_resolver<boost::asio::ip::tcp, Executor>> resolver_;
  std::string peer_;
  bool client_ = false;
  bool counted_ = false;                  // in accepted_now
  bool arriving_ = false;                 // in arriving_now
  Connection* connection_ = nullptr;      // null before it is made and once destroyed
  ConnectionHandler* handler_ = nullptr;  // null once nobody is to be called
  Phase phase_ = Phase::kOpening;
  bool greeted_ = false;           // the peer's preface has come
  bool failing_ = false;           // FailSoon has been called
  std::optional<Status> goodbye_;  // for the peer, when the user destroys the connection

  // Sending.
  std::deque<EncodedFrame> queue_;     // not yet in a message
  std::vector<EncodedFrame> writing_;  // the message under way
  HeaderBytes header_{};
  std::size_t writing_bytes_ = 0;  // of its frames
  std::size_t written_bytes_ = 0;  // of header and frames
  std::size_t unsent_bytes_ = 0;   // of queue and message
  bool flush_posted_ = false;
  bool write_waits_ = false;                       // for the network to take more
  std::vector<boost::asio::const_buffer> pieces_;  // of the write under way

  // Receiving.
  std::vector<std::byte> input_;
  std::size_t begin_ = 0;  // bytes not yet taken: [begin_, end_)
  std::size_t end_ = 0;
  std::optional<Large> large_;
  std::int64_t messages_taken_ = 0;
};

}  // namespace offramp::internal
