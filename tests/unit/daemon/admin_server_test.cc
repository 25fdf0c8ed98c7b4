// The admin port over real HTTP; its hooks run on the loop, which the test turns by hand.
#include "offramp/daemon/admin_server.h"

#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "offramp/wire/asio_loop.h"
#include "offramp/wire/http_client.h"

namespace offramp {
namespace {

class AdminServerTest : public ::testing::Test {
 protected:
  AdminServerTest() {
    AdminHooks hooks;
    hooks.ready = [this] { return ready_ ? OkStatus() : UnavailableError("still loading"); };
    hooks.metrics = [] { return std::string("offramp_x 1\n"); };
    hooks.status = [] { return std::string(R"({"name":"s1-a"})"); };
    hooks.drain = [this] { ++drains_; };
    hooks.set_speed = [this](double gflops_per_s) {
      speed_ = gflops_per_s;
      return OkStatus();
    };
    auto server = AdminServer::Start("127.0.0.1:0", loop_, hooks);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = std::move(server).value();
    thread_ = std::thread([this] { loop_.Run(); });
  }
  ~AdminServerTest() override { StopLoop(); }

  void StopLoop() {
    loop_.Stop();
    if (thread_.joinable()) thread_.join();
  }

  int Get(const std::string& target) {
    HttpClient client(server_->address());
    const auto response = client.Get(target, 5);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->status : 0;
  }
  int Post(const std::string& target) {
    HttpClient client(server_->address());
    const auto response = client.Post(target, "", 5);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->status : 0;
  }

  AsioLoop loop_;
  std::atomic<bool> ready_ = true;
  std::atomic<int> drains_ = 0;
  std::atomic<double> speed_ = -1;
  std::unique_ptr<AdminServer> server_;
  std::thread thread_;
};

TEST_F(AdminServerTest, TellsLivenessAndReadinessApart) {
  EXPECT_EQ(Get("/healthz"), 200);
  EXPECT_EQ(Get("/readyz"), 200);
  ready_ = false;
  EXPECT_EQ(Get("/healthz"), 200);
  EXPECT_EQ(Get("/readyz"), 503);
}

TEST_F(AdminServerTest, ActsOnPostOnly) {
  EXPECT_EQ(Get("/drain"), 405);
  EXPECT_EQ(drains_, 0);
  EXPECT_EQ(Post("/drain"), 202);
  EXPECT_EQ(drains_, 1);
  EXPECT_EQ(Get("/speed?gflops_per_s=3"), 405);
  EXPECT_EQ(Post("/speed?gflops_per_s=2.5"), 200);
  EXPECT_EQ(speed_, 2.5);
}

TEST_F(AdminServerTest, SpeedsThatAreNoNumbersAreRefused) {
  for (const char* query :
       {"", "?", "?gflops_per_s", "?gflops_per_s=", "?gflops_per_s=x", "?gflops_per_s=-1",
        "?gflops_per_s=nan", "?gflops_per_s=inf", "?gflops_per_s=1x", "?gflops_per_s2=1"}) {
    EXPECT_EQ(Post(std::string("/speed") + query), 400) << query;
  }
  EXPECT_EQ(speed_, -1);
}

TEST_F(AdminServerTest, UnknownPathsAreNotFound) {
  EXPECT_EQ(Get("/"), 404);
  EXPECT_EQ(Get("/metrics"), 200);
  EXPECT_EQ(Get("/status"), 200);
  EXPECT_EQ(Get("/secrets"), 404);
}

TEST_F(AdminServerTest, AfterTheLoopsEndItSaysSo) {
  StopLoop();
  EXPECT_EQ(Get("/healthz"), 503);
}

}  // namespace
}  // namespace offramp
