#include <iostream>
#include <memory>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/fleet_source.h"
#include "offramp/cli/fleet_status.h"
#include "offramp/cli/options.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/terminal.h"
#include "offramp/files/run_state.h"

namespace offramp {
namespace {

struct StatusOptions {
  std::string fleet;
  bool json = false;
  bool watch = false;
  bool wide = false;
  double interval_s = 1;
  double timeout_s = 2;
};

int PrintOnce(const StatusOptions& options, const std::string& state_dir) {
  const auto running = ReadRunningFleet(state_dir, options.fleet, true);
  if (!running.ok()) return Fail(running.status());
  const OrderedJson status = FleetStatus(running->fleet, state_dir, options.timeout_s);
  if (options.json) {
    // With --watch one object a line, for programs that follow.
    std::cout << status.dump(options.watch ? -1 : 2) << std::endl;
  } else {
    std::cout << StatusTable(status, WantsColour(1), options.wide) << std::flush;
  }
  return kExitDone;
}

int RunStatus(const StatusOptions& options) {
  if (const Status status = CheckFleetPath(options.fleet); !status.ok()) return Fail(status);
  const std::string state_dir = StateDir(options.fleet);
  if (!FleetRuns(state_dir)) {
    if (options.json) (void)PrintOnce(options, state_dir);  // every part is "down"
    return Fail(UnavailableError(options.fleet + ": is not up"));
  }
  CatchInterrupts();
  do {
    const int code = PrintOnce(options, state_dir);
    if (code != kExitDone || !options.watch) return code;
    if (!options.json) std::cout << "\n";
  } while (!SleepUnlessInterrupted(options.interval_s));
  return kExitDone;
}

}  // namespace

void AddStatusCommand(CommandLine& line) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command =
      AddCommand(line, "status", "Show every part of a running fleet",
                 "  offramp status fleets/demo.yaml\n"
                 "  offramp status fleets/demo.yaml --json | jq '.nodes[] | {name, queue_length}'\n"
                 "  offramp status fleets/demo.yaml --watch --interval 0.5");
  AddFleet(command, options->fleet);
  AddJson(command, options->json);
  command->add_flag("-w,--watch", options->watch, "Again and again until Ctrl-C");
  command->add_flag("--wide", options->wide, "With the shares over next hops");
  command->add_option("--interval", options->interval_s, "Seconds between two looks of --watch")
      ->check(CLI::Range(0.05, 3600.0))
      ->type_name("S")
      ->capture_default_str();
  command->add_option("--timeout", options->timeout_s, "Seconds a part has to answer")
      ->check(CLI::PositiveNumber)
      ->type_name("S")
      ->capture_default_str();
  command->callback([&line, options] { line.action = [options] { return RunStatus(*options); }; });
}

}  // namespace offramp
