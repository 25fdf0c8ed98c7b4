#include "offramp/cli/signals.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

namespace offramp {
namespace {

std::atomic<int> signals_seen{0};
std::array<std::atomic<int>, 1024> children{};
std::array<int, 2> wake_pipe{-1, -1};

// Only async-signal-safe calls here.
extern "C" void OnInterrupt(int) {
  const int saved = errno;
  if (signals_seen.fetch_add(1) > 0) {
    for (const std::atomic<int>& child : children) {
      if (const int pid = child.load(); pid > 0) ::kill(pid, SIGKILL);
    }
    ::_exit(1);
  }
  [[maybe_unused]] const ssize_t written = ::write(wake_pipe[1], "x", 1);
  errno = saved;
}

}  // namespace

void CatchInterrupts() {
  if (wake_pipe[0] >= 0) return;
  if (::pipe2(wake_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
  struct sigaction action {};
  action.sa_handler = OnInterrupt;
  ::sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGHUP, &action, nullptr);
}

bool Interrupted() { return signals_seen.load() > 0; }

bool SleepUnlessInterrupted(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (!Interrupted()) {
    const double left_s = std::chrono::duration<double>(end - Clock::now()).count();
    if (left_s <= 0) return false;
    struct pollfd waiting {
      wake_pipe[0], POLLIN, 0
    };
    ::poll(&waiting, 1, static_cast<int>(left_s * 1e3) + 1);
  }
  return true;
}

void KillOnSecondInterrupt(int pid) {
  for (std::atomic<int>& child : children) {
    int empty = 0;
    if (child.compare_exchange_strong(empty, pid)) return;
  }
}

void ForgetChild(int pid) {
  for (std::atomic<int>& child : children) {
    int expected = pid;
    child.compare_exchange_strong(expected, 0);
  }
}

}  // namespace offramp
