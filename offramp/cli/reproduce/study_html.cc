#include <algorithm>
#include <string_view>

#include "offramp/cli/report_html.h"
#include "offramp/cli/reproduce/study_text.h"

namespace offramp {
namespace {

OrderedJson StatisticsJson(const SeedStatistics& statistics) {
  return {statistics.mean, statistics.half_width};
}

OrderedJson ExperimentJson(const Experiment& experiment) {
  OrderedJson curves = OrderedJson::array();
  for (const Curve& curve : experiment.curves) {
    OrderedJson json = {{"name", curve.name}};
    for (const Figures& figures : curve.points) {
      json["delay"].push_back(StatisticsJson(figures.delay_s));
      json["accuracy"].push_back(StatisticsJson(figures.accuracy));
      json["above"].push_back(StatisticsJson(figures.objective_above_s));
    }
    curves.push_back(std::move(json));
  }
  OrderedJson equal = OrderedJson::array();
  for (const EqualCurve& curve : experiment.equal) {
    OrderedJson json = {{"name", curve.name}};
    for (const EqualFigures& figures : curve.points) {
      json["delay"].push_back(figures.seeds > 0 ? StatisticsJson(figures.delay_s)
                                                : OrderedJson(nullptr));
      json["lower"].push_back(StatisticsJson(figures.delay_lower));
    }
    equal.push_back(std::move(json));
  }
  return {{"title", experiment.title},     {"text", experiment.text},
          {"axis", experiment.axis},       {"x", experiment.x},
          {"columns", experiment.columns}, {"curves", std::move(curves)},
          {"equal", std::move(equal)},     {"by_objective", experiment.by_objective}};
}

OrderedJson ModelJson(const ModelStudy& model) {
  OrderedJson json = {{"model", model.model},
                      {"experiments", OrderedJson::array()},
                      {"rounds", model.convergence.rounds},
                      {"excess", OrderedJson::array()}};
  for (const Experiment& experiment : model.experiments) {
    json["experiments"].push_back(ExperimentJson(experiment));
  }
  for (const SeedStatistics& excess : model.convergence.excess_percent) {
    json["excess"].push_back(StatisticsJson(excess));
  }
  return json;
}

constexpr std::string_view kBody = R"html(<header>
<h1>DTO-EE, reproduced</h1>
<p class="soft" id="facts"></p>
</header>
<div id="studies"></div>
)html";

constexpr std::string_view kScript = R"js(
document.getElementById('facts').textContent = data.introduction + ' ' + data.command;
const ms = v => +(1e3 * v).toPrecision(3) + ' ms';
const percent = v => (100 * v).toFixed(1) + ' %';
const plain = v => +v.toPrecision(3) + '';
const pair = (v, format) => v && isNumber(v[0]) ? `${format(v[0])} ± ${format(v[1])}` : '-';
const cell = (tag, text) => make(tag, {}, text);
function add(host, ...children) { host.append(...children); return host; }

function table(e, rows, text) {
  const t = make('table');
  const heads = e.x.map(x => +x.toPrecision(4)).concat(e.columns);
  t.append(add(make('tr'), cell('th', e.axis), ...heads.map(h => cell('th', h))));
  rows.forEach((row, i) => {
    const name = make('td');
    name.append(make('span', {class: 'swatch', style: 'background:' + colour(i)}));
    name.append(document.createTextNode(row.name));
    t.append(add(make('tr'), name, ...row.delay.map((_, k) => cell('td', text(row, k)))));
  });
  return add(make('div', {class: 'scroll'}), t);
}

// Lines of [mean, half width] by key, over x or over another key.
function lines(section, title, rows, key, options, x) {
  const series = rows.filter(r => r[key]).map((r, i) => {
    const t = x(r);
    const at = r[key].map((_, k) => k).filter(k => r[key][k] && isNumber(r[key][k][0]) && isNumber(t[k]));
    at.sort((a, b) => t[a] - t[b]);
    return {name: r.name, colour: colour(i), t: at.map(k => t[k]), values: at.map(k => r[key][k][0]),
      half: at.map(k => options.log ? Math.min(r[key][k][1], 0.95 * r[key][k][0]) : r[key][k][1]),
      wide: i === 0};
  });
  const all = series.flatMap(s => s.t);
  const from = Math.min(...all), to = Math.max(...all);
  if (!(to > from)) return;
  const figure = make('figure');
  section.append(figure);
  lineChart(figure, Object.assign({title, height: 260, gap: Infinity}, options), series,
    {from, seconds: to, unit: options.unit || '', parts: [], events: []});
}

function show(host, e) {
  const section = make('section');
  host.append(section);
  section.append(cell('h2', e.title), make('p', {class: 'soft small'}, e.text));
  if (e.x.length > 1) {
    const x = () => e.x;
    lines(section, 'Mean delay over ' + e.axis, e.curves, 'delay', {format: ms, log: true}, x);
    lines(section, 'Accuracy over ' + e.axis, e.curves, 'accuracy', {format: percent}, x);
    if (e.equal.length) {
      lines(section, 'Mean delay at the accuracy of dto-ee, over ' + e.axis,
        [e.curves[0], ...e.equal], 'delay', {format: ms, log: true}, x);
    }
    lines(section, 'Mean delay over accuracy in %', e.curves, 'delay', {format: ms, log: true},
      r => r.accuracy.map(a => 100 * a[0]));
  }
  section.append(table(e, e.curves, (c, k) => pair(c.delay[k], ms) + ', ' + pair(c.accuracy[k], percent)));
  if (e.by_objective) {
    section.append(make('p', {class: 'small'}, 'Objective above that of the first row:'));
    section.append(table(e, e.curves, (c, k) => pair(c.above[k], ms)));
  }
  if (e.equal.length) {
    section.append(make('p', {class: 'small'},
      'At the accuracy of dto-ee: mean delay, and by how much that of dto-ee is lower:'));
    section.append(table(e, e.equal, (c, k) => c.delay[k]
      ? pair(c.delay[k], ms) + ', ' + pair(c.lower[k], percent) : 'never so accurate'));
  }
}

const host = document.getElementById('studies');
for (const study of data.studies) {
  host.append(cell('h1', study.model));
  study.experiments.filter(e => e.curves.length).forEach(e => show(host, e));
  if (!study.excess.length) continue;
  const section = make('section');
  host.append(section);
  section.append(cell('h2', 'Convergence'), make('p', {class: 'soft small'},
    'Objective above the best one known, in % of the delay, after so many rounds from even shares ' +
    'and thresholds of 0.8.'));
  lines(section, 'Excess over rounds, %', [{name: 'dto-ee', excess: study.excess}], 'excess',
    {format: plain}, () => study.rounds);
  const t = make('table');
  t.append(add(make('tr'), ...study.rounds.map(r => cell('th', r))));
  t.append(add(make('tr'), ...study.excess.map(v => cell('td', pair(v, plain)))));
  section.append(add(make('div', {class: 'scroll'}), t));
}
if (data.ingredients && data.ingredients.curves.length) show(host, data.ingredients);
)js";

}  // namespace

std::string StudyHtml(const Study& study) {
  OrderedJson data = {{"introduction", StudyIntroduction(study)},
                      {"command", "Printed by " + study.command + ", offramp " + study.version},
                      {"studies", OrderedJson::array()}};
  for (const ModelStudy& model : study.models) data["studies"].push_back(ModelJson(model));
  if (study.ingredients) data["ingredients"] = ExperimentJson(*study.ingredients);
  return HtmlPage("DTO-EE, reproduced", kBody, data, kScript);
}

}  // namespace offramp
