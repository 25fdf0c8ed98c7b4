#include "offramp/cli/report_html.h"

#include <algorithm>
#include <numeric>

#include "offramp/cli/demo/report.h"
#include "offramp/cli/demo/report_page.h"
#include "offramp/core/scenario.h"

namespace offramp {
namespace {

constexpr std::size_t kMaxDrawnLinks = 1500;

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string HtmlPage(std::string_view title, std::string_view body, const OrderedJson& data,
                     std::string_view script) {
  std::string html = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<title>" + Escaped(title) + "</title>\n<style>";
  html += kReportStyle;
  html += "</style>\n</head>\n<body>\n<main>\n";
  html += body;
  html += "</main>\n<script type=\"application/json\" id=\"data\">" + ScriptSafeJson(data) +
          "</script>\n<script>";
  html += kReportCharts;
  html += "const data = JSON.parse(document.getElementById('data').textContent);\n";
  html += kTopologyScript;
  html += script;
  html += "</script>\n</body>\n</html>\n";
  return html;
}

OrderedJson TopologyToJson(const Scenario& scenario, const std::vector<double>& utilization,
                           const std::vector<double>& link_flow_per_s) {
  OrderedJson stages = OrderedJson::array();
  for (int stage = 0; stage <= scenario.stage_count(); ++stage) {
    stages.push_back(OrderedJson::array());
  }
  for (const ScenarioDevice& device : scenario.devices)
    stages[0].push_back({{"name", device.name}});
  for (std::size_t i = 0; i < scenario.nodes.size(); ++i) {
    OrderedJson node = {{"name", scenario.nodes[i].name}};
    if (i < utilization.size()) node["utilisation"] = utilization[i];
    stages[static_cast<std::size_t>(scenario.nodes[i].stage)].push_back(std::move(node));
  }
  std::vector<std::size_t> order(std::min(scenario.links.size(), link_flow_per_s.size()));
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return link_flow_per_s[a] > link_flow_per_s[b];
  });
  if (order.size() > kMaxDrawnLinks) order.resize(kMaxDrawnLinks);
  OrderedJson links = OrderedJson::array();
  for (const std::size_t i : order) {
    const ScenarioLink& link = scenario.links[i];
    links.push_back({{"from", scenario.part_name(link.from)},
                     {"to", scenario.part_name(link.to)},
                     {"flow", link_flow_per_s[i]}});
  }
  return {{"stages", std::move(stages)}, {"links", std::move(links)}};
}

const std::string_view kTopologyScript = R"js(
function heat(u) {
  if (!isNumber(u)) return 'var(--soft)';
  return `hsl(${Math.round(140 * (1 - Math.min(1, Math.max(0, u))))}, 65%, 45%)`;
}

function topologyChart(figure, network) {
  const most = Math.max(1, ...network.stages.map(s => s.length));
  const height = Math.min(900, Math.max(180, 26 * Math.min(most, 34) + 40));
  const render = () => {
    const width = Math.max(320, figure.clientWidth);
    const svg = make('svg', {viewBox: `0 0 ${width} ${height}`, height, role: 'img',
                             'aria-label': 'Flows over the topology'});
    const place = {};
    network.stages.forEach((stage, h) => stage.forEach((node, i) => {
      place[node.name] = {x: 60 + (width - 120) * h / Math.max(1, network.stages.length - 1),
                          y: 30 + (height - 50) * (i + 0.5) / stage.length, node};
    }));
    const strongest = Math.max(1e-12, ...network.links.map(l => l.flow));
    for (const link of network.links) {
      const a = place[link.from], b = place[link.to];
      if (!a || !b || link.flow <= strongest * 1e-3) continue;
      const line = make('line', {x1: a.x, y1: a.y, x2: b.x, y2: b.y, stroke: 'var(--c0)',
        'stroke-opacity': 0.45, 'stroke-width': (0.4 + 7 * link.flow / strongest).toFixed(2)});
      line.append(make('title', {}, `${link.from} to ${link.to}: ${link.flow.toPrecision(3)} tasks/s`));
      svg.append(line);
    }
    network.stages.forEach((stage, h) => {
      svg.append(make('text', {x: 60 + (width - 120) * h / Math.max(1, network.stages.length - 1),
        y: 14, 'text-anchor': 'middle'}, h ? 'stage ' + h : 'sources'));
      const small = stage.length > 34;
      stage.forEach(node => {
        const at = place[node.name];
        const circle = make('circle', {cx: at.x, cy: at.y, r: small ? 2.5 : 7,
          fill: heat(node.utilisation)});
        const use = isNumber(node.utilisation) ? ', ' + (100 * node.utilisation).toFixed(1) + ' % busy'
                                               : '';
        circle.append(make('title', {}, node.name + use));
        svg.append(circle);
        if (!small) {
          svg.append(make('text', {x: at.x, y: at.y - 9, 'text-anchor': 'middle'}, node.name));
        }
      });
    });
    figure.replaceChildren(svg);
  };
  render();
  window.addEventListener('resize', render);
}
)js";

}  // namespace offramp
