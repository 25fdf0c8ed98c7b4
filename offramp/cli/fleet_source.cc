#include "offramp/cli/fleet_source.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "offramp/base/text.h"
#include "offramp/files/run_state.h"

namespace offramp {
namespace {

using Json = nlohmann::json;

Result<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFoundError(path + ": cannot be opened, expected a fleet file");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Absolute(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

Result<Fleet> Prepare(const std::string& text, const std::string& path,
                      const FleetOverrides& overrides) {
  OFFRAMP_ASSIGN_OR_RETURN(Fleet fleet, ParseFleet(text, Absolute(path)));
  OFFRAMP_RETURN_IF_ERROR(ApplyOverrides(overrides, fleet));
  if (!fleet.non_loopback.empty() && !overrides.insecure) {
    return InvalidArgumentError(path + ": " + Join(fleet.non_loopback) +
                                ": beyond loopback and not encrypted, expected 127.0.0.1, ::1 or "
                                "localhost, or the option --insecure");
  }
  return fleet;
}

}  // namespace

Status ApplyOverrides(const FleetOverrides& overrides, Fleet& fleet) {
  if (overrides.policy) {
    const auto policy = ParsePolicy(*overrides.policy);
    if (!policy || !IsLivePolicy(*policy)) {
      const auto names = PolicyNames(/*live_only=*/true);
      const std::string near = Nearest(*overrides.policy, names);
      return InvalidArgumentError("--policy: is '" + *overrides.policy + "', expected one of " +
                                  Join(names) +
                                  (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    fleet.policy = *policy;
  }
  if (overrides.thresholds) {
    if (*overrides.thresholds == "tuned") {
      fleet.fixed_threshold.reset();
    } else {
      char* end = nullptr;
      const double value = std::strtod(overrides.thresholds->c_str(), &end);
      if (overrides.thresholds->empty() || *end != '\0' || !std::isfinite(value) || value < 0) {
        return InvalidArgumentError("--thresholds: is '" + *overrides.thresholds +
                                    "', expected a number from 0 (above 1: never exit) or 'tuned'");
      }
      fleet.fixed_threshold = value;
    }
  }
  return OkStatus();
}

Result<Fleet> ReadFleet(const std::string& path, const FleetOverrides& overrides) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  return Prepare(text, path, overrides);
}

Status SaveSnapshot(const std::string& state_dir, const std::string& path,
                    const FleetOverrides& overrides) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  OFFRAMP_RETURN_IF_ERROR(WriteFileAtomically(SnapshotPath(state_dir), text));
  Json json = {{"insecure", overrides.insecure}};
  if (overrides.policy) json["policy"] = *overrides.policy;
  if (overrides.thresholds) json["thresholds"] = *overrides.thresholds;
  return WriteFileAtomically(OverridesPath(state_dir), json.dump() + "\n");
}

Result<SnapshotFleet> ReadSnapshot(const std::string& state_dir, const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string text, ReadText(SnapshotPath(state_dir)));
  SnapshotFleet snapshot;
  std::ifstream file(OverridesPath(state_dir));
  const Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) {
    const auto text_of = [&](const char* key) -> std::optional<std::string> {
      const auto it = json.find(key);
      if (it == json.end() || !it->is_string()) return std::nullopt;
      return it->get<std::string>();
    };
    snapshot.overrides.policy = text_of("policy");
    snapshot.overrides.thresholds = text_of("thresholds");
    snapshot.overrides.insecure = json.contains("insecure") && json["insecure"] == true;
  }
  OFFRAMP_ASSIGN_OR_RETURN(snapshot.fleet, Prepare(text, path, snapshot.overrides));
  return snapshot;
}

Result<SnapshotFleet> ReadRunningFleet(const std::string& state_dir, const std::string& path,
                                       bool insecure) {
  if (FleetRuns(state_dir)) {
    auto snapshot = ReadSnapshot(state_dir, path);
    if (snapshot.ok() || snapshot.status().code() != StatusCode::kNotFound) return snapshot;
  }
  SnapshotFleet from_file;
  from_file.overrides.insecure = insecure;
  OFFRAMP_ASSIGN_OR_RETURN(from_file.fleet, ReadFleet(path, from_file.overrides));
  return from_file;
}

bool FleetRuns(const std::string& state_dir) {
  if (const auto up = ReadUp(state_dir); up && ProcessAlive(*up)) return true;
  const auto parts = ListParts(state_dir);
  const auto processes = ListProcesses(state_dir);
  return std::any_of(parts.begin(), parts.end(),
                     [](const PartFile& part) { return ProcessAlive(part.process); }) ||
         std::any_of(processes.begin(), processes.end(),
                     [](const auto& named) { return ProcessAlive(named.second); });
}

}  // namespace offramp
