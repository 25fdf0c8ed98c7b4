#include "offramp/cli/profile_report.h"

#include <algorithm>
#include <cmath>

#include "offramp/base/text.h"
#include "offramp/cli/model_options.h"
#include "offramp/cli/report_html.h"
#include "offramp/cli/table.h"

namespace offramp {
namespace {

constexpr std::string_view kBody = R"html(<header>
<h1 id="title"></h1>
<p class="soft" id="facts"></p>
</header>
<section>
<h2>Exits</h2>
<figure id="by-exit"></figure>
<div class="scroll"><table id="exits"></table></div>
</section>
<section>
<h2>One threshold at every exit</h2>
<p class="soft small">A task leaves at the first exit that is at least this sure. A fleet finds better
thresholds, one for each node; this is what one number buys.</p>
<figure id="threshold-accuracy"></figure>
<p></p>
<figure id="threshold-cost"></figure>
</section>
<section>
<h2>Reliability</h2>
<p class="soft small">Of tasks that are this sure, how many are right: on the diagonal, all confidence
can be believed; ranges with hardly any are left out. Grey: at temperature 1.</p>
<div id="reliability"></div>
</section>
<section id="stages-section">
<h2>Stages on this machine</h2>
<p class="soft small">Each alone, one thread, median of its calls.</p>
<div class="scroll"><table id="stages"></table></div>
</section>
)html";

constexpr std::string_view kScript = R"js(
const byId = id => document.getElementById(id);
const percent = v => v === null || v === undefined ? '' : (100 * v).toFixed(1) + ' %';
const size = v => v >= 1e9 ? (v / 1e9).toPrecision(3) + ' GB' : v >= 1e6
  ? (v / 1e6).toPrecision(3) + ' MB' : v >= 1e3 ? (v / 1e3).toPrecision(3) + ' kB' : v + ' B';
const right = data.labelled ? 'Accuracy' : 'Agreement with the last stage';
const rate = e => data.labelled ? e.accuracy : e.agreement;
byId('title').textContent = data.name;
byId('facts').textContent = `${data.rows.profiled} rows` +
  (data.rows.fitted ? `, temperatures from ${data.rows.fitted} others` : '') +
  (data.labelled ? '' : '. No labels: the last stage\'s answers stand in for them');
const low = Math.max(0, Math.min(...data.exits.map(rate)) - 0.02);
const stages = data.exits[data.exits.length - 1].stage;
lineChart(byId('by-exit'), {title: right + ' by exit', height: 240, low, high: 1, format: percent,
    gap: Infinity},
  [{name: right, colour: colour(0), t: data.exits.map(e => e.stage), values: data.exits.map(rate),
    wide: true}], {from: Math.min(1, stages - 1), seconds: stages, unit: '', parts: [], events: []});

const cells = (tag, texts) => {
  const tr = make('tr', {});
  for (const text of texts) tr.append(make(tag, {}, text));
  return tr;
};
byId('exits').append(cells('th', ['stage', ...(data.labelled ? ['accuracy'] : []), 'agrees',
  'temperature', 'error raw', 'error now', 'leave at 0.5', '0.8', '0.9']));
for (const e of data.exits) {
  byId('exits').append(cells('td', [e.stage, ...(data.labelled ? [percent(e.accuracy)] : []),
    percent(e.agreement), e.temperature.toFixed(3), percent(e.calibration_error_raw),
    percent(e.calibration_error), ...e.leave.map(percent)]));
}

const points = data.thresholds.filter(p => p.threshold <= 1);
const axis = {from: points[0].threshold, seconds: 1, unit: '', parts: [], events: []};
const t = points.map(p => p.threshold);
const accuracies = points.map(p => p.accuracy);
const exitedLow = Math.max(0, Math.min(...accuracies) - 0.02);
lineChart(byId('threshold-accuracy'),
  {title: right, height: 240, low: exitedLow, high: 1, format: percent, gap: Infinity},
  [{name: right, colour: colour(0), t, values: accuracies, wide: true}], axis);
const large = Math.max(...points.map(p => p.gflops)) >= 1;
lineChart(byId('threshold-cost'), {title: `Mean work a task, ${large ? 'GFLOP' : 'MFLOP'}`, height: 240,
    low: 0, format: v => v >= 100 ? v.toFixed(0) : v.toPrecision(3), gap: Infinity},
  [{name: 'work', colour: colour(1), t, values: points.map(p => (large ? 1 : 1e3) * p.gflops),
    wide: true}], axis);

for (const e of data.exits) {
  const figure = make('figure', {});
  byId('reliability').append(figure);
  const series = (name, bins, c, wide) => {
    const full = bins.filter(b => b.rows > data.rows.profiled / 500);
    return {name, colour: c, t: full.map(b => b.confidence), values: full.map(b => b.accuracy), wide};
  };
  lineChart(figure, {title: `Exit ${e.stage}`, height: 220, low: 0, high: 1, format: percent,
      gap: Infinity},
    [{name: 'believed', colour: 'var(--soft)', t: [0, 1], values: [0, 1]},
     series('before', e.reliability_raw, 'var(--soft)', false),
     series('now', e.reliability, colour(0), true)],
    {seconds: 1, unit: '', parts: [], events: []});
}

if (!data.stages) {
  byId('stages-section').remove();
} else {
  byId('stages').append(cells('th', ['stage', 'rows', 'ms', 'GFLOP/s', 'sends', 'memory']));
  for (const s of data.stages) {
    s.batches.forEach((b, i) => byId('stages').append(cells('td', [i ? '' : s.stage, b.batch,
      b.median_ms.toPrecision(3), b.gflops_per_s.toPrecision(3),
      i ? '' : size(s.output_bytes), i ? '' : size(s.peak_memory_bytes)])));
  }
}
)js";

