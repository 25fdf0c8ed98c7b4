// AdminServer: a daemon's own HTTP port, for people, probes, Prometheus and the command line.
//
//   GET  /healthz   200 while the loop runs (it is the loop that answers)
//   GET  /readyz    200 when ready, else 503 with the reason
//   GET  /metrics   Prometheus text
//   GET  /status    JSON object (formats.md "Fleet")
//   POST /drain     202; the process ends by itself
//   POST /speed?gflops_per_s=X   emulated speed from now on: a fault to inject, for demos and tests
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "offramp/base/result.h"
#include "offramp/wire/event_loop.h"
#include "offramp/wire/http_server.h"

namespace offramp {

// All run on the loop. Those left empty are answered with 404.
struct AdminHooks {
  std::function<Status()> ready;
  std::function<std::string()> metrics;
  std::function<std::string()> status;  // JSON text
  std::function<void()> drain;
  std::function<Status(double gflops_per_s)> set_speed;
};

class AdminServer {
 public:
  // `loop` outlives the server. Listens at `address`; port 0: the system chooses.
  static Result<std::unique_ptr<AdminServer>> Start(const std::string& address, EventLoop& loop,
                                                    AdminHooks hooks);
  ~AdminServer();

  const std::string& address() const;

 private:
  AdminServer() = default;

  std::unique_ptr<HttpServer> server_;
};

}  // namespace offramp
