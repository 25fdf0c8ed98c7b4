#include <iostream>
#include <memory>

#include "offramp/cli/commands.h"
#include "offramp/cli/options.h"

#include "offramp_version.h"

namespace offramp {

void AddVersionCommand(CommandLine& line) {
  line.app.set_version_flag("--version", std::string("offramp ") + kVersion, "Print the version");
  auto json = std::make_shared<bool>(false);
  CLI::App* command = AddCommand(line, "version", "Print the version",
                                 "  offramp version\n  offramp version --json");
  AddJson(command, *json);
  command->callback([&line, json] {
    line.action = [json] {
      if (*json) {
        std::cout << "{\"version\": \"" << kVersion << "\"}\n";
      } else {
        std::cout << "offramp " << kVersion << "\n";
      }
      return kExitDone;
    };
  });
}

}  // namespace offramp
