// Endpoints of a fleet on real sockets, each with a loop and a thread of its own.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/wire/tcp_transport.h"
#include "tests/unit/wire/recorder.h"

namespace offramp {

inline constexpr char kAnyPort[] = "127.0.0.1:0";

// One process of a fleet: a loop on a thread of its own, and a transport.
class Endpoint {
 public:
  explicit Endpoint(TcpTransportOptions options = {})
      : transport_(std::make_unique<TcpTransport>(&loop_, options)),
        thread_([this] { loop_.Run(); }) {}

  ~Endpoint() {
    Call([this] { accepted_.clear(); });
    Die();
  }

  // Runs `task` on the loop and waits for it.
  void Call(const std::function<void()>& task) {
    // Shared: the waiter may be gone before set_value has returned.
    const auto done = std::make_shared<std::promise<void>>();
    if (loop_.Post([&task, done] {
          task();
          done->set_value();
        })) {
      done->get_future().wait();
    }
  }

  // As a killed process: connections are never destroyed, the transport is.
  void Die() {
    if (!thread_.joinable()) return;
    Call([this] { transport_.reset(); });
    loop_.Stop();
    thread_.join();
  }

  // Accepts into `recorder`, keeping the connections.
  std::string Listen(Recorder* recorder) {
    std::string address;
    Call([&] {
      auto bound = transport_->Listen(kAnyPort, [this, recorder](auto connection) {
        accepted_.push_back(std::move(connection));
        return recorder;
      });
      ASSERT_TRUE(bound.ok()) << bound.status();
      address = *bound;
    });
    return address;
  }

  std::unique_ptr<Connection> Connect(const std::string& address, ConnectionHandler* handler) {
    std::unique_ptr<Connection> connection;
    Call([&] { connection = transport_->Connect(address, handler); });
    return connection;
  }

  void Send(Connection* connection, const Frame& frame) {
    Call([&] { connection->Send(frame); });
  }

  void Destroy(std::unique_ptr<Connection> connection) {
    Call([&] { connection.reset(); });
  }

  TcpTransportCounters counters() {
    TcpTransportCounters counters;
    Call([&] { counters = transport_->counters(); });
    return counters;
  }

  TcpTransport& transport() { return *transport_; }
  std::vector<std::unique_ptr<Connection>>& accepted() { return accepted_; }

 private:
  AsioLoop loop_;
  std::unique_ptr<TcpTransport> transport_;
  std::vector<std::unique_ptr<Connection>> accepted_;
  std::thread thread_;
};

class TcpTransportTest : public ::testing::Test {
 protected:
  TcpTransportTest() : address_(server_.Listen(&at_server_)) {}

  ~TcpTransportTest() override {
    client_.Call([this] { connection_.reset(); });
  }

  void Connect() { connection_ = client_.Connect(address_, &at_client_); }

  void SendFromServer(const Frame& frame) {
    server_.Call([&] { server_.accepted().at(0)->Send(frame); });
  }

  Recorder at_server_;
  Recorder at_client_;
  Endpoint server_;
  Endpoint client_;
  const std::string address_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace offramp
