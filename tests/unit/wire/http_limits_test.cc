// HttpServer against clients that send too much, too slowly, or what is no HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/wire/http_client.h"
#include "tests/unit/wire/http_fixture.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using HttpLimitsTest = HttpServerTest;

TEST_F(HttpLimitsTest, LimitsOfSize) {
  Start({.max_body_bytes = 1000, .max_header_bytes = 2000});
  HttpClient client(server_->address());
  const auto fits = client.Post("/echo", std::string(1000, 'x'), kPatience_s);
  ASSERT_TRUE(fits.ok()) << fits.status();
  EXPECT_EQ(fits->status, 200);
  const auto large = client.Post("/echo", std::string(1001, 'x'), kPatience_s);
  ASSERT_TRUE(large.ok()) << large.status();
  EXPECT_EQ(large->status, 413);
  EXPECT_EQ(large->BodyText(), R"({"error": "the body is larger than 1000 bytes"})");
  EXPECT_THAT(Ask("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
                  std::string(2000, 'x') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Ask("GET /echo HTTP/1.1\r\nX: " + std::string(3000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Ask("GET /" + std::string(100000, 'x')), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpLimitsTest, AllBodiesTogetherAreBounded) {
  Start({.max_total_body_bytes = 100000});
  RawSocket hog(server_->address());
  hog.Send("POST /wait HTTP/1.1\r\nContent-Length: 80000\r\n\r\n" + std::string(80000, 'x'));
  const HttpResponder responder = WaitForRequest();
  HttpClient client(server_->address());
  auto response = client.Post("/echo", std::string(40000, 'x'), kPatience_s);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 503);
  responder.Reply(HttpResponse::Json(200, "{}"));
  hog.ReadUntil("{}");
  response = client.Post("/echo", std::string(40000, 'x'), kPatience_s);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 200);
}

TEST_F(HttpLimitsTest, TooManyConnections) {
  Start({.max_connections = 2});
  RawSocket first(server_->address());
  RawSocket second(server_->address());
  for (RawSocket* client : {&first, &second}) {
    client->Send("GET /echo HTTP/1.1\r\n\r\n");
    EXPECT_THAT(client->ReadUntil("/echo "), HasSubstr("200 OK"));
  }
  EXPECT_THAT(Ask("GET /echo HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(server_->counters().rejected, 1);
  first.Close();
  std::string reply;
  for (int i = 0; i < 1000 && !reply.starts_with("HTTP/1.1 200"); ++i) {
    reply = Ask("GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n");
  }
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpLimitsTest, SlowClientsAreCutOff) {
  Start({.idle_timeout_s = 0.3,
         .header_timeout_s = 0.1,
         .body_timeout_s = 0.1,
         .min_bytes_per_s = std::int64_t{1} << 40});
  EXPECT_EQ(Ask(""), "");
  EXPECT_THAT(Ask("GET /ec"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(Ask("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"),
              StartsWith("HTTP/1.1 408 "));
  // A client that does not read its answer.
  RawSocket deaf(server_->address());
  deaf.Send("GET /wait HTTP/1.1\r\n\r\n");
  HttpResponse response{.body = {Buffer::CopyOf(std::string(8 << 20, 'x'))}};
  WaitForRequest().Reply(std::move(response));
  EXPECT_TRUE(WaitForNoConnection());
}

TEST_F(HttpLimitsTest, ABodyThatTricklesInFastEnoughIsRead) {
  Start({.body_timeout_s = 0.2, .min_bytes_per_s = 1000});
  RawSocket client(server_->address());
  client.Send("POST /echo HTTP/1.1\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n");
  for (int i = 0; i < 100; ++i) client.Send(std::string(1000, 'x'));
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpLimitsTest, GarbageIsAnsweredOrClosed) {
  Start();
  EXPECT_THAT(Ask("hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("GET /echo HTTP/9.9\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("POST /echo HTTP/1.1\r\nContent-Length: x\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("POST /echo HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  Random random(7);
  for (int i = 0; i < 100; ++i) {
    std::string bytes = i % 2 == 0 ? "" : "POST /echo HTTP/1.1\r\n";
    const std::size_t size = random.Below(2000);
    for (std::size_t j = 0; j < size; ++j) bytes.push_back(static_cast<char>(random.Bits()));
    RawSocket client(server_->address());
    client.Send(bytes);
  }
  HttpClient client(server_->address());
  const auto response = client.Get("/echo", kPatience_s);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 200);
}

TEST_F(HttpLimitsTest, HeadersOfAResponseCannotEndItEarly) {
  Start();
  RawSocket client(server_->address());
  client.Send("GET /wait HTTP/1.1\r\nConnection: close\r\n\r\n");
  HttpResponse response = HttpResponse::Json(200, "{}");
  response.headers.Add("X-Bad", "a\r\nX-Injected: b");
  response.headers.Add("X-Good", "c");
  WaitForRequest().Reply(std::move(response));
  const std::string reply = client.ReadAll();
  EXPECT_THAT(reply, ::testing::Not(HasSubstr("X-Injected")));
  EXPECT_THAT(reply, HasSubstr("X-Good: c\r\n"));
}

}  // namespace
}  // namespace offramp
