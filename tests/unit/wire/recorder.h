// A ConnectionHandler that remembers what happened, for any thread to look at and wait for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "offramp/wire/transport.h"

namespace offramp {

class Recorder : public ConnectionHandler {
 public:
  // Runs inside OnFrame or OnClosed, on the loop.
  std::function<void(Connection&, const Frame&)> on_frame;
  std::function<void(Connection&)> on_closed;

  void OnFrame(Connection& connection, Frame frame) override {
    {
      const std::lock_guard lock(mutex_);
      frames_.push_back(frame);
    }
    changed_.notify_all();
    if (on_frame) on_frame(connection, frame);
  }

  void OnClosed(Connection& connection, Status why) override {
    if (on_closed) on_closed(connection);
    {
      const std::lock_guard lock(mutex_);
      closed_.push_back(std::move(why));
    }
    changed_.notify_all();
  }

  std::vector<Frame> frames() const {
    const std::lock_guard lock(mutex_);
    return frames_;
  }

  // Every OnClosed: there must never be two.
  std::vector<Status> closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  // Both give up after ten seconds.
  bool WaitForFrames(std::size_t count) const {
    return Wait([this, count] { return frames_.size() >= count; });
  }
  std::optional<Status> WaitForClose() const {
    if (!Wait([this] { return !closed_.empty(); })) return std::nullopt;
    return closed()[0];
  }

 private:
  bool Wait(const std::function<bool()>& condition) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Frame> frames_;
  std::vector<Status> closed_;
};

}  // namespace offramp
