// ReceiverLink: the sender's end of the connection to one receiver. Connects, checks who answers,
// reconnects for ever (cheaply), and notices a receiver that has gone silent, soon if it owes
// something: a frozen process keeps its sockets open.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "offramp/wire/event_loop.h"
#include "offramp/wire/frame.h"
#include "offramp/wire/transport.h"

namespace offramp {

// Where a part listens now, or nullopt while it is unknown. Asked before each attempt, since a
// part that comes back may have another port.
using AddressBook = std::function<std::optional<std::string>(const std::string& name)>;

struct ReceiverLinkOptions {
  double reconnect_s = 0.1;      // between attempts
  double hello_timeout_s = 1.0;  // from connect to the receiver's hello
  double silence_s = 0.4;        // without any frame while something is owed: suspect
  // The same at rest, where receivers report every kIdleReport_s: a frozen one must not look free.
  double rest_silence_s = 0.9;
};

class ReceiverLinkOwner {
 public:
  virtual ~ReceiverLinkOwner() = default;
  virtual void OnUp(int receiver) = 0;
  // The connection is gone; everything it owed is lost.
  virtual void OnDown(int receiver, const Status& why) = 0;
  // Silent for too long. The connection stays: it may recover.
  virtual void OnSuspect(int receiver) = 0;
  virtual void OnRecovered(int receiver) = 0;
  virtual void OnReceiverFrame(int receiver, Frame frame) = 0;
};

// Loop thread only. The owner outlives it.
class ReceiverLink final : public ConnectionHandler {
 public:
  ReceiverLink(int index, std::string name, Hello hello, EventLoop& loop, Transport& transport,
               AddressBook addresses, ReceiverLinkOwner& owner, ReceiverLinkOptions options);
  ~ReceiverLink() override;

  void Start();

  bool up() const { return state_ == State::kUp; }
  bool suspect() const { return suspect_; }
  const std::string& name() const { return name_; }

  // Frames are dropped while the link is not up.
  void Send(Frame frame);

  // Handed to the connection and not yet taken by the network.
  std::size_t unsent_bytes() const { return connection_ ? connection_->unsent_bytes() : 0; }

  // Tells the watchdog whether the receiver owes anything, and since when.
  void SetOwedSince(std::optional<double> since_s) { owed_since_s_ = since_s; }

  void OnFrame(Connection& connection, Frame frame) override;
  void OnClosed(Connection& connection, Status why) override;

 private:
  enum class State { kIdle, kConnecting, kUp };

  void TryConnect();
  void Fail(const Status& why);
  void Watch();
  Status CheckHello(const Hello& hello) const;

  const int index_;
  const std::string name_;
  const Hello hello_;
  EventLoop& loop_;
  Transport& transport_;
  const AddressBook addresses_;
  ReceiverLinkOwner& owner_;
  const ReceiverLinkOptions options_;

  State state_ = State::kIdle;
  std::unique_ptr<Connection> connection_;
  EventLoop::TimerId reconnect_timer_ = 0;
  EventLoop::TimerId watch_timer_ = 0;
  double last_heard_s_ = 0;
  double watched_at_s_ = 0;
  std::optional<double> owed_since_s_;
  bool suspect_ = false;
};

}  // namespace offramp
