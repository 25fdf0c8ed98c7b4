// How a sender finds its receiver, and what it takes for one.
#include "offramp/offload/receiver_link.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/clock.h"
#include "offramp/core/report.h"
#include "offramp/wire/manual_loop.h"
#include "offramp/wire/memory_transport.h"
#include "tests/fakes/test_hello.h"

namespace offramp {
namespace {

// Listens and says `hello` to whoever comes; everything else is the test's.
class Listener final : public ConnectionHandler {
 public:
  Listener(MemoryNetwork& network, const std::string& endpoint, const std::string& address,
           std::optional<Hello> hello)
      : transport_(network.MakeTransport(endpoint)) {
    const auto bound =
        transport_->Listen(address, [this, hello](std::unique_ptr<Connection> connection) {
          ++accepted;
          connection_ = std::move(connection);
          if (hello) connection_->Send(*hello);
          return this;
        });
    EXPECT_TRUE(bound.ok());
  }
  void OnFrame(Connection& /*connection*/, Frame /*frame*/) override {}
  void OnClosed(Connection& /*connection*/, Status /*why*/) override { connection_.reset(); }
  void Send(Frame frame) { connection_->Send(std::move(frame)); }

  int accepted = 0;

 private:
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Connection> connection_;
};

class Owner final : public ReceiverLinkOwner {
 public:
  void OnUp(int /*receiver*/) override { events += "up "; }
  void OnDown(int /*receiver*/, const Status& /*why*/) override { events += "down "; }
  void OnSuspect(int /*receiver*/) override { events += "suspect "; }
  void OnRecovered(int /*receiver*/) override { events += "recovered "; }
  void OnReceiverFrame(int /*receiver*/, Frame /*frame*/) override { events += "frame "; }

  std::string events;
};

class ReceiverLinkTest : public ::testing::Test {
 protected:
  ReceiverLinkTest()
      : loop_(&clock_),
        network_(&loop_),
        transport_(network_.MakeTransport("gw0")),
        link_(
            0, "s1-a", TestHello("gw0", 0), loop_, *transport_,
            [this](const std::string& name) {
              EXPECT_EQ(name, "s1-a");
              return address_;
            },
            owner_, ReceiverLinkOptions{}) {}

  ManualClock clock_;
  ManualLoop loop_;
  MemoryNetwork network_;
  std::unique_ptr<Transport> transport_;
  std::optional<std::string> address_ = "here";
  Owner owner_;
  ReceiverLink link_;
};

TEST_F(ReceiverLinkTest, WhoeverSaysTheRightHelloIsUp) {
  Listener node(network_, "s1-a", "here", TestHello("s1-a", 1));
  link_.Start();
  loop_.RunFor(0.01);
  EXPECT_TRUE(link_.up());
  node.Send(Report{});
  loop_.RunFor(0.01);
  EXPECT_EQ(owner_.events, "up frame ");
}

TEST_F(ReceiverLinkTest, AnotherPartOnAReusedPortIsNotTaken) {
  Hello other_fleet = TestHello("s1-a", 1);
  other_fleet.fleet = "another";
  Hello other_protocol = TestHello("s1-a", 1);
  other_protocol.protocol = 2;
  link_.Start();
  const std::vector<Frame> greetings = {TestHello("s1-b", 1), TestHello("s1-a", 2), other_fleet,
                                        other_protocol};
  for (const Frame& greeting : greetings) {
    Listener stranger(network_, "stranger", "here", std::get<Hello>(greeting));
    loop_.RunFor(0.3);
    EXPECT_FALSE(link_.up());
    EXPECT_GE(stranger.accepted, 1);
  }
  EXPECT_EQ(owner_.events, "");
  Listener node(network_, "s1-a", "here", TestHello("s1-a", 1));
  loop_.RunFor(0.3);
  EXPECT_TRUE(link_.up());
}

TEST_F(ReceiverLinkTest, APartThatComesBackOnAnotherPortIsFoundWithinASecond) {
  auto node = std::make_unique<Listener>(network_, "s1-a", "here", TestHello("s1-a", 1));
  link_.Start();
  loop_.RunFor(0.01);
  node.reset();
  address_.reset();
  loop_.RunFor(5);
  EXPECT_FALSE(link_.up());
  node = std::make_unique<Listener>(network_, "s1-a", "there", TestHello("s1-a", 1));
  address_ = "there";
  loop_.RunFor(1);
  EXPECT_TRUE(link_.up());
  EXPECT_EQ(owner_.events, "up down up ");
}

TEST_F(ReceiverLinkTest, WhoAcceptsAndSaysNothingIsTriedAnew) {
  Listener mute(network_, "s1-a", "here", std::nullopt);
  link_.Start();
  loop_.RunFor(3);
  EXPECT_FALSE(link_.up());
  EXPECT_GE(mute.accepted, 2);
  EXPECT_LE(mute.accepted, 4);
}

TEST_F(ReceiverLinkTest, AtRestAReceiverMaySaySomethingWithEachIdleReportOnly) {
  Listener node(network_, "s1-a", "here", TestHello("s1-a", 1));
  link_.Start();
  for (int i = 0; i < 10; ++i) {
    loop_.RunFor(kIdleReport_s);
    EXPECT_FALSE(link_.suspect());
    node.Send(Report{});
  }
  loop_.RunFor(1);
  EXPECT_TRUE(link_.suspect());
  EXPECT_TRUE(link_.up());
}

TEST_F(ReceiverLinkTest, SilenceCountsSoonWhileSomethingIsOwed) {
  Listener node(network_, "s1-a", "here", TestHello("s1-a", 1));
  link_.Start();
  loop_.RunFor(0.5);
  EXPECT_FALSE(link_.suspect());
  // Owed from now on: the silence before does not count.
  link_.SetOwedSince(loop_.NowSeconds());
  loop_.RunFor(0.3);
  EXPECT_FALSE(link_.suspect());
  loop_.RunFor(0.3);
  EXPECT_TRUE(link_.suspect());
  EXPECT_TRUE(link_.up());
  node.Send(Report{});
  loop_.RunFor(0.01);
  EXPECT_FALSE(link_.suspect());
  EXPECT_EQ(owner_.events, "up suspect recovered frame ");
}

TEST_F(ReceiverLinkTest, AfterOurOwnPauseNobodyIsSuspected) {
  Listener node(network_, "s1-a", "here", TestHello("s1-a", 1));
  link_.Start();
  loop_.RunFor(0.5);
  link_.SetOwedSince(loop_.NowSeconds());
  clock_.Advance(20);  // stopped: nothing ran meanwhile
  loop_.RunFor(0.05);
  EXPECT_FALSE(link_.suspect());
  loop_.RunFor(0.6);
  EXPECT_TRUE(link_.suspect());
}

TEST_F(ReceiverLinkTest, FramesToAReceiverThatIsNotThereAreDropped) {
  link_.Send(CancelFrame{1});
  link_.Start();
  link_.Send(CancelFrame{1});
  loop_.RunFor(1);
  EXPECT_EQ(link_.unsent_bytes(), 0u);
  EXPECT_EQ(owner_.events, "");
}

}  // namespace
}  // namespace offramp
