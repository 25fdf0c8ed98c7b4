// Transport: ordered, two-way connections between neighbours that carry frames. TCP in a daemon
// (tcp_transport.h), memory with faults in tests (memory_transport.h).
//
// Everything is called, and calls back, on the loop's thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "offramp/base/result.h"
#include "offramp/base/status.h"
#include "offramp/wire/frame.h"

namespace offramp {

class Connection {
 public:
  // Destroying a connection closes it without further callbacks.
  virtual ~Connection() = default;

  // Hands the frame over; never blocks. A closed connection drops it.
  virtual void Send(Frame frame) = 0;

  // Bytes handed over and not yet taken by the network: what a sender bounds.
  virtual std::size_t unsent_bytes() const = 0;

  // "127.0.0.1:40003", for logs.
  virtual const std::string& peer() const = 0;
};

// Who listens to a connection. Must outlive it.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;

  virtual void OnFrame(Connection& connection, Frame frame) = 0;

  // Last callback; the connection may be destroyed inside it. kInvalidArgument: the peer sent
  // something that is no frame.
  virtual void OnClosed(Connection& connection, Status why) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Takes connections at `address` ("127.0.0.1:0": the system chooses the port) and hands each to
  // `accept`, which returns the connection's handler, or null to refuse it; `accept` receives
  // ownership of the connection. Returns the bound address. At most one listener.
  using Accept = std::function<ConnectionHandler*(std::unique_ptr<Connection>)>;
  virtual Result<std::string> Listen(const std::string& address, Accept accept) = 0;

  // Takes no further connections; those there stay.
  virtual void StopListening() = 0;

  // Starts connecting; frames may be sent at once. A failed attempt is OnClosed. No retry inside.
  virtual std::unique_ptr<Connection> Connect(const std::string& address,
                                              ConnectionHandler* handler) = 0;
};

}  // namespace offramp
