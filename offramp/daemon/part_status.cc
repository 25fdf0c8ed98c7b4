#include "offramp/daemon/part_status.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

namespace offramp {

void Describe(const AgentRunner& agents, const Forwarder* forwarder, PartStatus& status) {
  status.policy = std::string(PolicyName(agents.policy()));
  status.arrival_rate_per_s = agents.arrival_rate_per_s();
  status.service_s = agents.service_s();
  status.utilisation = agents.utilisation();
  status.has_threshold = agents.has_exit();
  status.threshold = agents.exit_rule().threshold();
  status.admitted_fraction = agents.admitted_fraction();
  status.accuracy_weight_s = agents.accuracy_weight_s();
  status.steers = agents.objective().steers();
  status.objective_met = agents.objective().met();
  status.expected_accuracy = agents.objective().accuracy();
  status.mean_delay_s = agents.objective().mean_delay_s();
  if (forwarder == nullptr) return;
  const Sender& sender = forwarder->sender();
  double total = 0;
  for (int k = 0; k < sender.size(); ++k) total += agents.flow_per_s(k);
  for (int k = 0; k < sender.size(); ++k) {
    const ReceiverState& receiver = sender.receiver(k);
    const double flow = agents.flow_per_s(k);
    status.flow_per_s[receiver.spec.name] = flow;
    status.receiver_up[receiver.spec.name] = receiver.available;
    // Policies without shares of their own are known by what they did.
    const bool decided = agents.policy() == Policy::kDtoEe || total <= 0;
    status.offloading[receiver.spec.name] =
        decided ? agents.shares()[static_cast<std::size_t>(k)] : flow / total;
  }
}

std::string ToJson(const PartStatus& status) {
  nlohmann::json json = {{"name", status.name},
                         {"role", status.role},
                         {"pid", getpid()},
                         {"metrics", status.metrics},
                         {"state", status.state},
                         {"policy", status.policy},
                         {"arrival_rate_tasks_per_s", status.arrival_rate_per_s},
                         {"offloading", status.offloading},
                         {"flow_tasks_per_s", status.flow_per_s},
                         {"receiver_up", status.receiver_up},
                         {"queue_length", status.queue_length}};
  if (status.role == "node") {
    json["stage"] = status.stage;
    json["address"] = status.address;
    json["service_s"] = status.service_s;
    json["utilisation"] = status.utilisation;
  } else {
    json["http"] = status.http;
    json["grpc"] = status.grpc;
    json["admitted_fraction"] = status.admitted_fraction;
  }
  if (status.policy == PolicyName(Policy::kDtoEe)) {
    json["accuracy_weight_s"] = status.accuracy_weight_s;
  }
  if (status.steers) {
    json["objective_met"] = status.objective_met;
    json["expected_accuracy"] = status.expected_accuracy;
    json["mean_delay_s"] = status.mean_delay_s;
  }
  if (status.has_threshold) json["threshold"] = status.threshold;
  return json.dump();
}

}  // namespace offramp
