// Signals of a daemon: the first SIGTERM or SIGINT asks it to drain, the second ends it at once.
#pragma once

#include <functional>
#include <thread>

namespace offramp {

// Call first in a daemon, before any thread exists: threads inherit the blocked signals, and one
// that does not block them would end the process. A client that closes its connection must not
// either.
void BlockStopSignals();

// REQUIRES: BlockStopSignals() was called before any other thread started.
class SignalWatcher {
 public:
  // `on_first` runs on the watcher's thread. The second signal is _exit(1).
  explicit SignalWatcher(std::function<void(int signal)> on_first);
  ~SignalWatcher();

  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void Watch();

  std::function<void(int signal)> on_first_;
  std::thread thread_;
};

}  // namespace offramp
