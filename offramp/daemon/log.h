// Logs: lines on stderr, text for people or JSON for collectors. spdlog does the work; this sets it
// up once per process and keeps every line valid JSON whatever a message holds.
#pragma once

#include <string>
#include <string_view>

#include "offramp/base/status.h"

namespace offramp {

// `format` is "text" or "json", `level` one of spdlog's names (trace ... critical, off). `part` is
// written into every line.
Status SetUpLog(const std::string& part, const std::string& format, const std::string& level);

// "request=ID trace=TRACEPARENT", what the client said of the two: by it a task's lines are found
// on every hop, and beside those of whoever called us. Empty when it said neither. Clients choose
// both texts: what could pass for another line or another field is escaped.
std::string TaskTag(std::string_view request_id, std::string_view trace_parent);

}  // namespace offramp
