// An HttpServer with a handler that does what its tests need.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/wire/http_server.h"
#include "tests/unit/wire/raw_socket.h"

namespace offramp {

inline constexpr double kPatience_s = 10;

// "/echo" answers with what came, "/wait" when the test says so, "/throw" and "/drop" misbehave.
class HttpServerTest : public ::testing::Test {
 protected:
  void Start(HttpServerOptions options = {}) {
    auto server = HttpServer::Start(
        "127.0.0.1:0",
        [this](HttpRequest request, HttpResponder responder) {
          Handle(std::move(request), std::move(responder));
        },
        options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  void Handle(HttpRequest request, HttpResponder responder) {
    if (request.path() == "/throw") throw std::runtime_error("boom");
    if (request.path() == "/drop") return;
    if (request.path() == "/wait") {
      {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(responder);
      }
      responder.OnGone([this] {
        const std::lock_guard lock(mutex_);
        ++gone_;
        changed_.notify_all();
      });
      changed_.notify_all();
      return;
    }
    HttpResponse response = HttpResponse::Text(200, request.method + " " + request.target + " ");
    response.headers.Add("X-Echo", std::string(request.headers.Find("x-echo")));
    response.body.push_back(request.body);
    responder.Reply(std::move(response));
  }

  HttpResponder WaitForRequest() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(10), [&] { return !waiting_.empty(); }));
    HttpResponder responder = waiting_.back();
    waiting_.pop_back();
    return responder;
  }

  bool WaitForGone(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return gone_ >= count; });
  }

  // The server has closed (or lost) everybody, within ten seconds.
  bool WaitForNoConnection() {
    for (int i = 0; i < 10000 && server_->counters().connections > 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return server_->counters().connections == 0;
  }

  std::string Ask(const std::string& text) {
    RawSocket client(server_->address());
    client.Send(text);
    return client.ReadAll();
  }

  std::unique_ptr<HttpServer> server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<HttpResponder> waiting_;
  int gone_ = 0;
};

}  // namespace offramp