OrderedJson BinsToJson(const ReliabilityCurve& reliability) {
  OrderedJson bins = OrderedJson::array();
  for (const ReliabilityBin& bin : reliability.bins) {
    bins.push_back(
        {{"rows", bin.rows}, {"confidence", bin.confidence}, {"accuracy", bin.accuracy}});
  }
  return bins;
}

OrderedJson ExitToJson(const ExitFigures& exit) {
  return {{"stage", exit.stage},
          {"accuracy", exit.accuracy},
          {"agreement", exit.agreement},
          {"temperature_before", exit.temperature_before},
          {"temperature", exit.temperature},
          {"calibration_error_raw", exit.raw.error},
          {"calibration_error_before", exit.before.error},
          {"calibration_error", exit.calibrated.error},
          {"thresholds", kShownThresholds},
          {"leave", exit.shares},
          {"accuracy_of_those", exit.accuracy_of_those},
          {"reliability_raw", BinsToJson(exit.raw)},
          {"reliability", BinsToJson(exit.calibrated)}};
}

OrderedJson StageToJson(const ProfileFindings& found, std::size_t s) {
  const StageTiming& timing = found.timing->stages[s];
  OrderedJson json = {{"stage", s + 1},
                      {"gflops", found.bundle.stages[s].gflops},
                      {"output_bytes", timing.output_bytes},
                      {"peak_memory_bytes", timing.peak_memory_bytes},
                      {"largest_memory_bytes", timing.largest_memory_bytes}};
  for (const BatchTiming& batch : timing.batches) {
    json["batches"].push_back({{"batch", batch.batch},
                               {"median_ms", batch.median_ms},
                               {"gflops_per_s", batch.gflops_per_s},
                               {"calls", batch.calls}});
  }
  return json;
}

std::string Percent(double share) { return std::isnan(share) ? "" : Format("%.2f", 100 * share); }

