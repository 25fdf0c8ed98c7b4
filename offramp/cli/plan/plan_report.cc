#include "offramp/cli/plan/plan_report.h"

#include <string_view>
#include <utility>
#include <vector>

#include "offramp/cli/plan/plan_json.h"
#include "offramp/cli/report_html.h"

namespace offramp {
namespace {

constexpr std::string_view kBody = R"html(<header>
<h1 id="title"></h1>
<p class="soft" id="facts"></p>
</header>
<section>
<h2>Rounds</h2>
<p class="soft small">The distributed run from the cold start: even shares, thresholds 0.8. Round 0
may be overloaded; its delay is that of a queue that is cut off.</p>
<figure id="delay"></figure>
<p></p>
<figure id="accuracy"></figure>
<p></p>
<figure id="objective"></figure>
</section>
<section>
<h2>Flows</h2>
<p class="soft small">Links as wide as their flow; nodes from green (idle) to red (busy all the
time). Point at them for numbers.</p>
<figure id="topology"></figure>
</section>
)html";

constexpr std::string_view kScript = R"js(
const byId = id => document.getElementById(id);
const plan = data.plan;
byId('title').textContent = 'Plan by ' + plan.policy;
const p = plan.predicted;
byId('facts').textContent = `${data.scenario}: predicted mean delay ` +
  `${(1e3 * p.mean_delay_s).toFixed(1)} ms, accuracy ${(100 * p.accuracy).toFixed(2)} %, objective ` +
  `${p.objective_s.toFixed(4)} s; ${plan.rounds} rounds` +
  (isNumber(plan.optimality_gap_s)
    ? `, certified gap ${(1e3 * plan.optimality_gap_s).toFixed(2)} ms` : '') + '. ' + plan.message;
const axis = {seconds: Math.max(1, plan.history.length - 1), unit: '', parts: [], events: []};
const over = key => plan.history.map(h => h[key]);
const rounds = plan.history.map(h => h.round);
const draw = (id, title, values, format, log) => lineChart(byId(id),
  {title, height: 220, log, format, gap: Infinity},
  [{name: plan.policy, colour: colour(0), t: rounds, values, wide: true}], axis);
draw('delay', 'Mean delay', over('mean_delay_s').map(v => 1e3 * v), v => +v.toPrecision(3) + ' ms',
     true);
draw('accuracy', 'Accuracy', over('accuracy'), v => (100 * v).toFixed(1) + ' %', false);
draw('objective', 'Objective', over('objective_s'), v => +v.toPrecision(4) + ' s', false);
topologyChart(byId('topology'), data.topology);
)js";

}  // namespace

std::string PlanReportHtml(const PlanReportFacts& facts) {
  const std::vector<int> index = ProblemIndex(facts.scenario, facts.problem);
  const auto node_of = [&](int part) { return index[static_cast<std::size_t>(part)]; };
  const Evaluation& predicted = facts.plan.predicted;
  std::vector<double> utilization;
  for (int part = static_cast<int>(facts.scenario.devices.size());
       part < facts.scenario.part_count(); ++part) {
    utilization.push_back(predicted.utilization[static_cast<std::size_t>(node_of(part))]);
  }
  std::vector<double> flow(facts.scenario.links.size(), 0);
  for (std::size_t i = 0; i < flow.size(); ++i) {
    const int from = node_of(facts.scenario.links[i].from);
    const int to = node_of(facts.scenario.links[i].to);
    for (int link = facts.problem.first_link(from); link < facts.problem.first_link(from + 1);
         ++link) {
      if (facts.problem.link(link).to != to) continue;
      flow[i] = predicted.link_flow_per_s[static_cast<std::size_t>(link)];
    }
  }
  OrderedJson data = {{"scenario", facts.scenario.path},
                      {"plan", PlanToJson(facts.problem, facts.plan)},
                      {"topology", TopologyToJson(facts.scenario, utilization, flow)}};
  return HtmlPage("Offramp plan", kBody, data, kScript);
}

}  // namespace offramp
