#include "offramp/daemon/signals.h"

#include <csignal>
#include <unistd.h>
#include <utility>

namespace offramp {

namespace {

// Wakes the watcher for its own end; nobody else sends it.
constexpr int kWake = SIGUSR2;

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, kWake);
  return set;
}

}  // namespace

void BlockStopSignals() {
  const sigset_t set = Watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

SignalWatcher::SignalWatcher(std::function<void(int signal)> on_first)
    : on_first_(std::move(on_first)), thread_([this] { Watch(); }) {}

SignalWatcher::~SignalWatcher() {
  pthread_kill(thread_.native_handle(), kWake);
  thread_.join();
}

void SignalWatcher::Watch() {
  const sigset_t set = Watched();
  bool asked = false;
  while (true) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    if (signal == kWake) return;
    if (asked) _exit(1);
    asked = true;
    on_first_(signal);
  }
}

}  // namespace offramp
