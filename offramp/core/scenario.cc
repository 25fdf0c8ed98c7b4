#include "offramp/core/scenario.h"

#include "offramp/base/units.h"
#include "offramp/core/queue_model.h"

namespace offramp {

const std::string& Scenario::part_name(int part) const {
  const auto index = static_cast<std::size_t>(part);
  return index < devices.size() ? devices[index].name : nodes[index - devices.size()].name;
}

int Scenario::part_stage(int part) const {
  const auto index = static_cast<std::size_t>(part);
  return index < devices.size() ? 0 : nodes[index - devices.size()].stage;
}

int Scenario::FindPart(const std::string& name) const {
  for (int part = 0; part < part_count(); ++part) {
    if (part_name(part) == name) return part;
  }
  return -1;
}

std::int64_t Scenario::LinkBytes(const ScenarioLink& link) const {
  const int stage = part_stage(link.from);
  return stage == 0 ? input_bytes : stages[static_cast<std::size_t>(stage - 1)].output_bytes;
}

double Scenario::TransferSeconds(const ScenarioLink& link) const {
  return offramp::TransferSeconds(LinkBytes(link), link.mbit_per_s, link.latency_ms);
}

double Scenario::ServiceRate(const ScenarioNode& node) const {
  return node.gflops_per_s / stages[static_cast<std::size_t>(node.stage - 1)].gflops;
}

double Scenario::congestion() const {
  if (service == ServiceLaw::kExponential) return CongestionOfScv(1);
  const bool measured = service == ServiceLaw::kMeasured && service_histogram.has_value();
  return CongestionOfScv(measured ? service_histogram->scv() : 0);
}

}  // namespace offramp
