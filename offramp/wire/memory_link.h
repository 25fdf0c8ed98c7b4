// One connection of a MemoryNetwork: two sides and what is under way between them. Internal to
// memory_transport.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "offramp/wire/event_loop.h"
#include "offramp/wire/memory_transport.h"
#include "offramp/wire/transport.h"

namespace offramp::internal {

// What a network knows of an endpoint; stays when its transport is destroyed.
struct MemoryEndpoint {
  std::string name;
  bool frozen = false;
  bool refuses = false;
  bool alive = false;        // it has a transport
  std::string listening_at;  // empty: it does not listen
  Transport::Accept accept;
};

class MemoryLink;

// Shared by the network, its transports, links and connections.
struct MemoryState {
  explicit MemoryState(EventLoop* event_loop) : loop(event_loop) {}

  EventLoop* const loop;
  std::map<std::string, std::unique_ptr<MemoryEndpoint>> endpoints;
  std::map<std::pair<std::string, std::string>, double> delay_s;
  std::set<std::pair<std::string, std::string>> corrupt_next;
  std::map<std::uint64_t, std::shared_ptr<MemoryLink>> links;  // open at one side at least, by age
  std::uint64_t last_link = 0;
  int last_port = 0;

  MemoryEndpoint* Endpoint(const std::string& name);
  MemoryEndpoint* ListenerAt(const std::string& address);
};

// Side 0 connected, side 1 was connected to. Everything that one side tells the other (connect,
// accepted, frames, close) goes through one queue a direction, so order is kept.
class MemoryLink : public std::enable_shared_from_this<MemoryLink> {
 public:
  static constexpr double kConnectTimeout_s = 1.0;

  MemoryLink(std::shared_ptr<MemoryState> state, MemoryEndpoint* from, MemoryEndpoint* to,
             ConnectionHandler* handler);

  // Begins connecting; the returned connection is side 0's.
  std::unique_ptr<Connection> Connect(const std::string& address);

  void SendFrame(int side, const Frame& frame);
  std::size_t unsent_bytes(int side) const;

  // The side's user has destroyed its connection, or its process has died (`at_once`: even while
  // frozen, for the system closes a dead process's sockets).
  void Leave(int side, bool at_once);

  // Both sides learn that the link is broken; what is under way is lost.
  void Cut();

  // Endpoints have been thawed: what they held moves on.
  void MoveHeld();

  MemoryEndpoint* endpoint(int side) const { return sides_[Index(side)].endpoint; }
  bool open() const { return sides_[0].open || sides_[1].open; }

 private:
  enum class Kind { kConnect, kAccepted, kFrame, kClose };
  struct Item {
    Kind kind;
    Buffer bytes;
    Status why;
    double at_s = 0;
  };
  struct Side {
    MemoryEndpoint* endpoint;
    Connection* connection = nullptr;  // null once destroyed
    ConnectionHandler* handler = nullptr;
    bool open = false;
    bool accepted = false;
    std::deque<Item> held;   // said while frozen
    std::deque<Item> inbox;  // under way to this side
    double last_at_s = 0;    // when the newest of the inbox arrives
  };

  static std::size_t Index(int side) { return static_cast<std::size_t>(side); }
  Side& side(int which) { return sides_[Index(which)]; }

  void Tell(int from, Item item);
  void Dispatch(int from, Item item);
  void Pump(int to);
  void Deliver(int to, Item item);
  void Accept();
  void Close(int which, Status why);
  void ForgetIfClosed();

  const std::shared_ptr<MemoryState> state_;
  const std::uint64_t id_;
  std::array<Side, 2> sides_;
};

}  // namespace offramp::internal
