#include <iostream>
#include <memory>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/fleet_status.h"
#include "offramp/cli/options.h"
#include "offramp/cli/process/launcher.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/terminal.h"

namespace offramp {
namespace {

struct UpOptions {
  std::string fleet;
  FleetOverrides overrides;
  LogOptions log;
  bool detach = false;
  bool json = false;
  double timeout_s = 60;
};

int StopAll(Launcher& launcher, ProgressLine& progress) {
  std::cerr << "offramp: draining; again to end at once\n";
  StopOptions stop;
  stop.progress = [&](const std::string& text) { progress.Show(text); };
  const StopReport report = launcher.Stop(stop);
  progress.Clear();
  if (report.killed > 0 || report.left > 0) {
    std::cerr << Format("offramp: %d killed after they did not drain, %d left\n", report.killed,
                        report.left);
    return kExitFailed;
  }
  return kExitDone;
}

// Says who has ended since the last call; whether anybody died.
bool TellEnded(Launcher& launcher) {
  bool died = false;
  for (const PartEnd& end : launcher.TakeEnded()) {
    died |= !end.clean;
    std::cerr << "offramp: " << end.name << (end.clean ? " ended, " : " died, ") << end.text
              << "\n";
    if (end.clean) continue;
    for (const std::string& line : LastLines(LogPath(launcher.state_dir(), end.name), 5)) {
      std::cerr << "  " << line << "\n";
    }
  }
  return died;
}

// Until Ctrl-C, or until nothing is left that could be watched.
int WatchInForeground(Launcher& launcher, ProgressLine& progress) {
  bool died = false;
  while (!SleepUnlessInterrupted(0.2)) {
    died |= TellEnded(launcher);
    bool any = false;
    for (const PartFile& part : ListParts(launcher.state_dir())) any |= ProcessAlive(part.process);
    if (!any) {
      std::cerr << "offramp: no part is left\n";
      launcher.Stop({});
      return died ? kExitFailed : kExitDone;
    }
  }
  TellEnded(launcher);  // between the last look and the interrupt, and not at our word
  return StopAll(launcher, progress);
}

int RunUp(const UpOptions& options) {
  if (const Status status = CheckFleetPath(options.fleet); !status.ok()) return Fail(status);
  CatchInterrupts();
  ProgressLine progress;
  LaunchOptions launch;
  launch.fleet_path = options.fleet;
  launch.overrides = options.overrides;
  launch.log_level = options.log.level;
  launch.log_format = options.log.format;
  launch.ready_timeout_s = options.timeout_s;
  launch.progress = [&](const std::string& text) { progress.Show(text); };
  auto launcher = Launcher::Launch(launch);
  progress.Clear();
  if (!launcher.ok()) return Fail(launcher.status());

  const std::string& state_dir = launcher->state_dir();
  if (options.json) {
    std::cout << FleetObject(launcher->fleet(), state_dir).dump(2) << std::endl;
  } else {
    std::cout << StatusTable(FleetStatus(launcher->fleet(), state_dir, 1), WantsColour(1), false)
              << std::flush;
  }
  if (options.detach) {
    launcher->Detach();
    return kExitDone;
  }
  std::cerr << "offramp: up; Ctrl-C drains and stops everything; logs in " << state_dir
            << "/logs\n";
  return WatchInForeground(*launcher, progress);
}

}  // namespace

void AddUpCommand(CommandLine& line) {
  auto options = std::make_shared<UpOptions>();
  CLI::App* command = AddCommand(
      line, "up", "Start every node and gateway of a fleet file on this machine",
      "  offramp up fleets/demo.yaml              # in the foreground; Ctrl-C drains and stops\n"
      "  offramp up fleets/demo.yaml -d --json    # returns when every part is ready\n"
      "  offramp up fleets/demo.yaml --policy round-robin --thresholds 0.8");
  AddFleet(command, options->fleet);
  command->add_flag("-d,--detach", options->detach, "Return once every part is ready");
  AddJson(command, options->json);
  AddOverrides(command, options->overrides);
  command->add_option("--timeout", options->timeout_s, "Seconds that all parts have to get ready")
      ->envname("OFFRAMP_UP_TIMEOUT")
      ->check(CLI::PositiveNumber)
      ->type_name("S")
      ->capture_default_str();
  AddLogOptions(command, options->log);
  command->callback([&line, options] { line.action = [options] { return RunUp(*options); }; });
}

}  // namespace offramp
