// OffloaderSessions: the receiver's end. Takes connections, checks who calls, keeps one session per
// offloader (a newer connection of the same name replaces the older), and hands frames up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offramp/wire/event_loop.h"
#include "offramp/wire/frame.h"
#include "offramp/wire/transport.h"

namespace offramp {

using SessionId = std::uint64_t;  // never reused; 0 is nobody

class OffloaderSessionsOwner {
 public:
  virtual ~OffloaderSessionsOwner() = default;
  virtual void OnOffloaderUp(SessionId session, int offloader) = 0;
  // What it sent belongs to nobody any more.
  virtual void OnOffloaderDown(SessionId session, int offloader) = 0;
  virtual void OnTask(SessionId session, TaskFrame task) = 0;
  virtual void OnCancel(SessionId session, std::uint64_t parcel) = 0;
};

// Loop thread only. The owner outlives it.
class OffloaderSessions {
 public:
  // `offloaders`: names that may send, by index. `hello` introduces the receiver.
  OffloaderSessions(Hello hello, std::vector<std::string> offloaders, EventLoop& loop,
                    OffloaderSessionsOwner& owner);
  ~OffloaderSessions();

  // For Transport::Listen.
  ConnectionHandler* Accept(std::unique_ptr<Connection> connection);

  // Frames to a session that is gone are dropped.
  void Send(SessionId session, Frame frame);

  // Calls `make` for each session and sends what it returns, if anything.
  using MakeFrame = std::function<std::optional<Frame>(SessionId session, int offloader)>;
  void Broadcast(const MakeFrame& make);

  // Index of the session's offloader, or -1 when the session is gone.
  int OffloaderOf(SessionId session) const;

  // Tasks (rows) that this session has brought: Report::received_tasks.
  std::uint64_t received_tasks(SessionId session) const;

  int size() const { return static_cast<int>(offloaders_.size()); }
  bool any() const { return !sessions_.empty(); }

  // Bytes that the network has not taken yet, over all sessions. Whoever ends in order waits for 0.
  std::size_t unsent_bytes() const;

  std::uint64_t refused_peers() const { return refused_peers_; }

 private:
  class Session;

  void OnHello(Session& session, const Hello& hello);
  void Close(Session& session, const Status& why);
  void Reap();

  const Hello hello_;
  const std::vector<std::string> offloaders_;
  EventLoop& loop_;
  OffloaderSessionsOwner& owner_;
  std::map<SessionId, std::unique_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<Session>> closed_;  // destroyed off their own stack
  EventLoop::TimerId reap_timer_ = 0;
  SessionId next_session_ = 1;
  std::uint64_t refused_peers_ = 0;
};

}  // namespace offramp
