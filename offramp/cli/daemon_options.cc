#include "offramp/cli/daemon_options.h"

#include <vector>

#include "offramp/base/text.h"
#include "offramp/files/run_state.h"

namespace offramp {
namespace {

Status CheckName(const Fleet& fleet, const std::string& role, const std::string& name) {
  std::vector<std::string> names;
  if (role == "node") {
    for (const FleetNode& node : fleet.nodes) names.push_back(node.name);
  } else {
    for (const FleetGateway& gateway : fleet.gateways) names.push_back(gateway.name);
  }
  for (const std::string& known : names) {
    if (known == name) return OkStatus();
  }
  return InvalidArgumentError("--name: is '" + name + "', expected a " + role + " of " +
                              fleet.path + ": " + Join(names));
}

Status Run(const DaemonOptions& options, const std::string& role, const DaemonMain& run) {
  OFFRAMP_RETURN_IF_ERROR(options.state_dir.empty() ? CheckFleetPath(options.fleet) : OkStatus());
  const std::string state_dir =
      options.state_dir.empty() ? StateDir(options.fleet) : options.state_dir;
  // A part that `up` starts finds the snapshot before any part is alive.
  OFFRAMP_ASSIGN_OR_RETURN(SnapshotFleet source,
                           options.state_dir.empty()
                               ? ReadRunningFleet(state_dir, options.fleet, options.insecure)
                               : ReadSnapshot(state_dir, options.fleet));
  OFFRAMP_RETURN_IF_ERROR(CheckName(source.fleet, role, options.name));
  OFFRAMP_RETURN_IF_ERROR(MakeStateDir(state_dir));
  const auto before = ReadPart(state_dir, options.name);
  if (before.ok() && ProcessAlive(before->process)) {
    return AlreadyExistsError(
        Format("%s: runs already, process %d", options.name.c_str(), before->process.pid));
  }
  const ProcessId self = ThisProcess();
  OFFRAMP_RETURN_IF_ERROR(WriteProcess(state_dir, options.name, self));
  const Status status =
      run(std::move(source.fleet), state_dir, options.insecure || source.overrides.insecure);
  RemoveProcess(state_dir, options.name, self);
  return status;
}

}  // namespace

void AddDaemonOptions(CLI::App* command, DaemonOptions& options) {
  AddFleet(command, options.fleet);
  command->add_option("--name", options.name, "Which part of the fleet file to be")
      ->envname("OFFRAMP_NAME")
      ->required()
      ->type_name("NAME");
  command->add_option("--state-dir", options.state_dir)->group("");  // for `up`
  command
      ->add_flag("--insecure", options.insecure,
                 "Allow addresses beyond loopback, without encryption")
      ->envname("OFFRAMP_INSECURE");
  AddLogOptions(command, options.log);
}

int RunDaemon(const DaemonOptions& options, const std::string& role, const DaemonMain& run) {
  const Status status = Run(options, role, run);
  return status.ok() ? kExitDone : Fail(status);
}

}  // namespace offramp
