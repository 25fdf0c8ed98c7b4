// A fleet file as values (formats.md "Fleet"): nodes + links + bundle + objective.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/objective.h"
#include "offramp/core/policy.h"
#include "offramp/core/service_law.h"

namespace offramp {

struct Bundle;

// A name is at most 64 letters, digits, '.', '_' and '-'; distinct over gateways and nodes. An
// address is "host:port"; port 0: the system chooses.
struct FleetGateway {
  std::string name;
  std::string http = "127.0.0.1:0";
  std::string grpc = "127.0.0.1:0";
  std::string metrics = "127.0.0.1:0";
  double tasks_per_s = 0;  // a plan's expectation; live it is measured
};

struct FleetNode {
  std::string name;
  int stage = 0;  // 1-based
  std::string listen = "127.0.0.1:0";
  std::string metrics = "127.0.0.1:0";
  double gflops_per_s = 0;      // 0: the machine's real speed
  std::string engine = "onnx";  // or "emulated": no model is run, gflops_per_s is given
  int threads = 1;              // of the runtime, within one call
  int max_batch_size = 1;       // tasks joined into one call
  int max_queue_delay_us = 0;   // how long a task waits for others to join
  int queue_tasks = 1024;       // bounds of the node's queue
  std::int64_t queue_bytes = 256 << 20;
  std::string machine;  // where a plan put it; informative
};

struct FleetLink {
  std::string from;
  std::string to;
  double mbit_per_s = 0;  // 0: not emulated; links serialise
  double latency_ms = 0;
};

struct Fleet {
  std::string path;           // absolute, of the file
  std::string bundle_folder;  // absolute
  std::vector<FleetGateway> gateways;
  std::vector<FleetNode> nodes;
  std::vector<FleetLink> links;  // empty: everybody reaches all of the next stage
  bool links_given = false;
  Objective objective;
  Policy policy = Policy::kDtoEe;
  double period_s = 0.1;                  // of the agents' rounds
  double deadline_s = 30;                 // of a task that brings none
  double shadow_share = 0.005;            // of the tasks that leave early, to notice drift
  std::optional<double> fixed_threshold;  // absent: tuned
  ServiceLaw service = ServiceLaw::kDeterministic;
  double service_scv = 0;              // of that law: 0 deterministic, 1 exponential
  std::string exit_mode = "deferred";  // language models: deferred, fill, copy or draft

  // Addresses that other machines can reach, as "gw0.http: 0.0.0.0:80". Without TLS they are
  // refused unless the user insists; that is the caller's to do.
  std::vector<std::string> non_loopback;

  // The last stage that has nodes; every one from 1 to it has some.
  int stage_count() const;

  // Null where nothing has that name.
  const FleetNode* FindNode(const std::string& name) const;
  const FleetGateway* FindGateway(const std::string& name) const;

  // Receivers of a part in a fixed order (that of the file): of a gateway nodes of stage 1, of a
  // node those of the next stage, along the links.
  std::vector<FleetLink> LinksFrom(const std::string& name) const;

  // Parts that may send to node `name`, in the file's order.
  std::vector<std::string> OffloadersOf(const std::string& name) const;
};

// Reads and checks everything that needs no other file: links go from one stage to the next and
// connect every part. Does not open the bundle. Errors are one line with file, line or key, what is
// wrong and what is expected: kNotFound when there is no such file, else kInvalidArgument.
Result<Fleet> ReadFleetFile(const std::string& path);

// The same from text; `path` is only for messages and for relative paths.
Result<Fleet> ParseFleet(const std::string& text, const std::string& path);

// Whether the fleet's stages are the bundle's. kInvalidArgument names the fleet file and the stage.
Status CheckFleetFits(const Fleet& fleet, const Bundle& bundle);

}  // namespace offramp
