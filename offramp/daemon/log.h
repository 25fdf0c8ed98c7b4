// Logs: lines on stderr, text for people or JSON for collectors. spdlog does the work; this sets it
// up once per process and keeps every line valid JSON whatever a message holds.
#pragma once

#include <string>

#include "offramp/base/status.h"

namespace offramp {

// `format` is "text" or "json", `level` one of spdlog's names (trace ... critical, off). `part` is
// written into every line.
Status SetUpLog(const std::string& part, const std::string& format, const std::string& level);

}  // namespace offramp
