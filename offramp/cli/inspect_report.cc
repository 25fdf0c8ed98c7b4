#include "offramp/cli/inspect_report.h"

#include "offramp/cli/report_html.h"

namespace offramp {
namespace {

constexpr std::string_view kBody = R"html(<header>
<h1 id="title"></h1>
<p class="soft" id="facts"></p>
</header>
<section>
<h2>Along the places to cut</h2>
<p class="soft small">From the input to the answer. A good cut has few bytes; the work before it is
what the first stages do.</p>
<figure id="bytes"></figure>
<p></p>
<figure id="gflops"></figure>
<p></p>
<figure id="weights"></figure>
</section>
<section>
<h2>Operators</h2>
<div class="scroll"><table id="operators"></table></div>
</section>
<section>
<h2>Places to cut</h2>
<div class="scroll"><table id="cuts"></table></div>
</section>
)html";

constexpr std::string_view kScript = R"js(
const byId = id => document.getElementById(id);
const size = v => v >= 1e9 ? (v / 1e9).toPrecision(3) + ' GB' : v >= 1e6
  ? (v / 1e6).toPrecision(3) + ' MB' : v >= 1e3 ? (v / 1e3).toPrecision(3) + ' kB' : v + ' B';
const work = v => v >= 1 ? v.toPrecision(3) + ' GFLOP' : (1e3 * v).toPrecision(3) + ' MFLOP';
byId('title').textContent = data.model;
byId('facts').textContent = `${(data.parameters / 1e6).toPrecision(4)} M parameters in ` +
  `${size(data.weight_bytes)}, ${work(data.gflops)} a task, ${data.cuts.length} places to cut. ` +
  data.notes.join('; ');
const places = data.cuts.map((_, i) => i + 1);
const axis = {seconds: Math.max(1, data.cuts.length), unit: '', parts: [], events: []};
const draw = (id, title, values, format, log) => lineChart(byId(id),
  {title, height: 220, log, format, gap: Infinity},
  [{name: title, colour: colour(0), t: places, values, wide: true}], axis);
draw('bytes', 'Bytes that cross', data.cuts.map(c => c.bytes), size, true);
draw('gflops', 'Work before', data.cuts.map(c => c.gflops_before), work, false);
draw('weights', 'Weights before', data.cuts.map(c => c.weight_bytes_before), size, false);

const cells = (tag, texts) => {
  const tr = make('tr', {});
  for (const text of texts) tr.append(make(tag, {}, text));
  return tr;
};
const measured = data.operator_ms !== undefined;
byId('operators').append(cells('th', ['operator', 'nodes', 'work', ...(measured ? ['ms'] : [])]));
Object.entries(data.operators)
  .sort((a, b) => (data.operator_gflops[b[0]] || 0) - (data.operator_gflops[a[0]] || 0))
  .forEach(([name, nodes]) => byId('operators').append(cells('td', [name, nodes,
    work(data.operator_gflops[name] || 0),
    ...(measured ? [data.operator_ms[name].toPrecision(3)] : [])])));
byId('cuts').append(cells('th', ['place', 'crosses', 'work before', 'weights before', 'cut']));
data.cuts.forEach((c, i) => byId('cuts').append(cells('td', [i + 1, size(c.bytes),
  work(c.gflops_before), size(c.weight_bytes_before), c.tensors.map(t => t.name).join('+')])));
)js";

OrderedJson JsonOf(const TensorSpec& spec) {
  return {{"name", spec.name}, {"datatype", DataTypeName(spec.datatype)}, {"shape", spec.shape}};
}

OrderedJson JsonOf(const std::vector<TensorSpec>& specs) {
  OrderedJson json = OrderedJson::array();
  for (const TensorSpec& spec : specs) json.push_back(JsonOf(spec));
  return json;
}

}  // namespace

OrderedJson InspectionToJson(const Inspection& found) {
  OrderedJson json;
  json["model"] = found.path;
  json["ir_version"] = found.ir_version;
  json["opsets"] = found.opsets;
  json["inputs"] = JsonOf(found.inputs);
  json["outputs"] = JsonOf(found.outputs);
  json["parameters"] = found.parameters;
  json["weight_bytes"] = found.weight_bytes;
  json["gflops"] = found.gflops;
  json["operators"] = found.operators;
  json["operator_gflops"] = found.operator_gflops;
  if (!found.operator_ms.empty()) json["operator_ms"] = found.operator_ms;
  json["cuts"] = OrderedJson::array();
  for (const InspectedCut& cut : found.cuts) {
    json["cuts"].push_back({{"tensors", JsonOf(cut.tensors)},
                            {"bytes", cut.bytes},
                            {"gflops_before", cut.gflops_before},
                            {"gflops_after", cut.gflops_after},
                            {"weight_bytes_before", cut.weight_bytes_before},
                            {"weight_bytes_after", cut.weight_bytes_after}});
  }
  json["notes"] = found.notes;
  return json;
}

std::string InspectionHtml(const Inspection& found) {
  return HtmlPage("Offramp inspect", kBody, InspectionToJson(found), kScript);
}

}  // namespace offramp
