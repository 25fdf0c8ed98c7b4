// Who may send to a node, and what happens to those who may not.
#include "offramp/offload/offloader_sessions.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/clock.h"
#include "offramp/wire/manual_loop.h"
#include "offramp/wire/memory_transport.h"
#include "tests/fakes/test_hello.h"

namespace offramp {
namespace {

class Peer final : public ConnectionHandler {
 public:
  Peer(MemoryNetwork& network, const std::string& name) : transport_(network.MakeTransport(name)) {
    connection = transport_->Connect("s1-a", this);
  }
  void OnFrame(Connection& /*connection*/, Frame frame) override {
    frames.push_back(std::move(frame));
  }
  void OnClosed(Connection& /*connection*/, Status /*why*/) override { closed = true; }

  std::vector<Frame> frames;
  bool closed = false;
  std::unique_ptr<Connection> connection;

 private:
  std::unique_ptr<Transport> transport_;
};

class Owner final : public OffloaderSessionsOwner {
 public:
  void OnOffloaderUp(SessionId session, int offloader) override {
    up.emplace_back(session, offloader);
  }
  void OnOffloaderDown(SessionId session, int offloader) override {
    down.emplace_back(session, offloader);
  }
  void OnTask(SessionId session, TaskFrame /*task*/) override { tasks.push_back(session); }
  void OnCancel(SessionId /*session*/, std::uint64_t parcel) override {
    cancelled.push_back(parcel);
  }

  std::vector<std::pair<SessionId, int>> up;
  std::vector<std::pair<SessionId, int>> down;
  std::vector<SessionId> tasks;
  std::vector<std::uint64_t> cancelled;
};

class OffloaderSessionsTest : public ::testing::Test {
 protected:
  OffloaderSessionsTest()
      : loop_(&clock_),
        network_(&loop_),
        transport_(network_.MakeTransport("s1-a")),
        sessions_(TestHello("s1-a", 1), {"gw0", "gw1"}, loop_, owner_) {
    const auto bound = transport_->Listen("s1-a", [this](std::unique_ptr<Connection> connection) {
      return sessions_.Accept(std::move(connection));
    });
    EXPECT_TRUE(bound.ok());
  }

  // Says `hello`; whether it is let in.
  bool IsLetIn(const Hello& hello) {
    Peer peer(network_, "peer" + std::to_string(++peers_));
    peer.connection->Send(hello);
    loop_.RunFor(0.01);
    return !peer.closed;
  }

  static TaskFrame Task() {
    TaskFrame task;
    task.id = 5;
    task.rows.resize(3);
    return task;
  }

