// The fixed text of the simulation's report.
#pragma once

#include <string_view>

namespace offramp {

extern const std::string_view kSimulationReportBody;
extern const std::string_view kSimulationReportScript;

}  // namespace offramp
