#include "offramp/wire/http_server.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/wire/http_client.h"
#include "tests/unit/wire/http_fixture.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(HttpServerTest, AnswersRequestsOfOneConnection) {
  Start();
  HttpClient client(server_->address());
  for (int i = 0; i < 1000; ++i) {
    const std::string body = "body " + std::to_string(i);
    const auto response = client.Post("/echo?n=" + std::to_string(i), body, kPatience_s);
    ASSERT_TRUE(response.ok()) << response.status();
    ASSERT_EQ(response->status, 200);
    ASSERT_EQ(response->BodyText(), "POST /echo?n=" + std::to_string(i) + " " + body);
  }
  EXPECT_EQ(server_->counters().accepted, 1);
  EXPECT_EQ(server_->counters().requests, 1000);
}

TEST_F(HttpServerTest, HeadersAndMethodsReachTheHandler) {
  Start();
  HttpClient client(server_->address());
  const auto response = client.Fetch(
      {.method = "BREW", .target = "/pot", .headers = {{"X-ECHO", "a b"}}}, kPatience_s);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->BodyText(), "BREW /pot ");
  EXPECT_EQ(response->headers.Find("x-echo"), "a b");
  EXPECT_TRUE(response->headers.Has("Date"));
}

TEST_F(HttpServerTest, LargeBodiesBothWays) {
  Start();
  HttpClient client(server_->address());
  const std::string body(20 << 20, 'x');
  const auto response = client.Post("/echo", body, kPatience_s);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body_bytes(), body.size() + std::string("POST /echo ").size());
}

TEST_F(HttpServerTest, HeadHasTheLengthButNoBody) {
  Start();
  const std::string reply = Ask("HEAD /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_TRUE(reply.ends_with("\r\n\r\n"));
  HttpClient client(server_->address());
  const auto response = client.Fetch({.method = "HEAD", .target = "/echo"}, kPatience_s);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body_bytes(), 0u);
}

TEST_F(HttpServerTest, OldClientsAreClosedUnlessTheyAsk) {
  Start();
  EXPECT_THAT(Ask("GET /echo HTTP/1.0\r\n\r\n"), HasSubstr("GET /echo"));
  RawSocket client(server_->address());
  for (int i = 0; i < 2; ++i) {
    client.Send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(client.ReadUntil("GET /echo "), HasSubstr("keep-alive"));
  }
}

