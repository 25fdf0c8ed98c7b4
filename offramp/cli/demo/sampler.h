// What every part of a running fleet tells about itself, again and again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offramp/wire/http_client.h"

namespace offramp {

// One look at one part.
struct PartSample {
  double t_s = 0;
  std::string name;
  std::optional<double> threshold;
  std::optional<double> queue_length;
  std::optional<double> arrival_rate_tasks_per_s;
  std::optional<double> utilisation;
  std::map<std::string, double> shares;  // by next hop: of what was sent lately, else as decided
};

// Not thread-safe.
class Sampler {
 public:
  explicit Sampler(std::string state_dir, double answer_s = 0.2)
      : state_dir_(std::move(state_dir)), answer_s_(answer_s) {}

  // Asks every part once; those that do not answer within `answer_s` are left out. `t_s` is noted
  // as the time of all samples.
  void Sample(double t_s);

  const std::vector<PartSample>& samples() const { return samples_; }
  std::vector<PartSample> Take() { return std::move(samples_); }

 private:
  void Refresh();

  std::string state_dir_;
  double answer_s_;
  std::int64_t version_ = -1;  // of the part files
  struct Part {
    std::string address;
    std::unique_ptr<HttpClient> client;
  };
  std::map<std::string, Part> parts_;
  std::vector<PartSample> samples_;
};

// The sample in a part's /status; nullopt if it is no JSON object.
std::optional<PartSample> ParseSample(const std::string& name, const std::string& body);

}  // namespace offramp
