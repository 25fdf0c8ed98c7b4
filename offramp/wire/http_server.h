// HttpServer: HTTP/1.1 for REST, metrics and health, on Boost.Beast and one thread of its own.
// Everything a client can make it hold is bounded; a client that is slow, silent or gone costs its
// connection and nothing else.
//
// A client that shuts down its sending after a request gets its answer; one that closes its socket
// is noticed: the first bytes of the answer are sent early, and come back as a reset.
//
// Not encrypted, no chunked responses. One request of a connection is handled at a time; a client
// may pipeline, its later requests wait in the socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "offramp/base/result.h"
#include "offramp/wire/http_message.h"

namespace offramp {

struct HttpServerOptions {
  std::int64_t max_body_bytes = std::int64_t{64} << 20;  // beyond: 413
  std::int64_t max_header_bytes = 16 << 10;              // request line included; beyond: 431
  // Of all bodies that are being received or handled at once; beyond: 503.
  std::int64_t max_total_body_bytes = std::int64_t{512} << 20;
  int max_connections = 1024;    // beyond: 503, closed
  double idle_timeout_s = 60;    // between requests; then closed silently
  double header_timeout_s = 10;  // first byte to end of header; else 408
  // A body has body_timeout_s plus the time its bytes take at min_bytes_per_s; else 408. A response
  // that is read more slowly ends the connection.
  double body_timeout_s = 10;
  std::int64_t min_bytes_per_s = 16 << 10;
};

// Ever, except for those that say otherwise.
struct HttpServerCounters {
  std::int64_t connections = 0;  // now
  std::int64_t accepted = 0;
  std::int64_t rejected = 0;      // for max_connections
  std::int64_t requests = 0;      // handed to the handler
  std::int64_t bad_requests = 0;  // answered with 4xx or 503 by the server itself
  std::int64_t gone = 0;          // clients that left before the reply
};

// The way back to the client of one request. Copies mean the same; thread-safe. When the last copy
// goes without Reply, the client gets a 500.
class HttpResponder {
 public:
  class State;
  explicit HttpResponder(std::shared_ptr<State> state) : state_(std::move(state)) {}

  // The first call counts, later ones are ignored. Never blocks. To a client that is gone: dropped.
  void Reply(HttpResponse response) const;

  // `task` runs once, on any thread, if the client leaves (or the server is stopped) before Reply;
  // at once if that has happened. Call it at most once.
  void OnGone(std::function<void()> task) const;

  bool gone() const;

 private:
  std::shared_ptr<State> state_;
};

// Runs on the server's thread: it must not block. An exception out of it is answered with 500.
using HttpHandler = std::function<void(HttpRequest, HttpResponder)>;

class HttpServer {
 public:
  // Listens on "host:port" (numeric host or "localhost"; port 0: the system chooses) and serves
  // until Stop. kUnavailable names the address when it is taken.
  static Result<std::unique_ptr<HttpServer>> Start(const std::string& address, HttpHandler handler,
                                                   HttpServerOptions options = {});

  // Stop(0).
  ~HttpServer();

  // "127.0.0.1:40001": where it listens.
  const std::string& address() const;

  // Takes no more requests, lets those at work finish for at most `seconds`, then closes
  // everything. No handler runs after it returns; responders stay valid and do nothing. Idempotent;
  // not from the handler.
  void Stop(double seconds);

  // Thread-safe.
  HttpServerCounters counters() const;

  class Impl;

 private:
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace offramp
