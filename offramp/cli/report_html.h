// One self-contained HTML file around data: style, chart functions and data inside, nothing from
// outside. The look and the charts are the demo report's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "offramp/cli/json_text.h"
#include "offramp/core/scenario.h"

namespace offramp {

// `body` is markup within <main>; `script` runs after the chart functions and finds the parsed data
// in `data`. Whatever the data holds cannot end its script element or add markup; `title` is
// escaped.
std::string HtmlPage(std::string_view title, std::string_view body, const OrderedJson& data,
                     std::string_view script);

// Script with a chart of a network by stage: nodes filled by utilisation, links as wide as their
// flow. topologyChart(figure, {stages: [[{name, utilisation}]], links: [{from, to, flow}]}).
extern const std::string_view kTopologyScript;

// Scenario and flows as that chart wants them. Utilisation by the scenario's nodes, flow by its
// links, in tasks/s; of very many links only the strongest are kept.
OrderedJson TopologyToJson(const Scenario& scenario, const std::vector<double>& utilization,
                           const std::vector<double>& link_flow_per_s);

}  // namespace offramp
