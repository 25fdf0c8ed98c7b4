#include "offramp/wire/memory_transport.h"

#include <gtest/gtest.h>

#include "offramp/wire/frame_codec.h"
#include "offramp/wire/manual_loop.h"
#include "tests/unit/wire/example_frames.h"
#include "tests/unit/wire/recorder.h"

namespace offramp {
namespace {

class MemoryTransportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    address_ = *server_->Listen("s1-a:0", [this](std::unique_ptr<Connection> connection) {
      accepted_.push_back(std::move(connection));
      return &at_server_;
    });
    connection_ = client_->Connect(address_, &at_client_);
  }

  std::uint64_t LastIdAtServer() { return std::get<CancelFrame>(at_server_.frames().back()).id; }

  ManualClock clock_;
  ManualLoop loop_{&clock_};
  MemoryNetwork network_{&loop_};
  Recorder at_server_;
  Recorder at_client_;
  std::unique_ptr<Transport> server_ = network_.MakeTransport("s1-a");
  std::unique_ptr<Transport> client_ = network_.MakeTransport("gw0");
  std::vector<std::unique_ptr<Connection>> accepted_;
  std::string address_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(MemoryTransportTest, EveryKindOfFrameCrossesBothWays) {
  EXPECT_EQ(address_, "s1-a:1");
  const auto frames = ExampleFrames();
  for (const Frame& frame : frames) connection_->Send(frame);
  EXPECT_TRUE(at_server_.frames().empty());
  loop_.RunPending();
  ASSERT_EQ(at_server_.frames().size(), frames.size());
  for (const Frame& frame : frames) accepted_[0]->Send(frame);
  loop_.RunPending();
  ASSERT_EQ(at_client_.frames().size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(EncodeFrame(at_client_.frames()[i]).Joined().text(),
              EncodeFrame(frames[i]).Joined().text());
  }
  EXPECT_EQ(connection_->peer(), "s1-a:1");
  EXPECT_EQ(accepted_[0]->peer(), "gw0");
  EXPECT_EQ(connection_->unsent_bytes(), 0u);
  EXPECT_EQ(network_.open_connections(), 1);
}

TEST_F(MemoryTransportTest, DelaysAreByDirectionAndKeepOrder) {
  loop_.RunPending();
  network_.SetDelay("gw0", "s1-a", 0.010);
  connection_->Send(CancelFrame{.id = 1});
  network_.SetDelay("gw0", "s1-a", 0.001);
  connection_->Send(CancelFrame{.id = 2});  // must not overtake
  accepted_[0]->Send(CancelFrame{.id = 3});
  loop_.RunFor(0.005);
  EXPECT_TRUE(at_server_.frames().empty());
  EXPECT_EQ(at_client_.frames().size(), 1u);
  loop_.RunFor(0.005);
  ASSERT_EQ(at_server_.frames().size(), 2u);
  EXPECT_EQ(LastIdAtServer(), 2u);
}

TEST_F(MemoryTransportTest, DestroyingAConnectionClosesThePeersAfterWhatWasSent) {
  connection_->Send(CancelFrame{.id = 1});
  loop_.RunPending();
  connection_->Send(CancelFrame{.id = 2});
  connection_.reset();
  loop_.RunPending();
  EXPECT_EQ(LastIdAtServer(), 2u);
  ASSERT_EQ(at_server_.closed().size(), 1u);
  EXPECT_EQ(at_server_.closed()[0].code(), StatusCode::kUnavailable);
  EXPECT_TRUE(at_client_.closed().empty());
  EXPECT_EQ(network_.open_connections(), 0);
}

TEST_F(MemoryTransportTest, ConnectionsMayBeDestroyedInsideTheirCallbacks) {
  at_server_.on_frame = [&](Connection&, const Frame&) { accepted_.clear(); };
  at_client_.on_closed = [&](Connection&) { connection_.reset(); };
  connection_->Send(Hello{});
  connection_->Send(Hello{});
  loop_.RunPending();
  EXPECT_EQ(at_server_.frames().size(), 1u);
  EXPECT_EQ(at_client_.closed().size(), 1u);
  EXPECT_EQ(connection_, nullptr);
}

TEST_F(MemoryTransportTest, AFrozenEndpointNeitherHearsNorSpeaksUntilThawed) {
  loop_.RunPending();
  network_.Freeze("s1-a");
  connection_->Send(CancelFrame{.id = 1});
  accepted_[0]->Send(CancelFrame{.id = 2});
  loop_.RunFor(100);
  EXPECT_TRUE(at_server_.frames().empty());
  EXPECT_TRUE(at_client_.frames().empty());
  EXPECT_TRUE(at_client_.closed().empty());
  EXPECT_GT(connection_->unsent_bytes(), 0u);
  EXPECT_GT(accepted_[0]->unsent_bytes(), 0u);
  network_.Thaw("s1-a");
  loop_.RunPending();
  EXPECT_EQ(at_server_.frames().size(), 1u);
  EXPECT_EQ(at_client_.frames().size(), 1u);
  EXPECT_EQ(connection_->unsent_bytes(), 0u);
}

TEST_F(MemoryTransportTest, WhatWasUnderWayFromAFrozenEndpointArrives) {
  loop_.RunPending();
  network_.SetDelay("s1-a", "gw0", 0.010);
  accepted_[0]->Send(CancelFrame{.id = 1});
  network_.Freeze("s1-a");
  loop_.RunFor(0.010);
  EXPECT_EQ(at_client_.frames().size(), 1u);
}

TEST_F(MemoryTransportTest, ConnectingToAFrozenEndpointTimesOut) {
  loop_.RunPending();
  network_.Freeze("s1-a");
  Recorder recorder;
  const auto late = client_->Connect(address_, &recorder);
  late->Send(Hello{});
  loop_.RunFor(0.9);
  EXPECT_TRUE(recorder.closed().empty());
  loop_.RunFor(0.2);
  ASSERT_EQ(recorder.closed().size(), 1u);
  EXPECT_EQ(recorder.closed()[0].code(), StatusCode::kUnavailable);
  network_.Thaw("s1-a");
  loop_.RunPending();
  EXPECT_EQ(network_.open_connections(), 1);
}

TEST_F(MemoryTransportTest, ACutIsSeenByBothAndLosesWhatIsUnderWay) {
  loop_.RunPending();
  network_.SetDelay("gw0", "s1-a", 0.010);
  connection_->Send(Hello{});
  network_.Cut("s1-a", "gw0");
  loop_.RunFor(1);
  EXPECT_TRUE(at_server_.frames().empty());
  EXPECT_EQ(at_server_.closed().size(), 1u);
  EXPECT_EQ(at_client_.closed().size(), 1u);
  connection_->Send(Hello{});  // into the void
  loop_.RunFor(1);
  EXPECT_EQ(network_.open_connections(), 0);
}

TEST_F(MemoryTransportTest, ADeadEndpointIsNoticedAndCanComeBack) {
  loop_.RunPending();
  network_.Freeze("s1-a");
  accepted_[0]->Send(Hello{});
  server_.reset();
  loop_.RunPending();
  EXPECT_TRUE(at_client_.frames().empty());
  EXPECT_EQ(at_client_.closed().size(), 1u);
  EXPECT_TRUE(at_server_.closed().empty());

  Recorder refused;
  const auto early = client_->Connect(address_, &refused);
  loop_.RunPending();
  EXPECT_EQ(refused.closed().size(), 1u);

  server_ = network_.MakeTransport("s1-a");
  Recorder again;
  ASSERT_TRUE(server_
                  ->Listen(address_,
                           [&](std::unique_ptr<Connection> connection) {
                             accepted_.push_back(std::move(connection));
                             return &again;
                           })
                  .ok());
  const auto late = client_->Connect(address_, &refused);
  late->Send(Hello{});
  loop_.RunPending();
  EXPECT_EQ(again.frames().size(), 1u);
}

TEST_F(MemoryTransportTest, RefusedConnections) {
  loop_.RunPending();
  Recorder by_fault;
  network_.RefuseConnects("s1-a", true);
  const auto first = client_->Connect(address_, &by_fault);
  loop_.RunPending();
  EXPECT_EQ(by_fault.closed().size(), 1u);
  network_.RefuseConnects("s1-a", false);

  Recorder by_acceptor;
  auto picky = network_.MakeTransport("s1-b");
  const auto bound = picky->Listen("s1-b:7", [](auto) { return nullptr; });
  EXPECT_EQ(*bound, "s1-b:7");
  const auto second = client_->Connect("s1-b:7", &by_acceptor);
  loop_.RunPending();
  EXPECT_EQ(by_acceptor.closed().size(), 1u);

  Recorder not_listening;
  server_->StopListening();
  const auto third = client_->Connect(address_, &not_listening);
  loop_.RunPending();
  EXPECT_EQ(not_listening.closed().size(), 1u);
  connection_->Send(Hello{});
  loop_.RunPending();
  EXPECT_EQ(at_server_.frames().size(), 1u);
}

TEST_F(MemoryTransportTest, AFrameThatIsNoneEndsTheConnection) {
  loop_.RunPending();
  network_.CorruptNext("gw0", "s1-a");
  connection_->Send(Hello{});
  connection_->Send(Hello{});
  loop_.RunPending();
  EXPECT_TRUE(at_server_.frames().empty());
  ASSERT_EQ(at_server_.closed().size(), 1u);
  EXPECT_EQ(at_server_.closed()[0].code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(at_client_.closed().size(), 1u);
}

TEST_F(MemoryTransportTest, AnAddressBelongsToOne) {
  auto other = network_.MakeTransport("s1-b");
  EXPECT_EQ(other->Listen(address_, [](auto) { return nullptr; }).status().code(),
            StatusCode::kUnavailable);
}

}  // namespace
}  // namespace offramp
