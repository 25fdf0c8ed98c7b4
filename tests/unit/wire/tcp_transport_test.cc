#include "offramp/wire/tcp_transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "offramp/wire/frame_codec.h"
#include "tests/unit/wire/endpoint.h"
#include "tests/unit/wire/example_frames.h"

namespace offramp {
namespace {

TEST_F(TcpTransportTest, EveryKindOfFrameCrossesBothWays) {
  Connect();
  const auto frames = ExampleFrames();
  for (const Frame& frame : frames) client_.Send(connection_.get(), frame);
  ASSERT_TRUE(at_server_.WaitForFrames(frames.size()));
  for (const Frame& frame : frames) SendFromServer(frame);
  ASSERT_TRUE(at_client_.WaitForFrames(frames.size()));
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Buffer sent = EncodeFrame(frames[i]).Joined();
    EXPECT_EQ(EncodeFrame(at_server_.frames()[i]).Joined().text(), sent.text());
    EXPECT_EQ(EncodeFrame(at_client_.frames()[i]).Joined().text(), sent.text());
  }
  EXPECT_EQ(connection_->peer(), address_);
  EXPECT_EQ(server_.accepted().at(0)->peer().substr(0, 10), "127.0.0.1:");
  EXPECT_EQ(client_.counters().frames_sent, static_cast<std::int64_t>(frames.size()));
  EXPECT_EQ(server_.counters().frames_received, static_cast<std::int64_t>(frames.size()));
  EXPECT_EQ(server_.counters().bytes_received, client_.counters().bytes_sent);
}

TEST_F(TcpTransportTest, LargeFramesArriveWholeAndUnsentBytesReturnToZero) {
  Connect();
  const TaskFrame task = ExampleTask(1, 1 << 18);  // 1 MiB
  client_.Send(connection_.get(), Hello{});
  ASSERT_TRUE(at_server_.WaitForFrames(1));
  client_.Call([&] {
    for (int i = 0; i < 10; ++i) connection_->Send(task);
    EXPECT_GE(connection_->unsent_bytes(), std::size_t{10} << 20);
  });
  ASSERT_TRUE(at_server_.WaitForFrames(11));
  const auto frames = at_server_.frames();
  for (std::size_t i = 1; i < frames.size(); ++i) {
    const auto& received = std::get<TaskFrame>(frames[i]);
    EXPECT_EQ(received.tensors[0].data.text(), task.tensors[0].data.text());
    EXPECT_TRUE(received.tensors[0].data.IsAlignedTo(Buffer::kAlignment));
  }
  client_.Send(connection_.get(), CancelFrame{});
  ASSERT_TRUE(at_server_.WaitForFrames(12));
  for (int i = 0; i < 1000 && client_.counters().frames_sent < 12; ++i) std::this_thread::yield();
  client_.Call([&] { EXPECT_EQ(connection_->unsent_bytes(), 0u); });
}

TEST_F(TcpTransportTest, ManySmallFramesKeepTheirOrder) {
  constexpr std::uint64_t kFrames = 20000;
  Connect();
  client_.Call([&] {
    for (std::uint64_t i = 0; i < kFrames; ++i) connection_->Send(CancelFrame{.id = i});
  });
  ASSERT_TRUE(at_server_.WaitForFrames(kFrames));
  const auto frames = at_server_.frames();
  for (std::uint64_t i = 0; i < kFrames; ++i) {
    ASSERT_EQ(std::get<CancelFrame>(frames[i]).id, i);
  }
}

TEST_F(TcpTransportTest, TheClientEndsInOrder) {
  Connect();
  client_.Send(connection_.get(), Hello{});
  ASSERT_TRUE(at_server_.WaitForFrames(1));
  client_.Destroy(std::move(connection_));
  const auto why = at_server_.WaitForClose();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(*why, UnavailableError("the peer closed the connection"));
  EXPECT_TRUE(at_client_.closed().empty());
}

TEST_F(TcpTransportTest, TheServerEndsInOrder) {
  Connect();
  client_.Send(connection_.get(), Hello{});
  ASSERT_TRUE(at_server_.WaitForFrames(1));
  server_.Call([&] { server_.accepted().clear(); });
  const auto why = at_client_.WaitForClose();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(*why, UnavailableError("the peer closed the connection"));
  client_.Send(connection_.get(), Hello{});  // into the void
  EXPECT_TRUE(at_server_.closed().empty());
}

TEST_F(TcpTransportTest, ADeadServerIsNoticed) {
  Connect();
  client_.Send(connection_.get(), Hello{});
  ASSERT_TRUE(at_server_.WaitForFrames(1));
  server_.Die();
  const auto why = at_client_.WaitForClose();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->code(), StatusCode::kUnavailable);
  EXPECT_TRUE(at_server_.closed().empty());
}

