// What a running fleet measures, as input of a plan: the object that `offramp status --json`
// prints.
#pragma once

#include <string>

#include "offramp/cli/json_text.h"
#include "offramp/core/scenario.h"
#include "offramp/core/strategy.h"
#include "offramp/files/fleet_scenario.h"

namespace offramp {

// Reads a status object from a file, or from standard input for "-".
Result<OrderedJson> ReadStatusJson(const std::string& path);

// Speeds in GFLOP/s of nodes that say how long a task takes them (`service_s`), for the stages'
// `gflops` of the bundle.
MeasuredSpeeds SpeedsOf(const OrderedJson& status, const std::vector<double>& stage_gflops);

// Puts the measured rates in place of the gateways' expected ones. kInvalidArgument when no part of
// the status is one of the scenario's, or nothing arrives anywhere.
Status UseMeasuredRates(const OrderedJson& status, Scenario& scenario);

// What the fleet does now: its shares (normalised; where a part tells none, even ones) and
// thresholds (where a node tells none, never).
Strategy LiveStrategy(const OrderedJson& status, const Problem& problem);

}  // namespace offramp
