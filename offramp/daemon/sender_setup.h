// A fleet file as what one part needs of it: who it says it is, whom it sends to, how its agent is
// set up. The same for nodes and gateways; the place where a policy becomes running code.
#pragma once

#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/sender.h"
#include "offramp/files/fleet.h"
#include "offramp/model/bundle.h"
#include "offramp/offload/agent_runner.h"
#include "offramp/wire/frame.h"

namespace offramp {

// Hello of part `name` (a gateway or a node of the fleet).
Hello HelloOf(const Fleet& fleet, const Bundle& bundle, const std::string& name);

// Receivers of part `name`, in the file's order, with what the file says of them.
std::vector<ReceiverSpec> ReceiversOf(const Fleet& fleet, const Bundle& bundle,
                                      const std::string& name);

// Thresholds by stage (index h - 1; kNeverExit where there is no exit) for policies that do not set
// their own: the file's number, or the best stage-wide ones for the file's rates ("tuned").
Result<std::vector<double>> FixedThresholds(const Fleet& fleet, const Bundle& bundle);

// How the agent of part `name` is set up.
Result<AgentRunnerOptions> AgentOptionsOf(const Fleet& fleet, const Bundle& bundle,
                                          const std::string& name);

}  // namespace offramp