TEST_F(TcpTransportTest, ADeadClientIsNoticed) {
  Connect();
  client_.Send(connection_.get(), Hello{});
  ASSERT_TRUE(at_server_.WaitForFrames(1));
  client_.Die();
  ASSERT_TRUE(at_server_.WaitForClose().has_value());
  connection_.reset();
}

TEST_F(TcpTransportTest, ConnectionsMayBeDestroyedInsideTheirCallbacks) {
  Connect();
  at_client_.on_frame = [&](Connection&, const Frame&) { connection_.reset(); };
  at_server_.on_closed = [&](Connection&) { server_.accepted().clear(); };
  client_.Send(connection_.get(), Hello{});
  ASSERT_TRUE(at_server_.WaitForFrames(1));
  // Together: the first may end the connection at once.
  server_.Call([&] {
    server_.accepted().at(0)->Send(Hello{});
    server_.accepted().at(0)->Send(Hello{});
  });
  ASSERT_TRUE(at_server_.WaitForClose().has_value());
  EXPECT_EQ(at_client_.frames().size(), 1u);
  EXPECT_TRUE(at_client_.closed().empty());
  server_.Call([&] { EXPECT_TRUE(server_.accepted().empty()); });
}

TEST_F(TcpTransportTest, NobodyListening) {
  server_.Die();
  Connect();
  client_.Send(connection_.get(), Hello{});
  const auto why = at_client_.WaitForClose();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->code(), StatusCode::kUnavailable);
  EXPECT_EQ(at_client_.closed().size(), 1u);
}

TEST_F(TcpTransportTest, AConnectionCanBeGivenUpBeforeItIsThere) {
  for (int i = 0; i < 20; ++i) {
    client_.Call([&] {
      auto connection = client_.transport().Connect(address_, &at_client_);
      connection->Send(Hello{});
    });
  }
  EXPECT_TRUE(at_client_.closed().empty());
}

TEST_F(TcpTransportTest, ASilentPeerEndsConnectingByItsTimeout) {
  // Accepts by its backlog and never says a word: what a stopped process does.
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof any;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&any), size), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&any), &size), 0);
  Endpoint impatient({.connect_timeout_s = 0.1});
  auto connection =
      impatient.Connect("127.0.0.1:" + std::to_string(ntohs(any.sin_port)), &at_client_);
  const auto why = at_client_.WaitForClose();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->code(), StatusCode::kUnavailable);
  impatient.Destroy(std::move(connection));
  close(listener);
}

TEST_F(TcpTransportTest, TwoListenersCannotShareAPort) {
  Endpoint other;
  other.Call([&] {
    const auto bound = other.transport().Listen(address_, [](auto) { return nullptr; });
    ASSERT_FALSE(bound.ok());
    EXPECT_EQ(bound.status().code(), StatusCode::kUnavailable);
    EXPECT_NE(bound.status().message().find(address_), std::string::npos);
  });
}

TEST_F(TcpTransportTest, RefusedByTheAcceptingSide) {
  Recorder never;
  Endpoint picky;
  std::string address;
  picky.Call([&] { address = *picky.transport().Listen(kAnyPort, [](auto) { return nullptr; }); });
  Connect();
  auto refused = client_.Connect(address, &never);
  const auto why = never.WaitForClose();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(*why, UnavailableError("connection refused"));
  EXPECT_EQ(picky.counters().refused, 1);
  client_.Destroy(std::move(refused));
}

TEST_F(TcpTransportTest, AfterStopListeningOnlyNewConnectionsAreRefused) {
  Connect();
  client_.Send(connection_.get(), Hello{});
  ASSERT_TRUE(at_server_.WaitForFrames(1));
  server_.Call([&] { server_.transport().StopListening(); });
  Recorder late;
  auto refused = client_.Connect(address_, &late);
  ASSERT_TRUE(late.WaitForClose().has_value());
  client_.Send(connection_.get(), Hello{});
  EXPECT_TRUE(at_server_.WaitForFrames(2));
  client_.Destroy(std::move(refused));
}

}  // namespace
}  // namespace offramp
