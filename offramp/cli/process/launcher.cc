#include "offramp/cli/process/launcher.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/cli/admin_client.h"
#include "offramp/cli/signals.h"

namespace offramp {
namespace {

constexpr double kPollSeconds = 0.02;
constexpr double kProbeSeconds = 1;  // a readiness probe on a machine that is busy starting parts
constexpr int kLogLines = 12;
constexpr double kFailureDrainSeconds = 3;

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Launcher::Launcher(LaunchOptions options, Fleet fleet, std::string state_dir, StateLock lock)
    : options_(std::move(options)),
      fleet_(std::move(fleet)),
      state_dir_(std::move(state_dir)),
      lock_(std::move(lock)) {}

Result<Launcher> Launcher::Launch(const LaunchOptions& options) {
  OFFRAMP_ASSIGN_OR_RETURN(Fleet fleet, ReadFleet(options.fleet_path, options.overrides));
  std::string state_dir = StateDir(options.fleet_path);
  const std::string hint = "; `offramp down " + options.fleet_path + "` stops it";
  auto lock = StateLock::TryAcquire(state_dir);
  if (!lock.ok()) {
    if (FleetRuns(state_dir)) {
      return AlreadyExistsError(options.fleet_path + ": this fleet is up already" + hint);
    }
    return lock.status();
  }
  if (FleetRuns(state_dir)) {
    return AlreadyExistsError(options.fleet_path + ": this fleet is up already" + hint);
  }
  RemoveStateDir(state_dir);  // what a crash left
  OFFRAMP_ASSIGN_OR_RETURN(StateLock fresh, StateLock::TryAcquire(state_dir));
  Launcher launcher(options, std::move(fleet), state_dir, std::move(fresh));
  Status status = launcher.StartAll();
  if (status.ok()) status = launcher.AwaitAllReady();
  if (status.ok()) return launcher;
  StopOptions stop;
  stop.drain_s = kFailureDrainSeconds;
  stop.progress = options.progress;
  launcher.Stop(stop);
  return status;
}

Status Launcher::StartAll() {
  OFFRAMP_RETURN_IF_ERROR(SaveSnapshot(state_dir_, options_.fleet_path, options_.overrides));
  OFFRAMP_RETURN_IF_ERROR(WriteUp(state_dir_, ThisProcess()));
  for (const std::string& name : PartNames()) OFFRAMP_RETURN_IF_ERROR(Spawn(name));
  return OkStatus();
}

Status Launcher::AwaitAllReady() {
  const double end_s = Now() + options_.ready_timeout_s;
  const auto names = PartNames();
  std::set<std::string> waiting(names.begin(), names.end());
  while (true) {
    for (auto it = waiting.begin(); it != waiting.end();) {
      const Status status = Check(*it);
      if (!status.ok() && status.code() != StatusCode::kUnavailable) return status;
      it = status.ok() ? waiting.erase(it) : std::next(it);
    }
    if (waiting.empty()) return OkStatus();
    if (options_.progress) {
      options_.progress(Format("starting: %zu of %zu parts ready, waiting for %s",
                               names.size() - waiting.size(), names.size(),
                               waiting.begin()->c_str()));
    }
    if (Now() > end_s) {
      const std::string& name = *waiting.begin();
      const auto reason = reasons_.find(name);
      return DeadlineExceededError(
          Explain(name, Format("not ready after %.0f s", options_.ready_timeout_s) +
                            (reason == reasons_.end() ? "" : " (" + reason->second + ")")));
    }
    if (SleepUnlessInterrupted(kPollSeconds)) return CancelledError("interrupted");
  }
}

Status Launcher::Check(const std::string& name) {
  const auto child = children_.find(name);
  if (child == children_.end()) return FailedPreconditionError(name + ": was not started");
  int wait_status = 0;
  const int pid = child->second.pid;
  if (::waitpid(pid, &wait_status, WNOHANG) == pid) {
    ForgetChild(pid);
    children_.erase(child);
    return FailedPreconditionError(
        Explain(name, "ended before it was ready, " + EndText(wait_status)));
  }
  const auto part = ReadPart(state_dir_, name);
  if (!part.ok() || part->process.pid != pid) return UnavailableError("does not listen yet");
  const Status ready = CheckReady(part->metrics, kProbeSeconds);
  if (ready.ok()) return ready;
  reasons_[name] = ready.message();
  return UnavailableError(ready.message());
}

Status Launcher::Spawn(const std::string& name) {
  SpawnOptions spawn;
  spawn.fleet_path = fleet_.path.empty() ? options_.fleet_path : fleet_.path;
  spawn.state_dir = state_dir_;
  spawn.log_level = options_.log_level;
  spawn.log_format = options_.log_format;
  OFFRAMP_ASSIGN_OR_RETURN(children_[name], SpawnPart(spawn, RoleOf(name), name));
  return OkStatus();
}

std::vector<PartEnd> Launcher::TakeEnded() {
  std::vector<PartEnd> ended;
  for (auto it = children_.begin(); it != children_.end();) {
    int wait_status = 0;
    if (::waitpid(it->second.pid, &wait_status, WNOHANG) != it->second.pid) {
      ++it;
      continue;
    }
    ForgetChild(it->second.pid);
    ended.push_back(
        {it->first, WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0, EndText(wait_status)});
    it = children_.erase(it);
  }
  return ended;
}

Status Launcher::Restart(const std::string& name) {
  TakeEnded();
  if (children_.contains(name)) return AlreadyExistsError(name + ": still runs");
  return Spawn(name);
}

Status Launcher::Kill(const std::string& name) {
  const auto child = children_.find(name);
  if (child == children_.end()) return NotFoundError(name + ": does not run");
  ::kill(child->second.pid, SIGKILL);
  return OkStatus();
}

Status Launcher::AwaitReady(const std::string& name, double seconds) {
  const double end_s = Now() + seconds;
  while (true) {
    Status status = Check(name);
    if (status.ok() || status.code() != StatusCode::kUnavailable) return status;
    if (Now() > end_s) return DeadlineExceededError(name + ": " + status.message());
    if (SleepUnlessInterrupted(kPollSeconds)) return CancelledError("interrupted");
  }
}

StopReport Launcher::Stop(const StopOptions& options) {
  // Those that never came to write their own files.
  for (const auto& [name, process] : children_) (void)WriteProcess(state_dir_, name, process);
  const StopReport report = StopParts(state_dir_, options);
  TakeEnded();
  RemoveUp(state_dir_);
  if (report.left == 0) RemoveStateDir(state_dir_);
  return report;
}

void Launcher::Detach() {
  for (const auto& [name, process] : children_) ForgetChild(process.pid);
  children_.clear();
  RemoveUp(state_dir_);
}

std::string Launcher::RoleOf(const std::string& name) const {
  return fleet_.FindNode(name) != nullptr ? "node" : "gateway";
}

std::vector<std::string> Launcher::PartNames() const {
  std::vector<std::string> names;
  for (const FleetNode& node : fleet_.nodes) names.push_back(node.name);
  for (const FleetGateway& gateway : fleet_.gateways) names.push_back(gateway.name);
  return names;
}

std::string Launcher::Explain(const std::string& name, const std::string& what) const {
  std::string text = RoleOf(name) + " " + name + ": " + what;
  const auto lines = LastLines(LogPath(state_dir_, name), kLogLines);
  if (!lines.empty()) text += "; the end of its log:";
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

}  // namespace offramp
