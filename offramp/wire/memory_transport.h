// MemoryNetwork: transports in memory, for tests of everything above the network. Frames pass
// through the codec, as bytes; delays and faults are the test's to set; all on one loop, so a run
// repeats exactly.
//
//   MemoryNetwork network(&loop);
//   auto node = network.MakeTransport("s1-a");
//   auto bound = node->Listen("s1-a:0", accept);       // "s1-a:1"
//   auto gateway = network.MakeTransport("gw0");
//   auto connection = gateway->Connect(*bound, &handler);
//   network.SetDelay("gw0", "s1-a", 0.001);
//   loop.RunFor(0.1);
#pragma once

#include <memory>
#include <string>

#include "offramp/wire/event_loop.h"
#include "offramp/wire/transport.h"

namespace offramp {

// Loop thread only. Endpoints are named once and for all; a restarted one makes a new transport of
// the same name after the old one is destroyed. Transports and connections may outlive the
// network's user but not the loop.
class MemoryNetwork {
 public:
  explicit MemoryNetwork(EventLoop* loop);
  ~MemoryNetwork();
  MemoryNetwork(const MemoryNetwork&) = delete;
  MemoryNetwork& operator=(const MemoryNetwork&) = delete;

  // The transport of the endpoint `name`. An address is any text that no other listener has; a
  // final
  // ":0" is replaced by a number. Destroying the transport is the death of its process: its
  // listener is gone, its connections fall silent and the peers see theirs closed.
  std::unique_ptr<Transport> MakeTransport(const std::string& name);

  // Frames, connects and closes from `from` to `to` take `delay_s` from now on; those under way are
  // never overtaken. 0 (the default) still means "later, from the loop".
  void SetDelay(const std::string& from, const std::string& to, double delay_s);

  // Nothing leaves or reaches the endpoint until Thaw; then everything held does, in order. Its
  // connections stay open: what SIGSTOP does. Attempts to connect to it end after 1 s.
  void Freeze(const std::string& name);
  void Thaw(const std::string& name);

  // Closes all connections between two endpoints, as seen by both, and drops what is under way.
  void Cut(const std::string& a, const std::string& b);

  // Connects to `name` fail while `refuse`; existing connections stay.
  void RefuseConnects(const std::string& name, bool refuse);

  // The next frame from `from` to `to` arrives as bytes that are no frame.
  void CorruptNext(const std::string& from, const std::string& to);

  // Connections that are open between anybody.
  int open_connections() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace offramp
