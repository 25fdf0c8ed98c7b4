#include "offramp/cli/process/stop.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <vector>

#include "offramp/base/text.h"
#include "offramp/cli/signals.h"
#include "offramp/files/run_state.h"

namespace offramp {
namespace {

constexpr double kPollSeconds = 0.02;
constexpr double kKillSeconds = 3;  // SIGKILL to gone, on a busy machine

struct Target {
  std::string name;
  bool gateway = false;
  ProcessId process;
};

bool Alive(const Target& target) { return ProcessAlive(target.process); }

// Parts that listen and processes that do not yet, each process once.
std::vector<Target> LiveTargets(const std::string& state_dir) {
  std::map<int, Target> by_pid;
  for (const auto& [name, process] : ListProcesses(state_dir)) {
    by_pid[process.pid] = {name, false, process};
  }
  for (const PartFile& part : ListParts(state_dir)) {
    by_pid[part.process.pid] = {part.name, part.role == "gateway", part.process};
  }
  std::vector<Target> targets;
  for (auto& [pid, target] : by_pid) {
    if (Alive(target)) targets.push_back(std::move(target));
  }
  return targets;
}

// Sends the signal if the process still is who it was.
void Signal(const Target& target, int signal) {
  if (Alive(target)) ::kill(target.process.pid, signal);
}

// Children of ours stay as zombies until somebody asks.
void Reap(const Target& target) {
  if (::waitpid(target.process.pid, nullptr, WNOHANG) == target.process.pid) {
    ForgetChild(target.process.pid);
  }
}

// Waits until none is alive, at most `seconds`; returns those that are.
std::vector<Target> WaitGone(std::vector<Target> targets, double seconds, const char* what,
                             const StopOptions& options) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (true) {
    for (const Target& target : targets) Reap(target);
    std::erase_if(targets, [](const Target& target) { return !Alive(target); });
    if (targets.empty() || Clock::now() >= end) return targets;
    if (options.progress) {
      options.progress(Format("%s: waiting for %zu (%s%s)", what, targets.size(),
                              targets.front().name.c_str(), targets.size() > 1 ? ", ..." : ""));
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(kPollSeconds));
  }
}

void StopGroup(const std::vector<Target>& group, const char* what, const StopOptions& options,
               StopReport& report) {
  for (const Target& target : group) {
    Signal(target, SIGTERM);
    // One that is frozen cannot drain; thawed it can.
    Signal(target, SIGCONT);
  }
  const auto stuck = WaitGone(group, options.drain_s, what, options);
  for (const Target& target : stuck) Signal(target, SIGKILL);
  const auto left = WaitGone(stuck, kKillSeconds, what, options);
  report.stopped += static_cast<int>(group.size() - stuck.size());
  report.killed += static_cast<int>(stuck.size() - left.size());
  report.left += static_cast<int>(left.size());
}

void RemoveStaleFiles(const std::string& state_dir) {
  for (const PartFile& part : ListParts(state_dir)) {
    if (!ProcessAlive(part.process)) RemovePart(state_dir, part.name, part.incarnation);
  }
  for (const auto& [name, process] : ListProcesses(state_dir)) {
    if (!ProcessAlive(process)) RemoveProcess(state_dir, name, process);
  }
}

}  // namespace

StopReport StopParts(const std::string& state_dir, const StopOptions& options) {
  StopReport report;
  // Again while there are newcomers: a part may be in the middle of starting.
  for (int round = 0; round < 3; ++round) {
    const auto targets = LiveTargets(state_dir);
    if (targets.empty()) break;
    std::vector<Target> gateways;
    std::vector<Target> nodes;
    for (const Target& target : targets) {
      (target.gateway ? gateways : nodes).push_back(target);
    }
    StopGroup(gateways, "draining gateways", options, report);
    StopGroup(nodes, "draining nodes", options, report);
    if (report.left > 0) break;
  }
  RemoveStaleFiles(state_dir);
  return report;
}

}  // namespace offramp
