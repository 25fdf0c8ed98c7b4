#include "offramp/wire/memory_transport.h"

#include <vector>

#include "offramp/base/check.h"
#include "offramp/wire/memory_link.h"

namespace offramp {

using internal::MemoryEndpoint;
using internal::MemoryLink;
using internal::MemoryState;

namespace {

// The links now, for what may change them on the way.
std::vector<std::shared_ptr<MemoryLink>> LinksOf(const MemoryState& state) {
  std::vector<std::shared_ptr<MemoryLink>> links;
  for (const auto& [id, link] : state.links) links.push_back(link);
  return links;
}

class MemoryTransport final : public Transport {
 public:
  MemoryTransport(std::shared_ptr<MemoryState> state, MemoryEndpoint* self)
      : state_(std::move(state)), self_(self) {
    OFFRAMP_CHECK(!self_->alive, "two transports of one endpoint");
    self_->alive = true;
  }

  ~MemoryTransport() override {
    self_->alive = false;
    self_->frozen = false;
    StopListening();
    for (const auto& link : LinksOf(*state_)) {
      for (const int side : {0, 1}) {
        if (link->endpoint(side) == self_) link->Leave(side, /*at_once=*/true);
      }
    }
  }

  Result<std::string> Listen(const std::string& address, Accept accept) override {
    if (self_->accept) return FailedPreconditionError(self_->name + " listens already");
    std::string bound = address;
    if (bound.ends_with(":0")) {
      bound.replace(bound.size() - 1, 1, std::to_string(++state_->last_port));
    }
    if (state_->ListenerAt(bound) != nullptr) {
      return UnavailableError(bound + " is in use");
    }
    self_->listening_at = bound;
    self_->accept = std::move(accept);
    return bound;
  }

  void StopListening() override {
    self_->listening_at.clear();
    self_->accept = nullptr;
  }

  std::unique_ptr<Connection> Connect(const std::string& address,
                                      ConnectionHandler* handler) override {
    const auto link =
        std::make_shared<MemoryLink>(state_, self_, state_->ListenerAt(address), handler);
    return link->Connect(address);
  }

 private:
  const std::shared_ptr<MemoryState> state_;
  MemoryEndpoint* const self_;
};

}  // namespace

class MemoryNetwork::Impl : public MemoryState {
 public:
  using MemoryState::MemoryState;
};

MemoryNetwork::MemoryNetwork(EventLoop* loop) : impl_(std::make_shared<Impl>(loop)) {}

MemoryNetwork::~MemoryNetwork() = default;

std::unique_ptr<Transport> MemoryNetwork::MakeTransport(const std::string& name) {
  return std::make_unique<MemoryTransport>(impl_, impl_->Endpoint(name));
}

void MemoryNetwork::SetDelay(const std::string& from, const std::string& to, double delay_s) {
  impl_->delay_s[{from, to}] = delay_s;
}

void MemoryNetwork::Freeze(const std::string& name) { impl_->Endpoint(name)->frozen = true; }

void MemoryNetwork::Thaw(const std::string& name) {
  impl_->Endpoint(name)->frozen = false;
  for (const auto& link : LinksOf(*impl_)) link->MoveHeld();
}

void MemoryNetwork::Cut(const std::string& a, const std::string& b) {
  for (const auto& link : LinksOf(*impl_)) {
    if (link->endpoint(0) == nullptr || link->endpoint(1) == nullptr) continue;
    const std::string& from = link->endpoint(0)->name;
    const std::string& to = link->endpoint(1)->name;
    if ((from == a && to == b) || (from == b && to == a)) link->Cut();
  }
}

void MemoryNetwork::RefuseConnects(const std::string& name, bool refuse) {
  impl_->Endpoint(name)->refuses = refuse;
}

void MemoryNetwork::CorruptNext(const std::string& from, const std::string& to) {
  impl_->corrupt_next.emplace(from, to);
}

int MemoryNetwork::open_connections() const {
  int open = 0;
  for (const auto& [id, link] : impl_->links) open += link->open() ? 1 : 0;
  return open;
}

}  // namespace offramp
