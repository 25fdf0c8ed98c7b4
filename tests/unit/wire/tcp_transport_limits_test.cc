// TcpTransport against peers that send too much, or what is no frame.
#include <thread>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/wire/frame_codec.h"
#include "offramp/wire/tcp_message.h"
#include "tests/unit/wire/endpoint.h"
#include "tests/unit/wire/example_frames.h"
#include "tests/unit/wire/raw_socket.h"

namespace offramp {
namespace {

using TcpTransportLimitsTest = TcpTransportTest;

TEST_F(TcpTransportLimitsTest, TooManyConnectionsAreRefused) {
  Recorder taken;
  Endpoint small({.max_accepted = 2});
  const std::string address = small.Listen(&taken);
  Recorder recorders[3];
  std::vector<std::unique_ptr<Connection>> connections;
  for (std::size_t i = 0; i < 3; ++i) {
    connections.push_back(client_.Connect(address, &recorders[i]));
    client_.Send(connections.back().get(), Hello{});
    if (i < 2) {
      ASSERT_TRUE(taken.WaitForFrames(i + 1));
    }
  }
  const auto why = recorders[2].WaitForClose();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(*why, UnavailableError("too many connections"));
  // A place that becomes free is given away again.
  client_.Destroy(std::move(connections[0]));
  ASSERT_TRUE(taken.WaitForClose().has_value());
  small.Call([&] { small.accepted().erase(small.accepted().begin()); });
  Recorder fourth;
  for (int i = 0; i < 100; ++i) {
    connections.push_back(client_.Connect(address, &fourth));
    client_.Send(connections.back().get(), Hello{});
    if (taken.WaitForFrames(3)) break;
  }
  EXPECT_EQ(taken.frames().size(), 3u);
  client_.Call([&] { connections.clear(); });
}

// However fast they come: each costs a socket until it has heard why.
TEST_F(TcpTransportLimitsTest, TheRefusedAreBoundedToo) {
  Recorder never;
  Endpoint full({.max_accepted = 0});
  const std::string address = full.Listen(&never);
  std::vector<std::unique_ptr<RawSocket>> refused;
  bool cut = false;
  for (int i = 0; i < 1000 && !cut; ++i) {
    refused.push_back(std::make_unique<RawSocket>(address));
    refused.back()->Send(internal::kPreface);
    const std::string reply = refused.back()->ReadUntil("too many connections");
    cut = reply.empty();
    EXPECT_EQ(cut, reply.find("too many connections") == std::string::npos);
  }
  EXPECT_TRUE(cut);
  // They make room again.
  const auto refusals = full.counters().refused;
  refused.clear();
  for (int i = 0; i < 1000; ++i) {
    RawSocket raw(address);
    raw.Send(internal::kPreface);
    if (!raw.ReadUntil("too many connections").empty()) break;
  }
  EXPECT_GT(full.counters().refused, refusals);
}

TEST_F(TcpTransportLimitsTest, AFrameBeyondTheLimitOfTheReceiverEndsTheConnection) {
  Recorder strict_recorder;
  Endpoint strict({.max_frame_bytes = 1 << 20});
  auto connection = client_.Connect(strict.Listen(&strict_recorder), &at_client_);
  client_.Send(connection.get(), ExampleTask(1, 1 << 19));
  const auto why = at_client_.WaitForClose();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->code(), StatusCode::kResourceExhausted);
  ASSERT_TRUE(strict_recorder.WaitForClose().has_value());
  EXPECT_TRUE(strict_recorder.frames().empty());
  client_.Destroy(std::move(connection));
}

TEST_F(TcpTransportLimitsTest, SendersAreBoundedToo) {
  Endpoint small({.max_frame_bytes = 1 << 20, .max_unsent_bytes = 3 << 20});
  for (const auto& frame : {ExampleTask(1, 1 << 19), ExampleTask(1, 1 << 17)}) {
    Recorder recorder;
    auto connection = small.Connect(address_, &recorder);
    small.Call([&] {
      for (int i = 0; i < 100; ++i) connection->Send(frame);
      EXPECT_LE(connection->unsent_bytes(), std::size_t{3} << 20);
    });
    const auto why = recorder.WaitForClose();
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), StatusCode::kResourceExhausted);
    small.Destroy(std::move(connection));
  }
}

std::string Message(std::string_view body) {
  const auto header = internal::EncodeHeader({.length = static_cast<std::uint32_t>(body.size())});
  return std::string(reinterpret_cast<const char*>(header.data()), header.size()) +
         std::string(body);
}

std::string RandomBytes(Random& random, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) bytes.push_back(static_cast<char>(random.Bits()));
  return bytes;
}

