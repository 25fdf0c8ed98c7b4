#include "offramp/cli/reproduce/study_text.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "offramp/base/text.h"
#include "offramp/cli/report_html.h"

namespace offramp {
namespace {

constexpr double kClaimedLoad = 0.7;

std::string Milliseconds(double seconds) {
  return Format(seconds < 0.1 ? "%.1f" : "%.0f", seconds * 1e3);
}

std::string CellText(const Figures& figures) {
  if (!std::isfinite(figures.delay_s.mean)) return "-";
  return Milliseconds(figures.delay_s.mean) + " ± " + Milliseconds(figures.delay_s.half_width) +
         Format(" ms, %.1f ± %.1f %%", 100 * figures.accuracy.mean,
                100 * figures.accuracy.half_width);
}

std::string TableOf(const Experiment& experiment) {
  std::string text = "| " + experiment.axis;
  std::string rule = "|---";
  for (const double x : experiment.x) {
    text += Format(" | %g", x);
    rule += "|---:";
  }
  text += " |\n" + rule + "|\n";
  for (const Curve& curve : experiment.curves) {
    text += "| " + curve.name;
    for (const Figures& figures : curve.points) text += " | " + CellText(figures);
    text += " |\n";
  }
  return text;
}

std::string ConvergenceTable(const Convergence& convergence) {
  std::string head = "| rounds";
  std::string rule = "|---";
  std::string row = "| above the best known, % of the delay";
  for (std::size_t i = 0; i < convergence.rounds.size(); ++i) {
    head += Format(" | %d", convergence.rounds[i]);
    rule += "|---:";
    const double excess = std::max(0.0, convergence.excess_percent[i].mean);
    row += Format(excess < 100 ? " | %.3g" : " | %.0f", excess);
  }
  return head + " |\n" + rule + "|\n" + row + " |\n";
}

std::string Introduction(const StudyFacts& facts) {
  return Format(
      "50 devices, 18 nodes like Jetson boards (TX2, Xavier NX, AGX Xavier) in several power "
      "modes, links of 20 to 80 Mbit/s without queues, exponential service. FLOPs, bytes and "
      "memory of the models are computed from their architectures by `models/paper_shapes.py`; "
      "what their exits do is taken from %zu rows of `%s`, a model of our own, because the paper's "
      "are not public. Every figure is a mean over %d seeds of network, arrivals and service, with "
      "a 95 %% interval; %g simulated seconds of arrivals a run, a tenth of them warm-up.",
      facts.rows, facts.profile.c_str(), facts.seeds, facts.seconds);
}

OrderedJson StatisticsOf(const Experiment& experiment) {
  OrderedJson curves = OrderedJson::array();
  for (const Curve& curve : experiment.curves) {
    OrderedJson json = {{"name", curve.name}};
    for (const Figures& figures : curve.points) {
      json["delay_s"].push_back(figures.delay_s.mean);
      json["delay_half_s"].push_back(figures.delay_s.half_width);
      json["accuracy"].push_back(figures.accuracy.mean);
      json["accuracy_half"].push_back(figures.accuracy.half_width);
    }
    curves.push_back(std::move(json));
  }
  return {{"title", experiment.title},
          {"text", experiment.text},
          {"axis", experiment.axis},
          {"x", experiment.x},
          {"curves", std::move(curves)}};
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
const cell = (tag, text) => make(tag, {}, text);
function add(host, ...children) { host.append(...children); return host; }

function table(e) {
  const t = make('table');
  t.append(add(make('tr'), cell('th', e.axis), ...e.x.map(x => cell('th', +x.toPrecision(4)))));
  e.curves.forEach((c, i) => {
    const name = make('td');
    name.append(make('span', {class: 'swatch', style: 'background:' + colour(i)}));
    name.append(document.createTextNode(c.name));
    t.append(add(make('tr'), name, ...c.delay_s.map((d, k) => cell('td', isNumber(d)
      ? `${ms(d)} ± ${ms(c.delay_half_s[k])}, ${percent(c.accuracy[k])}` : '-'))));
  });
  return add(make('div', {class: 'scroll'}), t);
}

function charts(section, e) {
  if (e.x.length < 2) return;
  const axis = {from: e.x[0], seconds: e.x[e.x.length - 1], unit: '', parts: [], events: []};
  for (const [title, key, half, format, log] of [['Mean delay', 'delay_s', 'delay_half_s', ms, true],
       ['Accuracy', 'accuracy', 'accuracy_half', percent, false]]) {
    const figure = make('figure');
    section.append(figure);
    lineChart(figure, {title: title + ' over ' + e.axis, height: 260, format, log, gap: Infinity},
      e.curves.map((c, i) => ({name: c.name, colour: colour(i), t: e.x, values: c[key],
        half: c[half].map((h, k) => isNumber(c[key][k]) ? Math.min(h, log ? 0.95 * c[key][k] : h)
                                                        : 0), wide: i === 0})), axis);
  }
}

for (const study of data.studies) {
  const host = document.getElementById('studies');
  host.append(cell('h1', study.model));
  for (const e of study.experiments) {
    const section = make('section');
    host.append(section);
    section.append(cell('h2', e.title), make('p', {class: 'soft small'}, e.text));
    charts(section, e);
    section.append(table(e));
  }
  const section = make('section');
  host.append(section);
  section.append(cell('h2', 'Convergence'), make('p', {class: 'soft small'},
    'Objective above the best one known, in % of the delay, after so many rounds from even shares ' +
    'and thresholds of 0.8.'));
  const t = make('table');
  t.append(add(make('tr'), ...study.rounds.map(r => cell('th', r))));
  t.append(add(make('tr'), ...study.excess.map(v => cell('td', +Math.max(0, v).toPrecision(3)))));
  section.append(add(make('div', {class: 'scroll'}), t));
}
)js";

}  // namespace

std::string ClaimsMarkdown(const Study& study) {
  const Experiment& rate = study.experiments.front();
  const auto at = std::find(rate.x.begin(), rate.x.end(), kClaimedLoad);
  if (at == rate.x.end()) return "";
  const auto point = static_cast<std::size_t>(at - rate.x.begin());
  const Figures& ours = rate.curves.front().points[point];
  std::string text =
      "| " + study.model +
      ", against | paper: delay lower by | here | paper: accuracy higher by | here | objective "
      "lower by |\n|---|---:|---:|---:|---:|---:|\n";
  for (const Curve& curve : rate.curves) {
    const auto papers = [&curve](const Arm& arm) { return arm.papers && arm.name == curve.name; };
    const std::vector<Arm> arms = StudyArms(false);
    if (std::none_of(arms.begin(), arms.end(), papers)) continue;
    const Figures& theirs = curve.points[point];
    text += "| " + curve.name +
            Format(" | 21-41 %% | %.0f %% | 1-4 points | %.1f points | %.1f ms |\n",
                   100 * (1 - ours.delay_s.mean / theirs.delay_s.mean),
                   100 * (ours.accuracy.mean - theirs.accuracy.mean),
                   1e3 * (theirs.objective_s.mean - ours.objective_s.mean));
  }
  return text;
}

std::string StudyMarkdown(const StudyFacts& facts, const std::vector<Study>& studies) {
  std::string text =
      "# DTO-EE, reproduced\n\nPrinted by `" + facts.command + "` (offramp " + facts.version +
      ").\n\n" + Introduction(facts) +
      "\n\nCells: mean delay, accuracy.\n\n## The paper's claims\n\n"
      "At a load of 0.7. The objective is mean delay - weight x accuracy, what DTO-EE is asked "
      "for. Negative: the other way round.\n\n";
  for (const Study& study : studies) text += ClaimsMarkdown(study) + "\n";
  for (const Study& study : studies) {
    for (const Experiment& experiment : study.experiments) {
      text += "## " + study.model + ": " + experiment.title + "\n\n" + experiment.text + "\n\n" +
              TableOf(experiment) + "\n";
    }
    text += "## " + study.model +
            ": Convergence\n\nThe distributed rounds from even shares and thresholds of 0.8.\n\n" +
            ConvergenceTable(study.convergence) + "\n";
  }
  return text;
}

std::string StudyHtml(const StudyFacts& facts, const std::vector<Study>& studies) {
  OrderedJson data = {{"introduction", Introduction(facts)},
                      {"command", "Printed by " + facts.command + ", offramp " + facts.version},
                      {"studies", OrderedJson::array()}};
  for (const Study& study : studies) {
    OrderedJson json = {{"model", study.model},
                        {"experiments", OrderedJson::array()},
                        {"rounds", study.convergence.rounds},
                        {"excess", OrderedJson::array()}};
    for (const Experiment& experiment : study.experiments) {
      json["experiments"].push_back(StatisticsOf(experiment));
    }
    for (const SeedStatistics& excess : study.convergence.excess_percent) {
      json["excess"].push_back(excess.mean);
    }
    data["studies"].push_back(std::move(json));
  }
  return HtmlPage("DTO-EE, reproduced", kBody, data, kScript);
}

}  // namespace offramp
