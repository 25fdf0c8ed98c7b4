#include "offramp/offload/offloader_sessions.h"

#include <algorithm>
#include <utility>

#include "offramp/base/text.h"

namespace offramp {

namespace {
// A stranger that connects and says nothing is let go after this.
constexpr double kHelloTimeoutS = 2.0;
}  // namespace

class OffloaderSessions::Session final : public ConnectionHandler {
 public:
  Session(SessionId id, std::unique_ptr<Connection> connection, OffloaderSessions& all)
      : id_(id), connection_(std::move(connection)), all_(all) {
    timer_ = all_.loop_.RunAt(all_.loop_.NowSeconds() + kHelloTimeoutS, [this] {
      timer_ = 0;
      all_.Close(*this, DeadlineExceededError("said no hello"));
    });
  }
  ~Session() override { all_.loop_.Cancel(timer_); }

  void OnFrame(Connection& /*connection*/, Frame frame) override {
    if (closed_) return;
    if (auto* hello = std::get_if<Hello>(&frame)) {
      all_.OnHello(*this, *hello);
    } else if (offloader_ < 0) {
      all_.Close(*this, InvalidArgumentError("first frame is not a hello"));
    } else if (auto* task = std::get_if<TaskFrame>(&frame)) {
      received_tasks_ += task->rows.size();
      all_.owner_.OnTask(id_, std::move(*task));
    } else if (auto* cancel = std::get_if<CancelFrame>(&frame)) {
      all_.owner_.OnCancel(id_, cancel->id);
    } else {
      all_.Close(*this, InvalidArgumentError("a frame that only receivers send"));
    }
  }

  void OnClosed(Connection& /*connection*/, Status why) override { all_.Close(*this, why); }

  void Greeted(int offloader) {
    offloader_ = offloader;
    all_.loop_.Cancel(std::exchange(timer_, 0));
  }

  // No frame is sent or taken from here on; the object itself goes later.
  void Shut() {
    closed_ = true;
    connection_.reset();
    all_.loop_.Cancel(std::exchange(timer_, 0));
  }

  void Send(Frame frame) {
    if (!closed_) connection_->Send(std::move(frame));
  }

  std::size_t unsent_bytes() const { return closed_ ? 0 : connection_->unsent_bytes(); }
  SessionId id() const { return id_; }
  int offloader() const { return offloader_; }
  std::uint64_t received_tasks() const { return received_tasks_; }

 private:
  const SessionId id_;
  std::unique_ptr<Connection> connection_;
  OffloaderSessions& all_;
  EventLoop::TimerId timer_ = 0;
  int offloader_ = -1;
  bool closed_ = false;
  std::uint64_t received_tasks_ = 0;
};

OffloaderSessions::OffloaderSessions(Hello hello, std::vector<std::string> offloaders,
                                     EventLoop& loop, OffloaderSessionsOwner& owner)
    : hello_(std::move(hello)), offloaders_(std::move(offloaders)), loop_(loop), owner_(owner) {}

OffloaderSessions::~OffloaderSessions() { loop_.Cancel(reap_timer_); }

ConnectionHandler* OffloaderSessions::Accept(std::unique_ptr<Connection> connection) {
  const SessionId id = next_session_++;
  auto session = std::make_unique<Session>(id, std::move(connection), *this);
  ConnectionHandler* handler = session.get();
  session->Send(hello_);
  sessions_[id] = std::move(session);
  return handler;
}

void OffloaderSessions::OnHello(Session& session, const Hello& hello) {
  if (session.offloader() >= 0) {
    Close(session, InvalidArgumentError("a second hello"));
    return;
  }
  const auto it = std::find(offloaders_.begin(), offloaders_.end(), hello.name);
  if (hello.protocol != hello_.protocol || hello.fleet != hello_.fleet || it == offloaders_.end() ||
      hello.stage != hello_.stage - 1) {
    ++refused_peers_;
    Close(session, FailedPreconditionError("not an offloader of this node"));
    return;
  }
  const int offloader = static_cast<int>(it - offloaders_.begin());
  // The same name again: the older connection's process is gone, or about to notice that it is.
  for (auto& [id, other] : sessions_) {
    if (other->offloader() == offloader) {
      Close(*other, UnavailableError("replaced by a newer connection"));
      break;
    }
  }
  session.Greeted(offloader);
  owner_.OnOffloaderUp(session.id(), offloader);
}

void OffloaderSessions::Close(Session& session, const Status& /*why*/) {
  const auto it = sessions_.find(session.id());
  if (it == sessions_.end()) return;
  std::unique_ptr<Session> closed = std::move(it->second);
  sessions_.erase(it);
  closed->Shut();
  const int offloader = closed->offloader();
  const SessionId id = closed->id();
  closed_.push_back(std::move(closed));
  if (reap_timer_ == 0) {
    reap_timer_ = loop_.RunAt(loop_.NowSeconds(), [this] { Reap(); });
  }
  if (offloader >= 0) owner_.OnOffloaderDown(id, offloader);
}

void OffloaderSessions::Reap() {
  reap_timer_ = 0;
  closed_.clear();
}

void OffloaderSessions::Send(SessionId session, Frame frame) {
  const auto it = sessions_.find(session);
  if (it != sessions_.end()) it->second->Send(std::move(frame));
}

void OffloaderSessions::Broadcast(const MakeFrame& make) {
  for (auto& [id, session] : sessions_) {
    if (session->offloader() < 0) continue;
    if (std::optional<Frame> frame = make(id, session->offloader())) {
      session->Send(*std::move(frame));
    }
  }
}

int OffloaderSessions::OffloaderOf(SessionId session) const {
  const auto it = sessions_.find(session);
  return it == sessions_.end() ? -1 : it->second->offloader();
}

std::size_t OffloaderSessions::unsent_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [id, session] : sessions_) bytes += session->unsent_bytes();
  return bytes;
}

std::uint64_t OffloaderSessions::received_tasks(SessionId session) const {
  const auto it = sessions_.find(session);
  return it == sessions_.end() ? 0 : it->second->received_tasks();
}

}  // namespace offramp
