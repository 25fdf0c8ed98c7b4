#include <iostream>
#include <memory>
#include <signal.h>

#include "offramp/base/text.h"
#include "offramp/cli/admin_client.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/fleet_source.h"
#include "offramp/cli/options.h"
#include "offramp/files/run_state.h"

namespace offramp {
namespace {

struct DrainOptions {
  std::string fleet;
  std::string part;
};

std::vector<std::string> PartNames(const Fleet& fleet) {
  std::vector<std::string> names;
  for (const FleetNode& node : fleet.nodes) names.push_back(node.name);
  for (const FleetGateway& gateway : fleet.gateways) names.push_back(gateway.name);
  return names;
}

Status Drain(const DrainOptions& options) {
  OFFRAMP_RETURN_IF_ERROR(CheckFleetPath(options.fleet));
  const std::string state_dir = StateDir(options.fleet);
  OFFRAMP_ASSIGN_OR_RETURN(const SnapshotFleet running,
                           ReadRunningFleet(state_dir, options.fleet, true));
  const Fleet& fleet = running.fleet;
  if (fleet.FindNode(options.part) == nullptr && fleet.FindGateway(options.part) == nullptr) {
    return InvalidArgumentError("NODE: is '" + options.part + "', expected one of " +
                                Join(PartNames(fleet)));
  }
  const auto part = ReadPart(state_dir, options.part);
  if (!part.ok() || !ProcessAlive(part->process)) {
    return UnavailableError(options.part + ": does not run");
  }
  if (RequestDrain(part->metrics, 2).ok()) return OkStatus();
  // A part too busy to answer takes the signal, which means the same.
  if (ProcessAlive(part->process) && ::kill(part->process.pid, SIGTERM) == 0) return OkStatus();
  return UnavailableError(options.part + ": cannot be reached");
}

int RunDrain(const DrainOptions& options) {
  const Status status = Drain(options);
  return status.ok() ? kExitDone : Fail(status);
}

}  // namespace

void AddDrainCommand(CommandLine& line) {
  auto options = std::make_shared<DrainOptions>();
  CLI::App* command = AddCommand(
      line, "drain", "Take a part out of service; its process ends when what it holds is answered",
      "  offramp drain fleets/demo.yaml s2-a\n"
      "  offramp node fleets/demo.yaml --name s2-a   # and back again");
  AddFleet(command, options->fleet);
  command->add_option("NODE", options->part, "Name of a node or gateway")
      ->required()
      ->type_name("");
  command->callback([&line, options] { line.action = [options] { return RunDrain(*options); }; });
}

}  // namespace offramp
