#include <filesystem>
#include <iostream>
#include <memory>
#include <signal.h>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/options.h"
#include "offramp/cli/process/stop.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/terminal.h"
#include "offramp/files/run_state.h"

namespace offramp {
namespace {

struct DownOptions {
  std::string fleet;
  double timeout_s = 30;
};

// The `up` (or demo) behind the fleet stops its parts itself when asked; a stuck one is killed.
bool EndUp(const std::string& state_dir, double timeout_s, ProgressLine& progress) {
  const auto up = ReadUp(state_dir);
  if (!up || !ProcessAlive(*up)) return false;
  ::kill(up->pid, SIGTERM);
  progress.Show(Format("waiting for `up` (process %d) to stop its parts", up->pid));
  for (double waited_s = 0; waited_s < timeout_s && ProcessAlive(*up); waited_s += 0.05) {
    if (SleepUnlessInterrupted(0.05)) break;
  }
  if (ProcessAlive(*up)) ::kill(up->pid, SIGKILL);
  return true;
}

int RunDown(const DownOptions& options) {
  // The fleet file itself may be gone or broken by now: what runs must stop all the same.
  const std::string state_dir = StateDir(options.fleet);
  std::error_code error;
  if (!std::filesystem::is_directory(state_dir, error)) {
    if (const Status status = CheckFleetPath(options.fleet); !status.ok()) return Fail(status);
    std::cerr << "offramp: " << options.fleet << ": nothing runs\n";
    return kExitDone;
  }
  CatchInterrupts();
  ProgressLine progress;
  const bool had_up = EndUp(state_dir, options.timeout_s * 2, progress);
  auto lock = StateLock::TryAcquire(state_dir);
  for (int attempt = 0; !lock.ok() && attempt < 100 && !SleepUnlessInterrupted(0.05); ++attempt) {
    lock = StateLock::TryAcquire(state_dir);
  }
  if (!lock.ok()) return Fail(lock.status());
  StopOptions stop;
  stop.drain_s = options.timeout_s;
  stop.progress = [&](const std::string& text) { progress.Show(text); };
  const StopReport report = StopParts(state_dir, stop);
  progress.Clear();
  if (report.left > 0) {
    return Fail(UnavailableError(Format("%d processes could not be ended", report.left)));
  }
  RemoveStateDir(state_dir);
  if (report.killed > 0) {
    std::cerr << Format("offramp: %d killed after they did not drain within %g s\n", report.killed,
                        options.timeout_s);
  }
  if (report.stopped + report.killed == 0 && !had_up) {
    std::cerr << "offramp: " << options.fleet << ": nothing ran; removed what a crash had left\n";
  }
  return kExitDone;
}

}  // namespace

void AddDownCommand(CommandLine& line) {
  auto options = std::make_shared<DownOptions>();
  CLI::App* command = AddCommand(
      line, "down", "Drain and stop a fleet, also parts that were started by hand",
      "  offramp down fleets/demo.yaml\n"
      "  offramp down fleets/demo.yaml --timeout 5   # kill whoever is not done after 5 s");
  AddFleet(command, options->fleet);
  command->add_option("--timeout", options->timeout_s, "Seconds to drain before parts are killed")
      ->envname("OFFRAMP_DOWN_TIMEOUT")
      ->check(CLI::NonNegativeNumber)
      ->type_name("S")
      ->capture_default_str();
  command->callback([&line, options] { line.action = [options] { return RunDown(*options); }; });
}

}  // namespace offramp
