#include "offramp/cli/simulate/report_script.h"

namespace offramp {

const std::string_view kSimulationReportBody = R"html(<header>
<h1>Simulation</h1>
<p class="soft" id="facts"></p>
</header>
<section>
<h2>Figures</h2>
<div class="scroll"><table id="table"></table></div>
<p class="soft small" id="warnings"></p>
</section>
<section id="sweep-section" hidden>
<h2>Over the sweep</h2>
<p class="soft small">Means over the seeds; the bars are 95 % intervals.</p>
<figure id="sweep-delay"></figure>
<p></p>
<figure id="sweep-accuracy"></figure>
</section>
<section>
<h2>Over time</h2>
<p class="soft small" id="series-note"></p>
<div class="legend" id="legend"></div>
<figure id="delay"></figure>
<p></p>
<figure id="accuracy"></figure>
<p></p>
<figure id="threshold"></figure>
</section>
<section>
<h2>Distribution of delays</h2>
<p class="soft small">Share of the tasks that took at most so long; the slowest hundredth is left
out.</p>
<figure id="distribution"></figure>
</section>
<section>
<h2>Utilisation and flows</h2>
<p class="soft small">Nodes from green (idle) to red (busy all the time), links as wide as their
flow. Point at them for numbers.</p>
<div class="tabs" id="policy-tabs" role="tablist"></div>
<figure id="topology"></figure>
<p></p>
<div class="scroll"><table id="utilisation"></table></div>
</section>
)html";

const std::string_view kSimulationReportScript = R"js(
const byId = id => document.getElementById(id);
const hidden = new Set();
const ms = v => +(1e3 * v).toPrecision(3) + ' ms';
const percent = v => (100 * v).toFixed(1) + ' %';
const names = [...new Set(data.figures.map(f => f.policy))];
const colourOf = name => colour(names.indexOf(name));
const swept = data.sweep.values.length > 0;

byId('facts').textContent =
  `${data.scenario}: ${data.devices} devices, ${data.nodes} nodes in ${data.stages} stages; ` +
  `seeds ${data.seeds.join(', ')}, the same arrivals, samples and service draws for every policy. ` +
  `Made ${data.made_at} by offramp ${data.version}.`;
byId('series-note').textContent = `By time of arrival, seed ${data.seeds[0]}` +
  (swept ? `, ${data.sweep.key} = ${data.sweep.values[0]}` : '') +
  '. Press a name to hide or show a policy.';
byId('warnings').append(...data.policies.flatMap(p =>
  p.warnings.map(w => make('div', {}, p.name + ': ' + w))));

function named(name) {
  const td = make('td', {style: 'text-align: left'});
  td.append(make('span', {class: 'swatch', style: 'background:' + colourOf(name)}));
  td.append(document.createTextNode(name));
  return td;
}

function row(cells) {
  const tr = make('tr');
  tr.append(...cells);
  return tr;
}

const head = (swept ? [data.sweep.key] : []).concat(['Policy', 'Mean', '±', 'P95', 'P99'],
  data.profiled ? ['Accuracy'] : [], ['Refused', 'Lost']);
byId('table').append(row(head.map(h =>
  make('th', h === 'Policy' ? {style: 'text-align: left'} : {}, h))));
for (const f of data.figures) {
  const best = Math.min(...data.figures.filter(g => g.point === f.point).map(g => g.mean_s));
  const first = swept ? [make('td', {}, data.sweep.values[f.point])] : [];
  byId('table').append(row(first.concat([named(f.policy),
    make('td', {class: f.mean_s === best ? 'best' : ''}, ms(f.mean_s)),
    make('td', {}, ms(f.half_width_s)), make('td', {}, ms(f.p95_s)), make('td', {}, ms(f.p99_s))],
    data.profiled ? [make('td', {}, percent(f.accuracy))] : [],
    [make('td', {}, f.refused), make('td', {class: f.lost > 0 ? 'bad' : ''}, f.lost)])));
}

