#include "offramp/cli/options.h"

#include <filesystem>

#include "offramp/base/text.h"
#include "offramp/core/policy.h"

namespace offramp {

CLI::Option* AddFleet(CLI::App* command, std::string& path) {
  return command->add_option("FLEET", path, "Fleet file")
      ->envname("OFFRAMP_FLEET")
      ->required()
      ->type_name("");
}

void AddOverrides(CLI::App* command, FleetOverrides& overrides) {
  command
      ->add_option("--policy", overrides.policy,
                   "In place of the file's: " + Join(PolicyNames(/*live_only=*/true)))
      ->envname("OFFRAMP_POLICY")
      ->type_name("NAME");
  command
      ->add_option(
          "--thresholds", overrides.thresholds,
          "In place of the file's: one number, or tuned; for policies that do not set them")
      ->envname("OFFRAMP_THRESHOLDS")
      ->type_name("T");
  command
      ->add_flag("--insecure", overrides.insecure,
                 "Allow addresses beyond loopback, without encryption")
      ->envname("OFFRAMP_INSECURE");
}

void AddLogOptions(CLI::App* command, LogOptions& log) {
  command->add_option("--log-level", log.level, "trace, debug, info, warn or error")
      ->envname("OFFRAMP_LOG_LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->type_name("LEVEL")
      ->capture_default_str();
  command->add_option("--log-format", log.format, "text or json")
      ->envname("OFFRAMP_LOG_FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT")
      ->capture_default_str();
}

void AddJson(CLI::App* command, bool& json) {
  command->add_flag("--json", json, "Print one JSON object");
}

Status CheckFleetPath(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) return OkStatus();
  if (std::filesystem::exists(path, error)) {
    return InvalidArgumentError(path + ": is not a file, expected a fleet file");
  }
  return InvalidArgumentError(path + ": no such file, expected a fleet file");
}

}  // namespace offramp
