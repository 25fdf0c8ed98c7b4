// The admin port of a part, from the command line's side.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "offramp/base/result.h"

namespace offramp {

// All calls block for at most `timeout_s`; `address` is the part's `metrics` of files/run_state.h.
// kUnavailable when nobody listens there or the part answers with an error.

// GET /readyz: OK once the part is ready, else why not.
Status CheckReady(const std::string& address, double timeout_s);

// GET /status: one JSON object.
Result<nlohmann::json> FetchStatus(const std::string& address, double timeout_s);

// POST /drain: the part lets what it holds finish, then ends.
Status RequestDrain(const std::string& address, double timeout_s);

// POST /speed: the node behaves from now on like a machine of that speed; for demos and tests.
Status RequestSpeed(const std::string& address, double gflops_per_s, double timeout_s);

}  // namespace offramp
