#include "offramp/cli/demo/report_page.h"

namespace offramp {

const std::string_view kReportScript = R"js(
const data = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);
const hidden = new Set();
const ms = v => (v >= 100 ? Math.round(v) : +v.toFixed(1)) + ' ms';
const percent = v => (100 * v).toFixed(1) + ' %';

byId('facts').textContent =
  `${data.fleet}: ${data.gateways} gateways, ${data.nodes} nodes in ${data.stages} stages; ` +
  `${data.tasks_per_s} tasks/s, the same arrivals and images for every policy (seed ` +
  `${data.seed}); thresholds of the policies that do not set them: ${data.thresholds}. ` +
  `Made ${data.made_at} by offramp ${data.version}.`;
byId('story').textContent = 'Parts: ' + data.parts.map(p =>
  `${p.name} ${p.from.toFixed(1)}-${p.to.toFixed(1)} s`).join(', ') + '. Events: ' +
  data.events.map(e => `${e.label} at ${e.t.toFixed(1)} s`).join(', ') +
  '. The whole leaves the warm-up out. Refused: turned away at the gateway under overload; lost: ' +
  'accepted, but never answered.';
byId('trouble').textContent = data.policies.flatMap(p =>
  p.trouble.map(text => p.name + ': ' + text)).join('  ');

function tabs(host, names, choose) {
  const buttons = names.map((name, i) => {
    const button = make('button', {type: 'button', role: 'tab'}, name);
    button.addEventListener('click', () => show(i));
    return button;
  });
  const show = i => {
    buttons.forEach((b, k) => b.setAttribute('aria-selected', k === i));
    choose(names[i], i);
  };
  host.replaceChildren(...buttons);
  if (names.length) show(0);
}

function showTable(part) {
  const rows = data.table.filter(r => r.part === part);
  const first = rows.length ? rows[0] : null;
  const means = rows.map(r => r.mean_ms).filter(isNumber);
  const best = Math.min(...means);
  const table = byId('table');
  const head = make('tr');
  for (const title of ['Policy', 'Mean', 'against ' + (first ? first.policy : ''), 'P95',
                       'Accuracy', 'Requests', 'Refused', 'Lost']) {
    head.append(make('th', {}, title));
  }
  table.replaceChildren(head);
  rows.forEach(r => {
    const tr = make('tr');
    const name = make('td');
    const index = data.policies.findIndex(p => p.name === r.policy);
    name.append(make('span', {class: 'swatch', style: 'background:' + colour(index)}));
    name.append(document.createTextNode(r.policy));
    tr.append(name);
    tr.append(make('td', {class: r.mean_ms === best ? 'best' : ''},
      isNumber(r.mean_ms) ? ms(r.mean_ms) : '-'));
    const ratio = isNumber(r.mean_ms) && first && isNumber(first.mean_ms) && r !== first
      ? (100 * (r.mean_ms / first.mean_ms - 1)).toFixed(0) : null;
    tr.append(make('td', {}, ratio === null ? '' : (ratio > 0 ? '+' : '') + ratio + ' %'));
    tr.append(make('td', {}, isNumber(r.p95_ms) ? ms(r.p95_ms) : '-'));
    tr.append(make('td', {}, isNumber(r.accuracy) ? percent(r.accuracy) : '-'));
    tr.append(make('td', {}, r.requests));
    tr.append(make('td', {}, r.refused));
    tr.append(make('td', {class: r.lost > 0 ? 'bad' : ''}, r.lost));
    table.append(tr);
  });
}

function showSeries() {
  const series = key => data.policies.map((p, i) => ({name: p.name, colour: colour(i),
    t: p.series.t, values: p.series[key], wide: i === 0})).filter(s => !hidden.has(s.name));
  lineChart(byId('mean'), {log: true, format: ms}, series('mean_ms'), data);
  lineChart(byId('p95'), {log: true, format: ms}, series('p95_ms'), data);
  const accuracy = series('accuracy');
  const all = accuracy.flatMap(s => s.values).filter(isNumber);
  lineChart(byId('accuracy'), {low: Math.floor(Math.min(...all) * 50) / 50,
    high: Math.min(1, Math.ceil(Math.max(...all) * 50) / 50), format: percent}, accuracy, data);
}

function showLegend() {
  byId('legend').replaceChildren(...data.policies.map((p, i) => {
    const button = make('button', {type: 'button', 'aria-pressed': true});
    button.append(make('span', {class: 'swatch', style: 'background:' + colour(i)}));
    button.append(document.createTextNode(p.name));
    button.addEventListener('click', () => {
      if (hidden.has(p.name)) hidden.delete(p.name); else hidden.add(p.name);
      button.setAttribute('aria-pressed', !hidden.has(p.name));
      showSeries();
    });
    return button;
  }));
}

function showPolicy(name) {
  const policy = data.policies.find(p => p.name === name);
  const inStage = {};
  const dashes = ['', '6 3', '2 3', '8 3 2 3', '1 4'];
  const nodes = policy.parts.filter(p => p.stage > 0).map(p => {
    const order = inStage[p.stage] = (inStage[p.stage] || 0) + 1;
    return {part: p, colour: colour(p.stage - 1), dash: dashes[(order - 1) % dashes.length]};
  });
  lineChart(byId('thresholds'), {title: 'Confidence threshold (colour: stage; dashes: its nodes)',
    height: 220, low: 0, high: 1.02, format: v => v.toFixed(2)},
    nodes.filter(n => n.part.threshold.some(isNumber)).map(n => ({name: n.part.name,
      colour: n.colour, dash: n.dash, t: n.part.t,
      values: n.part.threshold.map(v => isNumber(v) ? Math.min(v, 1.02) : v)})), data);
  lineChart(byId('queues'), {title: 'Tasks waiting', height: 200, low: 0,
    format: v => String(Math.round(v * 10) / 10)},
    nodes.map(n => ({name: n.part.name, colour: n.colour, dash: n.dash, t: n.part.t,
      values: n.part.queue})), data);
  const grid = byId('shares');
  grid.replaceChildren();
  for (const part of policy.parts) {
    const receivers = Object.keys(part.shares);
    if (!receivers.length) continue;
    const figure = make('figure');
    grid.append(figure);
    shareChart(figure, part.name + ' sends to ' + receivers.join(', '), part.t,
      receivers.map((r, i) => ({name: r, colour: colour(i), values: part.shares[r]})), data);
  }
}

tabs(byId('table-tabs'), [...new Set(data.table.map(r => r.part))].reverse(), showTable);
showLegend();
showSeries();
tabs(byId('policy-tabs'), data.policies.map(p => p.name), showPolicy);
)js";

}  // namespace offramp
