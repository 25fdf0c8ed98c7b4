// GrpcTransport against peers that send too much, or what is no frame.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "tests/unit/wire/endpoint.h"
#include "tests/unit/wire/example_frames.h"
#include "tests/unit/wire/raw_socket.h"

#include "offramp/v1/node.grpc.pb.h"

namespace offramp {
namespace {

using GrpcTransportLimitsTest = GrpcTransportTest;

TEST_F(GrpcTransportLimitsTest, TooManyConnectionsAreRefused) {
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

TEST_F(GrpcTransportLimitsTest, AFrameBeyondTheLimitOfTheReceiverEndsTheConnection) {
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

TEST_F(GrpcTransportLimitsTest, SendersAreBoundedToo) {
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

// A gRPC client that speaks our method and sends what it likes.
Status SendRaw(const std::string& address, const std::string& bytes) {
  auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  const auto stub = v1::Peer::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::Frame message;
  message.ParseFromString(bytes);  // serialises to the same fields
  const auto stream = stub->Connect(&context);
  stream->Write(message);
  v1::Frame answer;
  while (stream->Read(&answer)) {
  }
  const grpc::Status status = stream->Finish();
  return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ? InvalidArgumentError("")
                                                                   : InternalError("");
}

TEST_F(GrpcTransportLimitsTest, MessagesThatAreNoFrameEndTheConnection) {
  Random random(5);
  for (int i = 0; i < 20; ++i) {
    std::string fields;  // payload with random bytes: a fine protobuf message, and no frame
    const std::size_t size = random.Below(60);
    fields = {static_cast<char>(0x7a), static_cast<char>(size)};
    for (std::size_t j = 0; j < size; ++j) fields.push_back(static_cast<char>(random.Bits()));
    EXPECT_EQ(SendRaw(address_, fields).code(), StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(server_.counters().bad_frames, 20);
  for (const Status& why : at_server_.closed()) {
    EXPECT_EQ(why.code(), StatusCode::kInvalidArgument);
  }
  Connect();
  client_.Send(connection_.get(), Hello{});
  EXPECT_TRUE(at_server_.WaitForFrames(1));
}

TEST_F(GrpcTransportLimitsTest, RawBytesOnThePortHurtNobody) {
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