  ManualClock clock_;
  ManualLoop loop_;
  MemoryNetwork network_;
  std::unique_ptr<Transport> transport_;
  Owner owner_;
  OffloaderSessions sessions_;
  int peers_ = 0;
};

TEST_F(OffloaderSessionsTest, AnOffloaderIsGreetedAndHeard) {
  Peer peer(network_, "gw1");
  peer.connection->Send(TestHello("gw1", 0));
  peer.connection->Send(Task());
  peer.connection->Send(CancelFrame{5});
  loop_.RunFor(0.01);
  ASSERT_EQ(peer.frames.size(), 1u);
  EXPECT_EQ(std::get<Hello>(peer.frames[0]).name, "s1-a");
  ASSERT_EQ(owner_.up.size(), 1u);
  const auto [session, offloader] = owner_.up[0];
  EXPECT_EQ(offloader, 1);
  EXPECT_EQ(sessions_.OffloaderOf(session), 1);
  EXPECT_EQ(owner_.tasks, std::vector<SessionId>{session});
  EXPECT_EQ(sessions_.received_tasks(session), 3u);
  EXPECT_EQ(owner_.cancelled, std::vector<std::uint64_t>{5});
}

TEST_F(OffloaderSessionsTest, WhatAnOffloaderHasNotReadIsUnsent) {
  Peer peer(network_, "gw1");
  peer.connection->Send(TestHello("gw1", 0));
  loop_.RunFor(0.01);
  ASSERT_EQ(owner_.up.size(), 1u);
  EXPECT_EQ(sessions_.unsent_bytes(), 0u);
  network_.Freeze("gw1");
  sessions_.Send(owner_.up[0].first, AckFrame{.id = 5});
  EXPECT_GT(sessions_.unsent_bytes(), 0u);
  network_.Thaw("gw1");
  loop_.RunFor(0.01);
  EXPECT_EQ(sessions_.unsent_bytes(), 0u);
}

TEST_F(OffloaderSessionsTest, StrangersAreRefused) {
  EXPECT_TRUE(IsLetIn(TestHello("gw0", 0)));
  EXPECT_FALSE(IsLetIn(TestHello("gw7", 0)));
  EXPECT_FALSE(IsLetIn(TestHello("gw0", 1)));
  Hello other_fleet = TestHello("gw0", 0);
  other_fleet.fleet = "another";
  EXPECT_FALSE(IsLetIn(other_fleet));
  Hello other_protocol = TestHello("gw0", 0);
  other_protocol.protocol = 99;
  EXPECT_FALSE(IsLetIn(other_protocol));
  EXPECT_EQ(sessions_.refused_peers(), 4u);
  EXPECT_EQ(owner_.up.size(), 1u);
}

TEST_F(OffloaderSessionsTest, WhoSaysNothingIsLetGo) {
  Peer peer(network_, "silent");
  loop_.RunFor(1);
  EXPECT_TRUE(sessions_.any());
  loop_.RunFor(2);
  EXPECT_TRUE(peer.closed);
  EXPECT_FALSE(sessions_.any());
  EXPECT_TRUE(owner_.down.empty());
}

TEST_F(OffloaderSessionsTest, NobodySendsTasksBeforeAHello) {
  Peer peer(network_, "gw0");
  peer.connection->Send(Task());
  loop_.RunFor(0.01);
  EXPECT_TRUE(peer.closed);
  EXPECT_TRUE(owner_.tasks.empty());
}

TEST_F(OffloaderSessionsTest, FramesThatOnlyReceiversSendEndTheSession) {
  Peer peer(network_, "gw0");
  peer.connection->Send(TestHello("gw0", 0));
  peer.connection->Send(Report{});
  peer.connection->Send(Task());
  loop_.RunFor(0.01);
  EXPECT_TRUE(peer.closed);
  EXPECT_TRUE(owner_.tasks.empty());
  EXPECT_EQ(owner_.down.size(), 1u);
}

TEST_F(OffloaderSessionsTest, ANewerConnectionOfTheSameNameReplacesTheOlder) {
  Peer older(network_, "gw0");
  older.connection->Send(TestHello("gw0", 0));
  loop_.RunFor(0.01);
  Peer newer(network_, "gw0-again");
  newer.connection->Send(TestHello("gw0", 0));
  loop_.RunFor(0.01);
  EXPECT_TRUE(older.closed);
  EXPECT_FALSE(newer.closed);
  ASSERT_EQ(owner_.up.size(), 2u);
  ASSERT_EQ(owner_.down.size(), 1u);
  EXPECT_EQ(owner_.down[0], owner_.up[0]);
  EXPECT_EQ(sessions_.OffloaderOf(owner_.up[0].first), -1);
  EXPECT_EQ(sessions_.received_tasks(owner_.up[0].first), 0u);
}

TEST_F(OffloaderSessionsTest, BroadcastsReachTheGreetedOnly) {
  Peer greeted(network_, "gw0");
  Peer stranger(network_, "stranger");
  greeted.connection->Send(TestHello("gw0", 0));
  loop_.RunFor(0.01);
  sessions_.Broadcast([](SessionId, int offloader) -> std::optional<Frame> {
    EXPECT_EQ(offloader, 0);
    return Report{};
  });
  loop_.RunFor(0.01);
  EXPECT_EQ(greeted.frames.size(), 2u);
  EXPECT_EQ(stranger.frames.size(), 1u);
}

TEST_F(OffloaderSessionsTest, WhatIsSaidToWhoeverIsGoneIsDropped) {
  {
    Peer peer(network_, "gw0");
    peer.connection->Send(TestHello("gw0", 0));
    loop_.RunFor(0.01);
  }
  loop_.RunFor(0.01);
  ASSERT_EQ(owner_.down.size(), 1u);
  sessions_.Send(owner_.down[0].first, Report{});
  loop_.RunFor(0.01);
  EXPECT_FALSE(sessions_.any());
}

}  // namespace
}  // namespace offramp
