// GrpcTransport: neighbours on one bidirectional gRPC stream each ("offramp.v1.Peer/Connect"), all
// on the loop's completion queue (docs/decisions/0002-data-plane.md).
//
// Order is kept. One message is under way; frames that wait meanwhile, or are sent in one go, share
// the next if they are small. Tensors are sent from where they lie.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "offramp/wire/grpc_loop.h"
#include "offramp/wire/transport.h"

namespace offramp {

struct GrpcTransportOptions {
  // Largest frame taken, tensors and all. The peer's larger one ends the connection, unread.
  std::int64_t max_frame_bytes = (std::int64_t{64} << 20) + (64 << 10);

  // Frames handed over and not yet sent, per connection; beyond it the connection is closed with
  // kResourceExhausted. A backstop for peers that never read: senders bound themselves by
  // unsent_bytes() and far lower.
  std::int64_t max_unsent_bytes = std::int64_t{512} << 20;

  // Of all frames that are being received at once: what strangers with half-sent frames can make a
  // node hold. Far above what neighbours need; near it gRPC slows or cuts connections.
  std::int64_t max_buffered_bytes = std::int64_t{512} << 20;

  // Accepted connections at once; further ones are refused.
  int max_accepted = 256;

  // From Connect until the peer speaks HTTP/2 (a frozen one does not).
  double connect_timeout_s = 1.0;
};

// Ever, since the transport was made.
struct GrpcTransportCounters {
  std::int64_t accepted = 0;
  std::int64_t refused = 0;   // too many, not listening any more, or by `accept`
  std::int64_t connects = 0;  // attempts
  std::int64_t frames_sent = 0;
  std::int64_t messages_sent = 0;  // of one frame or several small ones
  std::int64_t frames_received = 0;
  std::int64_t bytes_sent = 0;  // frames with their tensors, without gRPC's own
  std::int64_t bytes_received = 0;
  std::int64_t bad_frames = 0;       // received, and no frame
  std::int64_t oversize_frames = 0;  // beyond max_frame_bytes, as far as gRPC tells
};

// Loop thread only, from construction to destruction (before Run or after it: whoever owns the
// loop). The loop must outlive it. What a connection may do:
//   * it may be destroyed at any time, inside its callbacks too, and before or after the transport;
//   * destroyed with nothing unsent, it ends the stream in order; else it is cut and the rest
//   dropped;
//   * when the transport goes first, its connections fall silent: no callback, Send drops.
class GrpcTransport final : public Transport {
 public:
  explicit GrpcTransport(GrpcLoop* loop, GrpcTransportOptions options = {});
  ~GrpcTransport() override;

  // `address` is "host:port"; not encrypted. Only one Listen in the life of the loop.
  Result<std::string> Listen(const std::string& address, Accept accept) override;
  void StopListening() override;

  // Never fails at once: OnClosed with kUnavailable tells, from the loop, within connect_timeout_s.
  std::unique_ptr<Connection> Connect(const std::string& address,
                                      ConnectionHandler* handler) override;

  const GrpcTransportCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offramp