function sweepChart(id, title, key, width, format) {
  const values = data.sweep.values;
  const axis = {from: values[0], seconds: values[values.length - 1], unit: '', parts: [],
                events: []};
  if (!(axis.seconds > axis.from)) return;
  const series = names.map(name => {
    const own = data.figures.filter(f => f.policy === name);
    return {name, colour: colourOf(name), t: own.map(f => values[f.point]),
            values: own.map(f => f[key]), wide: name === names[0],
            half: own.map(f => width ? f[width] : 0)};
  });
  lineChart(byId(id), {title, height: 260, format, gap: Infinity}, series, axis);
}
if (swept) {
  byId('sweep-section').hidden = false;
  sweepChart('sweep-delay', 'Mean delay over ' + data.sweep.key, 'mean_s', 'half_width_s', ms);
  if (data.profiled) {
    sweepChart('sweep-accuracy', 'Accuracy over ' + data.sweep.key, 'accuracy', null, percent);
  }
}

const time = {seconds: data.seconds, events: data.events,
  parts: data.warmup_s > 0 ? [{name: 'warm-up', from: 0, to: data.warmup_s}] : []};
const shown = () => data.policies.filter(p => !hidden.has(p.name));
function showSeries() {
  const series = key => shown().map(p => ({name: p.name, colour: colourOf(p.name), t: p.series.t,
    values: p.series[key], wide: p.name === names[0]}));
  const step = data.policies.length && data.policies[0].series.t.length > 1
    ? data.policies[0].series.t[1] - data.policies[0].series.t[0] : 1;
  const gap = Math.max(3, 3 * step);
  lineChart(byId('delay'), {title: 'Mean delay', log: true, format: ms, gap}, series('delay_s'), time);
  if (data.profiled) {
    lineChart(byId('accuracy'), {title: 'Accuracy', height: 220, format: percent, gap, high: 1},
      series('accuracy'), time);
    lineChart(byId('threshold'), {title: 'Mean confidence threshold', height: 200, low: 0,
      high: 1.02, format: v => v.toFixed(2), gap}, series('threshold').map(s =>
        Object.assign(s, {values: s.values.map(v => isNumber(v) ? Math.min(v, 1.02) : v)})), time);
  }
  const longest = Math.max(...shown().map(p => p.quantiles_s[99]).filter(isNumber));
  lineChart(byId('distribution'), {height: 260, low: 0, high: 1, format: percent, gap: Infinity},
    shown().filter(p => p.quantiles_s.length).map(p => ({name: p.name, colour: colourOf(p.name),
      t: p.quantiles_s.slice(0, 100).map(v => 1e3 * v),
      values: p.quantiles_s.slice(0, 100).map((_, i) => i / 100), wide: p.name === names[0]})),
    {seconds: 1e3 * longest, unit: ' ms', parts: [], events: []});
}

byId('legend').replaceChildren(...data.policies.map(p => {
  const button = make('button', {type: 'button', 'aria-pressed': true});
  button.append(make('span', {class: 'swatch', style: 'background:' + colourOf(p.name)}));
  button.append(document.createTextNode(p.name));
  button.addEventListener('click', () => {
    if (hidden.has(p.name)) hidden.delete(p.name); else hidden.add(p.name);
    button.setAttribute('aria-pressed', !hidden.has(p.name));
    showSeries();
  });
  return button;
}));
showSeries();

const buttons = data.policies.map((p, i) => {
  const button = make('button', {type: 'button', role: 'tab'}, p.name);
  button.addEventListener('click', () => showPolicy(i));
  return button;
});
function showPolicy(i) {
  buttons.forEach((b, k) => b.setAttribute('aria-selected', k === i));
  topologyChart(byId('topology'), data.policies[i].topology);
}
byId('policy-tabs').replaceChildren(...buttons);
if (buttons.length) showPolicy(0);

const nodes = data.policies.length ? data.policies[0].topology.stages.flat()
  .filter(n => isNumber(n.utilisation)).map(n => n.name).slice(0, 200) : [];
byId('utilisation').append(row([make('th', {}, 'Utilisation')].concat(
  data.policies.map(p => make('th', {}, p.name)))));
for (const name of nodes) {
  byId('utilisation').append(row([make('td', {}, name)].concat(data.policies.map(p => {
    const node = p.topology.stages.flat().find(n => n.name === name);
    const td = make('td', {}, node ? percent(node.utilisation) : '-');
    if (node) td.setAttribute('style', `border-bottom: 3px solid ${heat(node.utilisation)}`);
    return td;
  }))));
}
)js";

}  // namespace offramp
