// TcpTransport: neighbours on one TCP connection each, all on the loop's thread
// (docs/decisions/0009-frames-on-tcp.md).
//
// Each end first says "OFFRAMP1"; then messages follow, each with a header of eight bytes
// (tcp_message.h) before its frames. Order is kept. Frames sent in one go, or that wait for the
// network, share a message if they are small. Tensors are sent from where they lie and received
// where they stay.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "offramp/wire/asio_loop.h"
#include "offramp/wire/transport.h"

namespace offramp {

struct TcpTransportOptions {
  // Largest message taken, tensors and all. The peer's larger one ends the connection, unread.
  std::int64_t max_frame_bytes = (std::int64_t{64} << 20) + (64 << 10);

  // Frames handed over and not yet sent, per connection; beyond it the connection is closed with
  // kResourceExhausted. A backstop for peers that never read: senders bound themselves by
  // unsent_bytes() and far lower.
  std::int64_t max_unsent_bytes = std::int64_t{512} << 20;

  // Of all large messages that are half received: what strangers can make a node hold. Far above
  // what neighbours need; whoever would go beyond is cut off.
  std::int64_t max_buffered_bytes = std::int64_t{512} << 20;

  // Accepted connections at once; further ones are refused.
  int max_accepted = 256;

  // From Connect until the peer has said who it is (a frozen one does not).
  double connect_timeout_s = 1.0;
};

// Ever, since the transport was made.
struct TcpTransportCounters {
  std::int64_t accepted = 0;
  std::int64_t refused = 0;    // too many, or by `accept`
  std::int64_t strangers = 0;  // came and did not speak our protocol
  std::int64_t connects = 0;   // attempts
  std::int64_t frames_sent = 0;
  std::int64_t messages_sent = 0;  // of one frame or several small ones
  std::int64_t frames_received = 0;
  std::int64_t bytes_sent = 0;  // frames with their tensors, without headers
  std::int64_t bytes_received = 0;
  std::int64_t bad_frames = 0;       // received, and no frame
  std::int64_t oversize_frames = 0;  // beyond max_frame_bytes, ours or the peer's
};

// Loop thread only, from construction to destruction (before Run or after it: whoever owns the
// loop). The loop must outlive it. What a connection may do:
//   * it may be destroyed at any time, inside its callbacks too, and before or after the transport,
//     but before the loop;
//   * destroyed with nothing unsent, it ends the stream in order; else it is cut and the rest
//     dropped;
//   * when the transport goes first, its connections fall silent: no callback, Send drops.
class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(AsioLoop* loop, TcpTransportOptions options = {});
  ~TcpTransport() override;

  // `address` is "host:port"; not encrypted. One listener at a time.
  Result<std::string> Listen(const std::string& address, Accept accept) override;
  void StopListening() override;

  // Never fails at once: OnClosed with kUnavailable tells, from the loop, within connect_timeout_s.
  std::unique_ptr<Connection> Connect(const std::string& address,
                                      ConnectionHandler* handler) override;

  const TcpTransportCounters& counters() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace offramp
