// A scenario of two stages as a fleet's own logic: gateway and node cores, forwarders, sessions,
// codec and agents over the in-memory network, on a manual clock; only the engines are a script
// that computes for exactly the scenario's service time. Parts start when the simulator says that
// they did, and draw what it draws.
//
// The model: a row is a byte r; the exit of stage 1 is as sure of it as the profile's row r says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "offramp/base/clock.h"
#include "offramp/core/scenario.h"
#include "offramp/gateway/gateway_core.h"
#include "offramp/node/node_core.h"
#include "offramp/simulate/draws.h"
#include "offramp/wire/manual_loop.h"
#include "offramp/wire/memory_transport.h"

namespace offramp {

// What a parcel of one byte weighs on a link (Forwarder counts headers).
inline constexpr std::int64_t kHandRowBytes = 65;

// A profile of 256 rows for that model: calibrated, more or less.
std::shared_ptr<const ExitProfile> HandProfile();

class HandFleet {
 public:
  // Devices are gateways. Runs until all parts have started, just before time 0.
  HandFleet(const Scenario& scenario, const Draws& draws);
  ~HandFleet();

  ManualLoop& loop() { return loop_; }
  const AgentRunner& agents(int part) const;

  // Row `row` at gateway `device`, now.
  void Ask(int device, std::uint32_t row);

  struct Answer {
    int exit_stage = 0;  // 0: none yet
    std::string path;    // names of nodes
    double delay_s = 0;
  };
  // By order of asking.
  const std::vector<Answer>& answers() const { return answers_; }

 private:
  struct Part;
  AgentRunnerOptions AgentOptions(int part) const;
  std::unique_ptr<Forwarder> MakeForwarder(int part, ForwarderOwner& owner);
  void MakeGateway(int part);
  void MakeNode(int part);

  const Scenario& scenario_;
  const Draws draws_;
  const Bundle bundle_;
  ManualClock clock_{-1};
  ManualLoop loop_;
  MemoryNetwork network_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<Answer> answers_;
};

}  // namespace offramp