TEST_F(TcpTransportLimitsTest, MessagesThatAreNoFrameEndTheConnectionAndSayWhy) {
  Random random(5);
  for (int i = 0; i < 20; ++i) {
    RawSocket raw(address_);
    raw.Send(std::string(internal::kPreface) + Message(RandomBytes(random, 1 + random.Below(60))));
    const std::string reply = raw.ReadAll();
    EXPECT_EQ(reply.substr(0, internal::kPreface.size()), internal::kPreface);
    EXPECT_NE(reply.find("no frame"), std::string::npos);
  }
  EXPECT_EQ(server_.counters().bad_frames, 20);
  for (const Status& why : at_server_.closed()) {
    EXPECT_EQ(why.code(), StatusCode::kInvalidArgument);
  }
  Connect();
  client_.Send(connection_.get(), Hello{});
  EXPECT_TRUE(at_server_.WaitForFrames(1));
}

TEST_F(TcpTransportLimitsTest, HeadersThatMakeNoSenseEndTheConnection) {
  std::string unknown_kind = Message("x");
  unknown_kind[4] = 9;
  std::string bad_alignment = Message("x");
  bad_alignment[5] = 64;
  std::string reserved = Message("x");
  reserved[7] = 1;
  for (const std::string& message : {unknown_kind, bad_alignment, reserved, Message("")}) {
    RawSocket raw(address_);
    raw.Send(std::string(internal::kPreface) + message);
    EXPECT_NE(raw.ReadAll().find("makes no sense"), std::string::npos);
  }
  EXPECT_EQ(server_.counters().bad_frames, 4);
}

// A stranger must not make a node reserve memory by a number.
TEST_F(TcpTransportLimitsTest, ALargeMessageCannotComeFirst) {
  RawSocket raw(address_);
  raw.Send(std::string(internal::kPreface) + Message(std::string(1 << 20, 'x')));
  EXPECT_NE(raw.ReadAll().find("large message came first"), std::string::npos);
}

// Millions of frames at a time would hold up everybody else.
TEST_F(TcpTransportLimitsTest, ALargeMessageHoldsOneFrame) {
  const std::string hello(EncodeFrame(Hello{}).Joined().text());
  std::string many;
  while (many.size() < (1 << 20)) many += hello;
  RawSocket raw(address_);
  raw.Send(std::string(internal::kPreface) + Message(hello) + Message(many));
  EXPECT_NE(raw.ReadAll().find("more than a frame"), std::string::npos);
  EXPECT_EQ(at_server_.frames().size(), 1u);
}

TEST_F(TcpTransportLimitsTest, LargeMessagesHalfReceivedAreBoundedOverAllConnections) {
  Recorder taken;
  Endpoint small({.max_buffered_bytes = 1 << 20});
  const std::string address = small.Listen(&taken);
  const std::string hello = Message(EncodeFrame(Hello{}).Joined().text());
  std::string half = Message(std::string(2 << 20, 'x'));
  half.resize(800 << 10);
  RawSocket first(address);
  first.Send(std::string(internal::kPreface) + hello + half);
  ASSERT_TRUE(taken.WaitForFrames(1));
  RawSocket second(address);
  second.Send(std::string(internal::kPreface) + hello + half);
  const auto why = taken.WaitForClose();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->code(), StatusCode::kResourceExhausted);
}

TEST_F(TcpTransportLimitsTest, MessagesArriveInPieces) {
  const std::string hello = Message(EncodeFrame(Hello{}).Joined().text());
  const std::string task = Message(EncodeFrame(ExampleTask(1, 1 << 14)).Joined().text());
  const std::string bytes = std::string(internal::kPreface) + hello + task + hello;
  RawSocket raw(address_);
  for (std::size_t at = 0; at < bytes.size(); at += 999) {
    ASSERT_TRUE(raw.Send(bytes.substr(at, 999)));
    if (at < 5000) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(at_server_.WaitForFrames(3));
  EXPECT_EQ(EncodeFrame(at_server_.frames()[1]).Joined().text(),
            EncodeFrame(ExampleTask(1, 1 << 14)).Joined().text());
}

TEST_F(TcpTransportLimitsTest, RawBytesOnThePortHurtNobody) {
  Random random(6);
  for (int i = 0; i < 50; ++i) {
    RawSocket raw(address_);
    ASSERT_TRUE(raw.connected());
    std::string bytes = i % 2 == 0 ? "" : "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const std::size_t size = random.Below(4000);
    for (std::size_t j = 0; j < size; ++j) bytes.push_back(static_cast<char>(random.Bits()));
    raw.Send(bytes);
  }
  Connect();
  client_.Send(connection_.get(), Hello{});
  EXPECT_TRUE(at_server_.WaitForFrames(1));
}

}  // namespace
}  // namespace offramp
