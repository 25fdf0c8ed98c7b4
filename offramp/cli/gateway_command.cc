#include <memory>

#include "offramp/cli/commands.h"
#include "offramp/cli/daemon_options.h"
#include "offramp/gateway/gateway_daemon.h"

namespace offramp {

void AddGatewayCommand(CommandLine& line) {
  auto options = std::make_shared<DaemonOptions>();
  CLI::App* command = AddCommand(
      line, "gateway", "Be one gateway of a fleet; SIGTERM or Ctrl-C drains, twice ends at once",
      "  offramp gateway fleets/demo.yaml --name gw0\n"
      "  OFFRAMP_LOG_FORMAT=json offramp gateway fleets/demo.yaml --name gw0");
  AddDaemonOptions(command, *options);
  command->callback([&line, options] {
    line.action = [options] {
      return RunDaemon(*options, "gateway",
                       [&](Fleet fleet, const std::string& state_dir, bool insecure) {
                         GatewayDaemonOptions daemon;
                         daemon.fleet = std::move(fleet);
                         daemon.name = options->name;
                         daemon.state_dir = state_dir;
                         daemon.log_format = options->log.format;
                         daemon.log_level = options->log.level;
                         daemon.insecure = insecure;
                         return RunGateway(daemon);
                       });
    };
  });
}

}  // namespace offramp
