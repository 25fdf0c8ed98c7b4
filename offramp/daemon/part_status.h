// What `/status` tells of one part (formats.md "Fleet").
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "offramp/offload/agent_runner.h"
#include "offramp/offload/forwarder.h"

namespace offramp {

struct PartStatus {
  std::string name;
  std::string role;  // "node" or "gateway"
  int stage = 0;
  std::string address;  // of a node
  std::string http;     // of a gateway
  std::string grpc;     // of a gateway
  std::string metrics;
  std::string state;  // daemon_state.h
  std::string policy;
  std::map<std::string, double> offloading;  // strategy: share by receiver
  std::map<std::string, double> flow_per_s;  // measured, by receiver
  std::map<std::string, bool> receiver_up;
  double threshold = 0;  // > 1: never; 0 where there is no exit
  bool has_threshold = false;
  double arrival_rate_per_s = 0;
  double service_s = 0;
  double utilisation = 0;
  std::int64_t queue_length = 0;
  double admitted_fraction = 1;  // of a gateway
  double accuracy_weight_s = 0;  // in force
  bool steers = false;           // a gateway with a floor or ceiling to keep (objective_control.h)
  bool objective_met = true;
  double expected_accuracy = 0;  // of late answers, where it steers
  double mean_delay_s = 0;
};

// Fills in what the agent and the forwarder (null in the last stage) know.
void Describe(const AgentRunner& agents, const Forwarder* forwarder, PartStatus& status);

// One JSON object.
std::string ToJson(const PartStatus& status);

}  // namespace offramp
