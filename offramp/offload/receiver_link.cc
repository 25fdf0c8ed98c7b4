#include "offramp/offload/receiver_link.h"

#include <algorithm>
#include <utility>

namespace offramp {

ReceiverLink::ReceiverLink(int index, std::string name, Hello hello, EventLoop& loop,
                           Transport& transport, AddressBook addresses, ReceiverLinkOwner& owner,
                           ReceiverLinkOptions options)
    : index_(index),
      name_(std::move(name)),
      hello_(std::move(hello)),
      loop_(loop),
      transport_(transport),
      addresses_(std::move(addresses)),
      owner_(owner),
      options_(options) {}

ReceiverLink::~ReceiverLink() {
  loop_.Cancel(reconnect_timer_);
  loop_.Cancel(watch_timer_);
}

void ReceiverLink::Start() { TryConnect(); }

void ReceiverLink::TryConnect() {
  const std::optional<std::string> address = addresses_(name_);
  if (!address) {
    reconnect_timer_ =
        loop_.RunAt(loop_.NowSeconds() + options_.reconnect_s, [this] { TryConnect(); });
    return;
  }
  state_ = State::kConnecting;
  connection_ = transport_.Connect(*address, this);
  connection_->Send(hello_);
  watch_timer_ = loop_.RunAt(loop_.NowSeconds() + options_.hello_timeout_s, [this] {
    Fail(UnavailableError("no hello from " + name_ + " within " +
                          std::to_string(options_.hello_timeout_s) + " s"));
  });
}

void ReceiverLink::Fail(const Status& why) {
  loop_.Cancel(watch_timer_);
  const bool was_up = state_ == State::kUp;
  state_ = State::kIdle;
  suspect_ = false;
  watched_at_s_ = 0;
  connection_.reset();
  reconnect_timer_ =
      loop_.RunAt(loop_.NowSeconds() + options_.reconnect_s, [this] { TryConnect(); });
  if (was_up) owner_.OnDown(index_, why);
}

Status ReceiverLink::CheckHello(const Hello& hello) const {
  // Ports are reused: what answers there may be another part, or another fleet's.
  if (hello.protocol != hello_.protocol) {
    return FailedPreconditionError("speaks protocol " + std::to_string(hello.protocol) +
                                   ", expected " + std::to_string(hello_.protocol));
  }
  if (hello.fleet != hello_.fleet) return FailedPreconditionError("belongs to another fleet");
  if (hello.name != name_) {
    return FailedPreconditionError("is \"" + hello.name + "\", expected \"" + name_ + "\"");
  }
  if (hello.stage != hello_.stage + 1) {
    return FailedPreconditionError("runs stage " + std::to_string(hello.stage) + ", expected " +
                                   std::to_string(hello_.stage + 1));
  }
  return OkStatus();
}

void ReceiverLink::Send(Frame frame) {
  if (state_ == State::kUp) connection_->Send(std::move(frame));
}

void ReceiverLink::OnFrame(Connection& connection, Frame frame) {
  last_heard_s_ = loop_.NowSeconds();
  if (state_ == State::kConnecting) {
    const Hello* hello = std::get_if<Hello>(&frame);
    const Status fit =
        hello != nullptr ? CheckHello(*hello) : InvalidArgumentError("first frame is not a hello");
    if (!fit.ok()) {
      Fail(fit.At(connection.peer()));
      return;
    }
    loop_.Cancel(watch_timer_);
    state_ = State::kUp;
    owner_.OnUp(index_);
    Watch();
    return;
  }
  if (suspect_) {
    suspect_ = false;
    owner_.OnRecovered(index_);
  }
  owner_.OnReceiverFrame(index_, std::move(frame));
}

void ReceiverLink::OnClosed(Connection& connection, Status why) { Fail(why.At(connection.peer())); }

void ReceiverLink::Watch() {
  const double now_s = loop_.NowSeconds();
  const double period_s = options_.silence_s / 4;
  // After a long gap of our own (we were stopped, or starved) silence proves nothing about others.
  const bool we_slept = watched_at_s_ > 0 && now_s - watched_at_s_ > 2 * period_s;
  watched_at_s_ = now_s;
  if (we_slept) last_heard_s_ = now_s;
  const bool silent_in_debt =
      owed_since_s_ && now_s - std::max(last_heard_s_, *owed_since_s_) > options_.silence_s;
  if (!suspect_ && (silent_in_debt || now_s - last_heard_s_ > options_.rest_silence_s)) {
    suspect_ = true;
    owner_.OnSuspect(index_);
  }
  watch_timer_ = loop_.RunAt(now_s + period_s, [this] { Watch(); });
}

}  // namespace offramp