std::string ExitTable(const ExitReport& exits) {
  Table table;
  table.AddColumn("exit");
  if (exits.labelled) table.AddColumn("accuracy %");
  table.AddColumn("agrees %");
  table.AddColumn("temperature");
  table.AddColumn("error raw %");
  table.AddColumn("before");
  table.AddColumn("now");
  for (const double threshold : kShownThresholds) {
    table.AddColumn(
        Format(threshold == kShownThresholds[0] ? "leave %% at %.1f" : "at %.1f", threshold));
  }
  for (const ExitFigures& exit : exits.exits) {
    std::vector<std::string> cells = {std::to_string(exit.stage)};
    if (exits.labelled) cells.push_back(Percent(exit.accuracy));
    for (std::string& cell : std::vector<std::string>{
             Percent(exit.agreement), Format("%.4f", exit.temperature), Percent(exit.raw.error),
             Percent(exit.before.error), Percent(exit.calibrated.error)}) {
      cells.push_back(std::move(cell));
    }
    for (const double share : exit.shares) cells.push_back(Percent(share));
    table.AddRow(std::move(cells));
  }
  return table.Render();
}

std::string StageTable(const TimingReport& timing) {
  Table table;
  for (const char* header : {"stage", "rows", "ms", "GFLOP/s", "sends", "memory"}) {
    table.AddColumn(header);
  }
  for (std::size_t s = 0; s < timing.stages.size(); ++s) {
    const StageTiming& stage = timing.stages[s];
    for (const BatchTiming& batch : stage.batches) {
      const bool first = &batch == &stage.batches.front();
      const bool last = &batch == &stage.batches.back();
      const std::int64_t memory = first  ? stage.peak_memory_bytes
                                  : last ? stage.largest_memory_bytes
                                         : 0;
      table.AddRow({first ? std::to_string(s + 1) : "", std::to_string(batch.batch),
                    Format("%.3g", batch.median_ms), Format("%.3g", batch.gflops_per_s),
                    first && stage.output_bytes > 0
                        ? BytesText(static_cast<double>(stage.output_bytes))
                        : "",
                    memory > 0 ? BytesText(static_cast<double>(memory)) : ""});
    }
  }
  return table.Render();
}

}  // namespace

OrderedJson ProfileToJson(const ProfileFindings& found) {
  const ExitReport& exits = found.exits;
  OrderedJson json = {{"bundle", found.target},
                      {"name", found.bundle.name},
                      {"labelled", exits.labelled},
                      {"rows",
                       {{"fitted", exits.fitted_rows},
                        {"profiled", exits.profiled_rows},
                        {"resumed", found.resumed_rows},
                        {"not_finite", exits.bad_rows}}}};
  json["exits"] = OrderedJson::array();
  for (const ExitFigures& exit : exits.exits) json["exits"].push_back(ExitToJson(exit));
  json["thresholds"] = OrderedJson::array();
  for (const ExitThresholdPoint& point : exits.points) {
    json["thresholds"].push_back({{"threshold", point.threshold},
                                  {"accuracy", point.accuracy},
                                  {"gflops", point.gflops},
                                  {"leave", point.leave}});
  }
  if (!found.timing) return json;
  json["stages"] = OrderedJson::array();
  for (std::size_t s = 0; s < found.timing->stages.size(); ++s) {
    json["stages"].push_back(StageToJson(found, s));
  }
  if (found.timing->histogram) json["service_scv"] = found.timing->histogram->scv();
  return json;
}

std::string ProfileText(const ProfileFindings& found) {
  const ExitReport& exits = found.exits;
  std::string text = ExitTable(exits) + "\n";
  text += exits.labelled
              ? std::string("Right by the labels")
              : std::string("No labels: right is what agrees with the last stage's answer");
  text += Format(", on %lld rows", static_cast<long long>(exits.profiled_rows));
  text += exits.fitted_rows > 0 ? Format("; temperatures were fitted on %lld others.\n",
                                         static_cast<long long>(exits.fitted_rows))
                                : std::string("; temperatures are the bundle's.\n");
  if (exits.bad_rows > 0) {
    text +=
        Format("In %lld rows an exit answered NaN: they never leave early, and count as wrong.\n",
               static_cast<long long>(exits.bad_rows));
  }
  if (found.timing) {
    text += "\n" + StageTable(*found.timing) +
            "\nEach stage alone on this machine, one thread, median of its calls.\n";
  }
  return text + found.target + ": written\n";
}

std::string ProfileHtml(const ProfileFindings& found) {
  return HtmlPage("Profile of " + found.bundle.name, kBody, ProfileToJson(found), kScript);
}

}  // namespace offramp
