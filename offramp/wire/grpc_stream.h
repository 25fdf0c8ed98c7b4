// One stream of GrpcTransport, from either end. Internal to grpc_transport.
//
// A stream outlives its Connection until every operation that gRPC has of it has come back: each
// operation holds the stream. All on the loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "offramp/wire/frame_codec.h"
#include "offramp/wire/grpc_loop.h"
#include "offramp/wire/grpc_transport.h"
#include "offramp/wire/transport.h"

namespace offramp::internal {

class GrpcStream;

// What a transport shares with its streams, which may live longer.
struct GrpcTransportState {
  GrpcTransportState(GrpcLoop* event_loop, const GrpcTransportOptions& transport_options)
      : loop(event_loop), options(transport_options) {}

  GrpcLoop* const loop;
  const GrpcTransportOptions options;
  GrpcTransportCounters counters;
  std::unordered_set<GrpcStream*> streams;
  Transport::Accept accept;  // null: not listening
  int accepted_now = 0;
};

class GrpcStream : public std::enable_shared_from_this<GrpcStream> {
 public:
  virtual ~GrpcStream();
  GrpcStream(const GrpcStream&) = delete;
  GrpcStream& operator=(const GrpcStream&) = delete;

  // Makes the stream's one Connection, which the caller owns.
  std::unique_ptr<Connection> MakeConnection(ConnectionHandler* handler);

  void Send(const Frame& frame);
  std::size_t unsent_bytes() const { return unsent_bytes_; }
  const std::string& peer() const { return peer_; }

  // The connection has been destroyed.
  void Detach();

  // The transport has been destroyed: no more callbacks, and an end as soon as possible.
  void Silence();

 protected:
  // A kind of operation of this stream, of which one at a time is under way.
  class Op final : public GrpcLoop::Operation {
   public:
    using Done = std::function<void(bool ok)>;
    Op(GrpcStream* stream, Done done) : stream_(stream), done_(std::move(done)) {}

    // The tag for gRPC. Holds the stream until the operation is back.
    void* Start();
    bool pending() const { return keep_ != nullptr; }
    void OnDone(bool ok) override;

   private:
    GrpcStream* const stream_;
    const Done done_;
    std::shared_ptr<GrpcStream> keep_;
  };

  enum class Phase {
    kOpening,  // what is sent waits
    kOpen,
    kEnding,  // nothing is sent any more, and what arrives is dropped
  };

  GrpcStream(std::shared_ptr<GrpcTransportState> state, std::string peer);

  // gRPC's operations, which differ by end. `status` is for the peer, as far as this end can say
  // it.
  virtual void StartRead(grpc::ByteBuffer* buffer, void* tag) = 0;
  virtual void StartWrite(const grpc::ByteBuffer& buffer, void* tag) = 0;
  virtual void StartEnd(const grpc::Status& status) = 0;
  virtual void Cancel() = 0;

  // No more frames will come. Must lead to ReportClosed.
  virtual void OnReadEnd() = 0;

  // Whether this end must go on reading to see its stream end.
  virtual bool reads_while_ending() const = 0;

  // Sends what waits, from now on. Reading begins with ReadNext.
  void Open();
  void ReadNext();

  // Ends the stream in order, once the write under way is back; in a second by force.
  void End(const grpc::Status& status);

  // Ends the stream by force.
  void Abort();

  // OnClosed, unless it has been called or nobody listens. The connection may be gone afterwards.
  void ReportClosed(Status why);

  GrpcTransportState& state() { return *state_; }
  const std::shared_ptr<GrpcTransportState>& shared_state() { return state_; }
  Phase phase() const { return phase_; }
  bool silenced() const { return silenced_; }
  bool has_connection() const { return connection_ != nullptr; }
  void set_handler(ConnectionHandler* handler) { handler_ = handler; }
  void set_peer(std::string peer) { peer_ = std::move(peer); }
  // What a peer is told when the user destroys the connection.
  void set_goodbye(grpc::Status status) { goodbye_ = std::move(status); }

 private:
  void BeginEnd();
  void FlushSoon();
  void WriteNext();
  void OnRead(bool ok);
  void OnWrite(bool ok);
  void TakeFrames();
  void FailSoon(Status why);

  const std::shared_ptr<GrpcTransportState> state_;
  std::string peer_;
  Connection* connection_ = nullptr;      // null before MakeConnection and once destroyed
  ConnectionHandler* handler_ = nullptr;  // null once nobody is to be called
  Phase phase_ = Phase::kOpening;
  bool silenced_ = false;  // no operation may be started: the queue may be shut
  bool failing_ = false;   // FailSoon has been called
  grpc::ByteBuffer incoming_;
  std::deque<EncodedFrame> queue_;  // not yet written
  std::size_t writing_frames_ = 0;  // in the message under way
  std::size_t writing_bytes_ = 0;
  std::size_t unsent_bytes_ = 0;  // of both
  bool flush_posted_ = false;
  Op read_op_;
  Op write_op_;
  bool end_waits_ = false;  // StartEnd(end_status_) is due when the write is back
  grpc::Status end_status_;
  grpc::Status goodbye_;
};

// Bytes of a received message as buffers that keep gRPC's slices alive; empty if it is invalid.
std::vector<Buffer> PiecesOf(const grpc::ByteBuffer& message);

// Adds a frame to a message, which shares the bytes of its tensors.
void AppendTo(std::vector<grpc::Slice>* message, const EncodedFrame& frame);

}  // namespace offramp::internal
