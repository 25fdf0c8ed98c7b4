#include "offramp/cli/demo/report_page.h"

namespace offramp {

const std::string_view kReportCharts = R"js(
'use strict';
const NS = 'http://www.w3.org/2000/svg';
const colour = i => 'var(--c' + (i % 8) + ')';
const isNumber = v => typeof v === 'number' && isFinite(v);

function make(tag, attributes, text) {
  const svg = ['svg', 'g', 'path', 'line', 'text', 'rect', 'circle'].includes(tag);
  const element = svg ? document.createElementNS(NS, tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function niceStep(span, count) {
  const raw = span / count;
  const power = Math.pow(10, Math.floor(Math.log10(raw)));
  return power * [1, 2, 5, 10].find(m => m * power >= raw);
}

function ticksOf(low, high, log) {
  const ticks = [];
  if (log) {
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
      for (const m of [1, 2, 5]) {
        const tick = m * Math.pow(10, power);
        if (tick >= low && tick <= high) ticks.push(tick);
      }
    }
    return ticks;
  }
  const step = niceStep(high - low || 1, 5);
  for (let t = Math.ceil(low / step) * step; t <= high + step * 1e-6; t += step) ticks.push(t);
  return ticks;
}

// One frame with axes, bands of the scenario's parts, its events and a hover line. `spec`: height,
// title, low, high, log, format, draw(context), values(t) -> [[name, colour, text]]. `scenario`:
// from (0), seconds (where the axis ends), unit (' s'), parts, events.
function chart(figure, spec, scenario) {
  const render = () => {
    const width = Math.max(280, figure.clientWidth);
    const small = width < 520;
    const box = {left: 46, right: 10, top: spec.bare ? 6 : 30, bottom: 22};
    const height = spec.height;
    const from = scenario.from || 0;
    const unit = scenario.unit === undefined ? ' s' : scenario.unit;
    const span = scenario.seconds - from;
    const x = t => box.left + (width - box.left - box.right) * (t - from) / span;
    const scale = v => spec.log
      ? Math.log(Math.max(v, spec.low) / spec.low) / Math.log(spec.high / spec.low)
      : (v - spec.low) / (spec.high - spec.low);
    const y = v => height - box.bottom -
      (height - box.top - box.bottom) * Math.min(1, Math.max(0, scale(v)));
    const svg = make('svg', {viewBox: `0 0 ${width} ${height}`, height, role: 'img',
                             'aria-label': spec.title || ''});
    scenario.parts.forEach((part, i) => {
      svg.append(make('rect', {x: x(part.from), y: box.top, width: x(part.to) - x(part.from),
        height: height - box.top - box.bottom, fill: i % 2 ? 'var(--band)' : 'none'}));
      if (!spec.bare) svg.append(make('text', {x: x(part.from) + 5, y: box.top - 6}, part.name));
    });
    for (const tick of ticksOf(spec.low, spec.high, spec.log)) {
      svg.append(make('line', {x1: box.left, x2: width - box.right, y1: y(tick), y2: y(tick),
        stroke: 'var(--line)'}));
      svg.append(make('text', {x: box.left - 6, y: y(tick) + 4, 'text-anchor': 'end'},
        spec.format(tick)));
    }
    for (const tick of ticksOf(from, scenario.seconds, false)) {
      svg.append(make('text', {x: x(tick), y: height - 6, 'text-anchor': 'middle'},
        +tick.toPrecision(6) + unit));
    }
    spec.draw({svg, x, y, box, height, width});
    for (const event of scenario.events) {
      const line = make('line', {x1: x(event.t), x2: x(event.t), y1: box.top,
        y2: height - box.bottom, stroke: 'var(--mark)', 'stroke-dasharray': '4 3'});
      line.append(make('title', {}, event.label));
      svg.append(line);
      if (!small && !spec.bare) {
        // To the left of its line where the right edge is near.
        const left = x(event.t) > width - 130;
        svg.append(make('text', {x: x(event.t) + (left ? -4 : 4), y: box.top + 11 +
          12 * (scenario.events.indexOf(event) % 2), 'text-anchor': left ? 'end' : 'start',
          style: 'fill: var(--mark)'}, event.label));
      }
    }
    const cursor = make('line', {y1: box.top, y2: height - box.bottom, stroke: 'var(--soft)',
                                 visibility: 'hidden'});
    svg.append(cursor);
    const tip = make('div', {class: 'tip'});
    const hide = () => { cursor.setAttribute('visibility', 'hidden'); tip.style.display = 'none'; };
    svg.addEventListener('pointerleave', hide);
    svg.addEventListener('pointermove', e => {
      const bounds = svg.getBoundingClientRect();
      const at = (e.clientX - bounds.left) * width / bounds.width;
      const t = from + (at - box.left) / (width - box.left - box.right) * span;
      if (t < from || t > scenario.seconds) return hide();
      cursor.setAttribute('x1', at);
      cursor.setAttribute('x2', at);
      cursor.setAttribute('visibility', 'visible');
      tip.replaceChildren(make('div', {class: 'soft'},
        (span > 5 ? t.toFixed(1) : t.toPrecision(3)) + unit));
      for (const [name, stroke, text] of spec.values(t)) {
        const row = make('div');
        row.append(make('span', {class: 'swatch', style: 'background:' + stroke}));
        row.append(document.createTextNode(name + '  ' + text));
        tip.append(row);
      }
      tip.style.display = 'block';
      const px = at * bounds.width / width;
      tip.style.left = (px + tip.offsetWidth + 24 > bounds.width ? px - tip.offsetWidth - 12
                                                                 : px + 12) + 'px';
      tip.style.top = Math.max(0, e.clientY - bounds.top - tip.offsetHeight - 8) + 'px';
    });
    const caption = spec.title ? [make('figcaption', {}, spec.title)] : [];
    figure.replaceChildren(...caption, svg, tip);
  };
  render();
  if (!figure.observer && typeof ResizeObserver !== 'undefined') {
    let last = figure.clientWidth;
    figure.observer = new ResizeObserver(() => {
      if (figure.clientWidth !== last) { last = figure.clientWidth; figure.render(); }
    });
    figure.observer.observe(figure);
  }
  figure.render = render;
}

function nearest(times, t) {
  let best = -1;
  times.forEach((value, i) => {
    if (best < 0 || Math.abs(value - t) < Math.abs(times[best] - t)) best = i;
  });
  return best;
}

function pathOf(times, values, x, y, gap) {
  let path = '';
  let last = null;
  values.forEach((value, i) => {
    if (!isNumber(value)) { last = null; return; }
    const joined = last !== null && times[i] - last <= gap;
    path += (joined ? 'L' : 'M') + x(times[i]).toFixed(1) + ' ' + y(value).toFixed(1);
    last = times[i];
  });
  return path;
}

// Lines over time. `series`: [{name, colour, t, values, wide, half}]; `half`: of an interval's width.
function lineChart(figure, options, series, scenario) {
  const all = series.flatMap(s => s.values).filter(isNumber);
  const least = Math.min(...all), most = Math.max(...all);
  const low = options.low !== undefined ? options.low : (options.log ? least / 1.15 : least);
  const high = options.high !== undefined ? options.high : (options.log ? most * 1.3 : most * 1.05);
  if (!all.length || !(high > low)) {
    figure.replaceChildren(make('p', {class: 'soft small'}, 'Nothing to draw.'));
    return;
  }
  chart(figure, Object.assign({height: 300, low, high}, options, {
    low, high,
    draw: c => series.forEach(s => {
      c.svg.append(make('path', {
        d: pathOf(s.t, s.values, c.x, c.y, options.gap || 3), fill: 'none', stroke: s.colour,
        'stroke-width': s.wide ? 2.8 : 1.6, 'stroke-linejoin': 'round',
        'stroke-dasharray': s.dash || ''}));
      (s.half || []).forEach((half, i) => c.svg.append(make('line', {x1: c.x(s.t[i]),
        x2: c.x(s.t[i]), y1: c.y(s.values[i] - half), y2: c.y(s.values[i] + half),
        stroke: s.colour, 'stroke-width': 1.2})));
    }),
    values: t => series.map(s => {
      const i = nearest(s.t, t);
      return i < 0 || !isNumber(s.values[i]) ? null
        : [s.name, s.colour, options.format(s.values[i])];
    }).filter(Boolean)
  }), scenario);
}

// Shares that sum to one, stacked. `layers`: [{name, colour, values}] over the same times.
function shareChart(figure, title, times, layers, scenario) {
  const totals = times.map((_, i) => layers.reduce((sum, l) => sum + (l.values[i] || 0), 0));
  // Runs of samples without a hole: a part that was gone sent nothing.
  const runs = [];
  times.forEach((t, i) => {
    if (totals[i] <= 0) return;
    const run = runs[runs.length - 1];
    if (run && i - run[run.length - 1] === 1 && t - times[i - 1] < 1.6) run.push(i);
    else runs.push([i]);
  });
  chart(figure, {
    title, height: 130, low: 0, high: 1, bare: true,
    format: v => Math.round(v * 100) + ' %',
    draw: c => {
      const below = times.map(() => 0);
      for (const layer of layers) {
        const from = below.slice();
        times.forEach((_, i) => {
          if (totals[i] > 0) below[i] += (layer.values[i] || 0) / totals[i];
        });
        const at = (i, v) => c.x(times[i]).toFixed(1) + ' ' + c.y(v[i]).toFixed(1);
        const outline = run => 'M' + run.map(i => at(i, below)).concat(
          run.slice().reverse().map(i => at(i, from))).join('L') + 'Z';
        c.svg.append(make('path', {d: runs.map(outline).join(''), fill: layer.colour,
          'fill-opacity': 0.75}));
      }
    },
    values: t => {
      const i = nearest(times, t);
      return i < 0 ? [] : layers.map(l => [l.name, l.colour,
        Math.round(100 * (l.values[i] || 0) / (totals[i] || 1)) + ' %']);
    }
  }, scenario);
}
)js";

}  // namespace offramp
