#include "bench/scenarios/client/floor.h"

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/scenarios/client/loop.h"

namespace offramp::bench {
namespace {

bool ReadAll(int fd, std::vector<char>& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t got = read(fd, bytes.data() + at, bytes.size() - at);
    if (got <= 0) return false;
    at += std::size_t(got);
  }
  return true;
}

bool WriteAll(int fd, const std::vector<char>& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t sent = write(fd, bytes.data() + at, bytes.size() - at);
    if (sent <= 0) return false;
    at += std::size_t(sent);
  }
  return true;
}

// A connected pair over loopback TCP; -1s when the system refuses.
std::pair<int, int> ConnectedPair() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const int near = socket(AF_INET, SOCK_STREAM, 0);
  int far = -1;
  if (bind(listener, generic, size) == 0 && listen(listener, 1) == 0 &&
      getsockname(listener, generic, &size) == 0 && connect(near, generic, size) == 0) {
    far = accept(listener, nullptr, nullptr);
  }
  close(listener);
  const int on = 1;
  setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return {near, far};
}

// One process of the chain: `down` is -1 in the last.
[[noreturn]] void Relay(const Floor& floor, int up, int down) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<char> request(std::size_t(floor.request_bytes));
  std::vector<char> reply(std::size_t(floor.reply_bytes));
  while (ReadAll(up, request)) {
    if (down >= 0 && (!WriteAll(down, request) || !ReadAll(down, reply))) break;
    if (!WriteAll(up, reply)) break;
  }
  _exit(0);
}

}  // namespace

Status RunFloor(const Floor& floor) {
  int down = -1;
  std::vector<pid_t> children;
  // From the last process to the first; each inherits the way on and keeps only what it needs.
  for (int hop = 0; hop < floor.hops; ++hop) {
    const auto [near, far] = ConnectedPair();
    if (near < 0 || far < 0) return UnavailableError("no loopback connection");
    const pid_t child = fork();
    if (child < 0) return UnavailableError("no process");
    if (child == 0) {
      close(near);
      Relay(floor, far, down);
    }
    close(far);
    if (down >= 0) close(down);
    down = near;
    children.push_back(child);
  }
  std::vector<char> request(std::size_t(floor.request_bytes));
  std::vector<char> reply(std::size_t(floor.reply_bytes));
  std::vector<double> delays_s;
  const double end_s = MonotonicSeconds() + floor.seconds;
  for (double now_s = MonotonicSeconds(); now_s < end_s;) {
    if (!WriteAll(down, request) || !ReadAll(down, reply)) {
      return UnavailableError("the chain broke");
    }
    const double after_s = MonotonicSeconds();
    delays_s.push_back(after_s - now_s);
    now_s = after_s;
  }
  close(down);
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  std::sort(delays_s.begin(), delays_s.end());
  std::cout << nlohmann::ordered_json{{"answers", delays_s.size()},
                                      {"p50_s", delays_s[delays_s.size() / 2]},
                                      {"p99_s", delays_s[delays_s.size() * 99 / 100]}}
                   .dump()
            << std::endl;
  return OkStatus();
}

}  // namespace offramp::bench