TEST_F(HttpServerTest, ChunkedBodiesAndContinue) {
  Start();
  RawSocket client(server_->address());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
      "Expect: 100-continue\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), HasSubstr("POST /echo abcde"));
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  const std::string replies = Ask(requests + "GET /end HTTP/1.1\r\nConnection: close\r\n\r\n");
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = replies.find("GET /" + std::to_string(i) + " ", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_THAT(replies.substr(at), HasSubstr("GET /end "));
}

TEST_F(HttpServerTest, RepliesComeLaterAndFromAnyThread) {
  Start();
  RawSocket client(server_->address());
  client.Send("GET /wait HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\nConnection: close\r\n\r\n");
  const HttpResponder responder = WaitForRequest();
  std::thread([&] { responder.Reply(HttpResponse::Json(202, "{}")); }).join();
  responder.Reply(HttpResponse::Json(500, "ignored"));
  const std::string replies = client.ReadAll();
  EXPECT_THAT(replies, StartsWith("HTTP/1.1 202 Accepted"));
  EXPECT_THAT(replies, HasSubstr("GET /next "));
  EXPECT_EQ(gone_, 0);
}

TEST_F(HttpServerTest, AClientThatLeavesIsNoticed) {
  Start();
  RawSocket client(server_->address());
  client.Send("GET /wait HTTP/1.1\r\n\r\n");
  const HttpResponder responder = WaitForRequest();
  EXPECT_FALSE(responder.gone());
  client.Close();
  EXPECT_TRUE(WaitForGone(1));
  EXPECT_TRUE(responder.gone());
  responder.Reply(HttpResponse::Json(200, "{}"));
  bool told = false;
  responder.OnGone([&] { told = true; });
  EXPECT_TRUE(told);
  EXPECT_EQ(server_->counters().gone, 1);
}

TEST_F(HttpServerTest, AClientThatOnlyEndsItsSendingIsAnswered) {
  Start();
  // The answer is there at once; later; and at the end of several.
  RawSocket hasty(server_->address());
  hasty.Send("GET /echo HTTP/1.1\r\n\r\n");
  hasty.EndSending();
  EXPECT_THAT(hasty.ReadAll(), HasSubstr("\r\n\r\nGET /echo "));
  for (const std::string requests : {"", "GET /echo HTTP/1.1\r\n\r\n"}) {
    RawSocket client(server_->address());
    client.Send(requests + "GET /wait HTTP/1.1\r\n\r\n");
    const HttpResponder responder = WaitForRequest();
    if (!requests.empty()) client.ReadUntil("GET /echo ");
    client.EndSending();
    const std::string early = client.ReadUntil("H");  // the server has noticed
    EXPECT_FALSE(responder.gone());
    responder.Reply(HttpResponse::Json(200, R"({"a": 1})"));
    const std::string reply = early + client.ReadAll();
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(reply, HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(reply.ends_with("\r\n\r\n{\"a\": 1}")) << reply;
  }
  EXPECT_EQ(server_->counters().gone, 0);
}

TEST_F(HttpServerTest, AClientThatLeavesAfterItEndedItsSendingIsNoticed) {
  Start();
  RawSocket client(server_->address());
  client.Send("GET /wait HTTP/1.1\r\n\r\n");
  const HttpResponder responder = WaitForRequest();
  client.EndSending();
  client.ReadUntil("H");
  EXPECT_FALSE(responder.gone());
  client.Close();
  EXPECT_TRUE(WaitForGone(1));
  EXPECT_TRUE(WaitForNoConnection());
}

TEST_F(HttpServerTest, MisbehavingHandlersAreAnsweredForThem) {
  Start();
  HttpClient client(server_->address());
  const auto thrown = client.Get("/throw", kPatience_s);
  ASSERT_TRUE(thrown.ok()) << thrown.status();
  EXPECT_EQ(thrown->status, 500);
  EXPECT_EQ(thrown->BodyText(), R"({"error": "internal error: boom"})");
  const auto dropped = client.Get("/drop", kPatience_s);
  ASSERT_TRUE(dropped.ok()) << dropped.status();
  EXPECT_EQ(dropped->status, 500);
}

TEST_F(HttpServerTest, StopLetsRequestsFinish) {
  Start();
  RawSocket idle(server_->address());
  RawSocket busy(server_->address());
  busy.Send("GET /wait HTTP/1.1\r\n\r\n");
  const HttpResponder responder = WaitForRequest();
  std::thread stopper([&] { server_->Stop(kPatience_s); });
  EXPECT_EQ(idle.ReadAll(), "");
  responder.Reply(HttpResponse::Json(200, "{}"));
  const std::string reply = busy.ReadAll();
  stopper.join();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(reply, HasSubstr("Connection: close"));
  EXPECT_FALSE(RawSocket(server_->address()).connected());
}

TEST_F(HttpServerTest, StopCutsOffWhatTakesTooLong) {
  Start();
  RawSocket client(server_->address());
  client.Send("GET /wait HTTP/1.1\r\n\r\n");
  const HttpResponder responder = WaitForRequest();
  server_->Stop(0.05);
  EXPECT_EQ(gone_, 1);
  server_.reset();
  responder.Reply(HttpResponse::Json(200, "{}"));
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(HttpServerTest, AddressesThatCannotBe) {
  Start();
  const auto handler = [](HttpRequest, HttpResponder) {};
  const auto taken = HttpServer::Start(server_->address(), handler);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(taken.status().message(), HasSubstr(server_->address()));
  for (const char* address : {"", "127.0.0.1", "nowhere:80", "127.0.0.1:99999", "127.0.0.1:x"}) {
    const auto bad = HttpServer::Start(address, handler);
    ASSERT_FALSE(bad.ok()) << address;
    EXPECT_EQ(bad.status().code(), StatusCode::kInvalidArgument) << address;
  }
}

TEST_F(HttpServerTest, TheClientKeepsItsDeadline) {
  Start();
  HttpClient client(server_->address());
  EXPECT_EQ(client.Get("/wait", 0.05).status().code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(WaitForGone(1));
  EXPECT_EQ(client.Get("/echo", kPatience_s)->status, 200);
  server_->Stop(0);
  EXPECT_EQ(client.Get("/echo", kPatience_s).status().code(), StatusCode::kUnavailable);
}

TEST_F(HttpServerTest, TheClientOpensAClosedConnectionAnew) {
  Start({.idle_timeout_s = 0.05});
  HttpClient client(server_->address());
  EXPECT_EQ(client.Get("/echo", kPatience_s)->status, 200);
  ASSERT_TRUE(WaitForNoConnection());
  const auto again = client.Get("/echo", kPatience_s);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(server_->counters().accepted, 2);
}

TEST(HttpMessageTest, ErrorsAreJsonWhateverTheyQuote) {
  EXPECT_EQ(HttpResponse::Error(400, "a \"b\"\n\x01").BodyText(),
            "{\"error\": \"a \\\"b\\\"\\n\\u0001\"}");
  EXPECT_EQ(JsonEscaped("\xff"), "\xef\xbf\xbd");
}

TEST(HttpMessageTest, PathAndQuery) {
  const HttpRequest request{.target = "/a/b?c=d?e"};
  EXPECT_EQ(request.path(), "/a/b");
  EXPECT_EQ(request.query(), "c=d?e");
}

}  // namespace
}  // namespace offramp
