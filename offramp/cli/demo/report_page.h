// The fixed text of the demo's report: style, skeleton and script. Our own, nothing from outside;
// it follows the reader's light or dark setting and prints.
#pragma once

#include <string_view>

namespace offramp {

extern const std::string_view kReportStyle;
extern const std::string_view kReportBody;    // <body> up to the data
extern const std::string_view kReportCharts;  // drawing: lines, stacked shares, hover
extern const std::string_view kReportScript;  // what is drawn from the data

}  // namespace offramp
