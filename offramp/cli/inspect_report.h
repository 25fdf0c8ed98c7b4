// What `offramp inspect` found, for programs and as charts.
#pragma once

#include <string>

#include "offramp/cli/json_text.h"
#include "offramp/partition/inspect.h"

namespace offramp {

OrderedJson InspectionToJson(const Inspection& found);

// A self-contained page: bytes that would cross, FLOPs and weights before, along the places to cut.
std::string InspectionHtml(const Inspection& found);

}  // namespace offramp
