#include "offramp/wire/memory_link.h"

#include <algorithm>
#include <string_view>

#include "offramp/wire/frame_codec.h"

namespace offramp::internal {

namespace {

class MemoryConnection final : public Connection {
 public:
  MemoryConnection(std::shared_ptr<MemoryLink> link, int side, std::string peer)
      : link_(std::move(link)), side_(side), peer_(std::move(peer)) {}
  ~MemoryConnection() override { link_->Leave(side_, /*at_once=*/false); }

  void Send(Frame frame) override { link_->SendFrame(side_, frame); }
  std::size_t unsent_bytes() const override { return link_->unsent_bytes(side_); }
  const std::string& peer() const override { return peer_; }

 private:
  const std::shared_ptr<MemoryLink> link_;
  const int side_;
  const std::string peer_;
};

}  // namespace

MemoryEndpoint* MemoryState::Endpoint(const std::string& name) {
  auto& endpoint = endpoints[name];
  if (!endpoint) {
    endpoint = std::make_unique<MemoryEndpoint>();
    endpoint->name = name;
  }
  return endpoint.get();
}

MemoryEndpoint* MemoryState::ListenerAt(const std::string& address) {
  for (const auto& [name, endpoint] : endpoints) {
    if (endpoint->alive && endpoint->listening_at == address) return endpoint.get();
  }
  return nullptr;
}

MemoryLink::MemoryLink(std::shared_ptr<MemoryState> state, MemoryEndpoint* from, MemoryEndpoint* to,
                       ConnectionHandler* handler)
    : state_(std::move(state)), id_(++state_->last_link) {
  sides_[0].endpoint = from;
  sides_[0].handler = handler;
  sides_[1].endpoint = to;
}

std::unique_ptr<Connection> MemoryLink::Connect(const std::string& address) {
  state_->links.emplace(id_, shared_from_this());
  auto connection = std::make_unique<MemoryConnection>(shared_from_this(), 0, address);
  side(0).connection = connection.get();
  side(0).open = true;
  if (side(1).endpoint == nullptr) {
    state_->loop->Post([link = shared_from_this()] {
      link->Close(0, UnavailableError("connection refused: nobody listens there"));
    });
    return connection;
  }
  Tell(0, {.kind = Kind::kConnect});
  state_->loop->RunAt(state_->loop->NowSeconds() + kConnectTimeout_s, [link = shared_from_this()] {
    if (link->side(0).accepted || !link->side(0).open) return;
    link->Close(0, UnavailableError("connecting took too long"));
    link->Tell(0, {.kind = Kind::kClose, .why = UnavailableError("the peer gave up connecting")});
  });
  return connection;
}

void MemoryLink::SendFrame(int from, const Frame& frame) {
  if (!side(from).open) return;
  const MemoryEndpoint* other = side(1 - from).endpoint;
  if (other == nullptr) return;  // the refusal is on its way
  Item item{.kind = Kind::kFrame, .bytes = EncodeFrame(frame).Joined()};
  if (state_->corrupt_next.erase({side(from).endpoint->name, other->name}) > 0) {
    item.bytes = Buffer::CopyOf(std::string_view("no frame"));
  }
  Tell(from, std::move(item));
}

std::size_t MemoryLink::unsent_bytes(int from) const {
  const Side& self = sides_[Index(from)];
  const Side& other = sides_[Index(1 - from)];
  if (!self.open) return 0;
  std::size_t bytes = 0;
  for (const Item& item : self.held) bytes += item.bytes.size();
  if (other.endpoint != nullptr && other.endpoint->frozen) {
    for (const Item& item : other.inbox) bytes += item.bytes.size();
  }
  return bytes;
}

void MemoryLink::Leave(int which, bool at_once) {
  Side& self = side(which);
  const bool was_open = self.open;
  if (!at_once) self.connection = nullptr;
  self.handler = nullptr;
  self.open = false;
  self.inbox.clear();
  if (!was_open || side(1 - which).endpoint == nullptr) {
    ForgetIfClosed();
    return;
  }
  Item close{.kind = Kind::kClose, .why = UnavailableError("the peer closed the connection")};
  if (at_once) {
    self.held.clear();
    Dispatch(which, std::move(close));
  } else {
    Tell(which, std::move(close));
  }
  ForgetIfClosed();
}

void MemoryLink::Cut() {
  for (const int to : {0, 1}) {
    side(to).held.clear();
    side(to).inbox.clear();
  }
  for (const int to : {0, 1}) {
    const double now_s = state_->loop->NowSeconds();
    side(to).inbox.push_back(
        {.kind = Kind::kClose, .why = UnavailableError("the connection broke"), .at_s = now_s});
    side(to).last_at_s = now_s;
    state_->loop->RunAt(now_s, [link = shared_from_this(), to] { link->Pump(to); });
  }
}

void MemoryLink::MoveHeld() {
  for (const int which : {0, 1}) {
    if (side(which).endpoint == nullptr || side(which).endpoint->frozen) continue;
    auto held = std::move(side(which).held);
    side(which).held.clear();
    for (Item& item : held) Dispatch(which, std::move(item));
    state_->loop->RunAt(state_->loop->NowSeconds(),
                        [link = shared_from_this(), which] { link->Pump(which); });
  }
}

void MemoryLink::Tell(int from, Item item) {
  if (side(from).endpoint->frozen) {
    side(from).held.push_back(std::move(item));
  } else {
    Dispatch(from, std::move(item));
  }
}

void MemoryLink::Dispatch(int from, Item item) {
  const int to = 1 - from;
  Side& receiver = side(to);
  const auto delay = state_->delay_s.find({side(from).endpoint->name, receiver.endpoint->name});
  const double delay_s = delay == state_->delay_s.end() ? 0.0 : delay->second;
  item.at_s = std::max(state_->loop->NowSeconds() + delay_s, receiver.last_at_s);
  receiver.last_at_s = item.at_s;
  state_->loop->RunAt(item.at_s, [link = shared_from_this(), to] { link->Pump(to); });
  receiver.inbox.push_back(std::move(item));
}

void MemoryLink::Pump(int to) {
  Side& self = side(to);
  while (!self.inbox.empty() && self.inbox.front().at_s <= state_->loop->NowSeconds() &&
         !self.endpoint->frozen) {
    Item item = std::move(self.inbox.front());
    self.inbox.pop_front();
    Deliver(to, std::move(item));
  }
}

void MemoryLink::Deliver(int to, Item item) {
  Side& self = side(to);
  switch (item.kind) {
    case Kind::kConnect:
      return Accept();
    case Kind::kAccepted:
      self.accepted = true;
      return;
    case Kind::kClose:
      return Close(to, std::move(item.why));
    case Kind::kFrame:
      break;
  }
  if (!self.open) return;
  auto frame = DecodeFrame(item.bytes);
  if (frame.ok()) {
    self.handler->OnFrame(*self.connection, *std::move(frame));
    return;
  }
  Close(to, frame.status());
  Tell(to, {.kind = Kind::kClose, .why = UnavailableError("the peer refused a frame")});
}

void MemoryLink::Accept() {
  Side& self = side(1);
  const auto refuse = [this](const char* why) {
    Dispatch(1, {.kind = Kind::kClose, .why = UnavailableError(why)});
  };
  if (!self.endpoint->alive || !self.endpoint->accept || self.endpoint->refuses) {
    return refuse("connection refused");
  }
  auto connection =
      std::make_unique<MemoryConnection>(shared_from_this(), 1, side(0).endpoint->name);
  self.connection = connection.get();
  self.open = true;
  const auto accept = self.endpoint->accept;  // it may stop listening inside
  ConnectionHandler* handler = accept(std::move(connection));
  // A null handler with a connection still alive, or destroyed inside: both refuse.
  if (!self.open) return;
  if (handler == nullptr) {
    self.open = false;
    return refuse("the peer refused the connection");
  }
  self.handler = handler;
  Tell(1, {.kind = Kind::kAccepted});
}

void MemoryLink::Close(int which, Status why) {
  Side& self = side(which);
  if (!self.open) return;
  self.open = false;
  self.inbox.clear();
  ConnectionHandler* handler = std::exchange(self.handler, nullptr);
  const auto keep = shared_from_this();
  ForgetIfClosed();
  if (handler != nullptr) handler->OnClosed(*self.connection, std::move(why));
}

void MemoryLink::ForgetIfClosed() {
  if (!open()) state_->links.erase(id_);
}

}  // namespace offramp::internal
