#include "offramp/cli/demo/sampler.h"

#include <nlohmann/json.hpp>

#include "offramp/files/run_state.h"

namespace offramp {
namespace {

std::optional<double> NumberOf(const nlohmann::json& json, const char* key) {
  const auto it = json.find(key);
  if (it == json.end() || !it->is_number()) return std::nullopt;
  return it->get<double>();
}

// The object's numbers over their sum; empty when that is 0.
std::map<std::string, double> SharesOf(const nlohmann::json& json, const char* key) {
  std::map<std::string, double> shares;
  const auto it = json.find(key);
  if (it == json.end() || !it->is_object()) return shares;
  double sum = 0;
  for (const auto& [to, value] : it->items()) {
    if (!value.is_number() || value.get<double>() < 0) continue;
    shares[to] = value.get<double>();
    sum += shares[to];
  }
  if (sum <= 0) return {};
  for (auto& [to, share] : shares) share /= sum;
  return shares;
}

}  // namespace

std::optional<PartSample> ParseSample(const std::string& name, const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  PartSample sample;
  sample.name = name;
  sample.threshold = NumberOf(json, "threshold");
  sample.queue_length = NumberOf(json, "queue_length");
  sample.arrival_rate_tasks_per_s = NumberOf(json, "arrival_rate_tasks_per_s");
  sample.utilisation = NumberOf(json, "utilisation");
  // What went out says more than what was decided, and every policy has it.
  sample.shares = SharesOf(json, "flow_tasks_per_s");
  if (sample.shares.empty()) sample.shares = SharesOf(json, "offloading");
  return sample;
}

void Sampler::Refresh() {
  const std::int64_t version = PartsVersion(state_dir_);
  if (version == version_) return;
  version_ = version;
  std::map<std::string, Part> parts;
  for (const PartFile& file : ListParts(state_dir_)) {
    Part& part = parts[file.name];
    // A connection that is still right is kept.
    if (const auto it = parts_.find(file.name);
        it != parts_.end() && it->second.address == file.metrics) {
      part = std::move(it->second);
    } else {
      part = {file.metrics, std::make_unique<HttpClient>(file.metrics)};
    }
  }
  parts_ = std::move(parts);
}

void Sampler::Sample(double t_s) {
  Refresh();
  for (auto& [name, part] : parts_) {
    const auto response = part.client->Get("/status", answer_s_);
    if (!response.ok() || response->status != 200) continue;
    if (auto sample = ParseSample(name, response->BodyText())) {
      sample->t_s = t_s;
      samples_.push_back(*std::move(sample));
    }
  }
}

}  // namespace offramp
