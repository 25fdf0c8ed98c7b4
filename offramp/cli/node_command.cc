#include <memory>

#include "offramp/cli/commands.h"
#include "offramp/cli/daemon_options.h"
#include "offramp/node/node_daemon.h"

namespace offramp {

void AddNodeCommand(CommandLine& line) {
  auto options = std::make_shared<DaemonOptions>();
  CLI::App* command = AddCommand(
      line, "node", "Be one node of a fleet; SIGTERM or Ctrl-C drains, twice ends at once",
      "  offramp node fleets/demo.yaml --name s2-a\n"
      "  OFFRAMP_LOG_FORMAT=json offramp node fleets/demo.yaml --name s2-a");
  AddDaemonOptions(command, *options);
  command->callback([&line, options] {
    line.action = [options] {
      return RunDaemon(*options, "node",
                       [&](Fleet fleet, const std::string& state_dir, bool insecure) {
                         NodeDaemonOptions daemon;
                         daemon.fleet = std::move(fleet);
                         daemon.name = options->name;
                         daemon.state_dir = state_dir;
                         daemon.log_format = options->log.format;
                         daemon.log_level = options->log.level;
                         daemon.insecure = insecure;
                         return RunNode(daemon);
                       });
    };
  });
}

}  // namespace offramp
