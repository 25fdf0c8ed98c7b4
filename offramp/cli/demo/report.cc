#include "offramp/cli/demo/report.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "offramp/cli/demo/report_page.h"
#include "offramp/cli/load/load_summary.h"

namespace offramp {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kStepSeconds = 0.5;
constexpr double kDelayWindowSeconds = 1;
constexpr double kAccuracyWindowSeconds = 3;

double Rounded(double value, double digits) { return std::round(value * digits) / digits; }

Json Milliseconds(double seconds) { return Rounded(seconds * 1e3, 100); }

// Delay, accuracy and losses of one policy over time.
Json SeriesOf(const std::vector<LoadRecord>& records, double seconds) {
  Json series = {{"t", Json::array()},        {"mean_ms", Json::array()}, {"p95_ms", Json::array()},
                 {"accuracy", Json::array()}, {"refused", Json::array()}, {"lost", Json::array()}};
  for (double t = kStepSeconds / 2; t < seconds; t += kStepSeconds) {
    const LoadSummary near =
        Summarise(records, t - kDelayWindowSeconds / 2, t + kDelayWindowSeconds / 2);
    const LoadSummary wide =
        Summarise(records, t - kAccuracyWindowSeconds / 2, t + kAccuracyWindowSeconds / 2);
    const LoadSummary step = Summarise(records, t - kStepSeconds / 2, t + kStepSeconds / 2);
    const bool any = near.answered > 0;
    series["t"].push_back(Rounded(t, 1000));
    series["mean_ms"].push_back(any ? Milliseconds(near.delay.mean_s) : Json(nullptr));
    series["p95_ms"].push_back(any ? Milliseconds(near.delay.p95_s) : Json(nullptr));
    series["accuracy"].push_back(wide.accuracy ? Json(Rounded(*wide.accuracy, 1e4))
                                               : Json(nullptr));
    series["refused"].push_back(step.refused);
    series["lost"].push_back(step.failed + step.pending);
  }
  return series;
}

Json NumberOrNull(const std::optional<double>& value) {
  return value ? Json(Rounded(*value, 1e3)) : Json(nullptr);
}

// Shares, threshold and queue of every part that was seen, in the fleet's order.
Json PartsOf(const Fleet& fleet, const std::vector<PartSample>& samples) {
  std::map<std::string, std::vector<const PartSample*>> by_part;
  for (const PartSample& sample : samples) by_part[sample.name].push_back(&sample);
  Json parts = Json::array();
  const auto add = [&](const std::string& name, int stage) {
    const auto seen = by_part.find(name);
    if (seen == by_part.end()) return;
    Json part = {{"name", name},           {"stage", stage},
                 {"t", Json::array()},     {"threshold", Json::array()},
                 {"queue", Json::array()}, {"shares", Json::object()}};
    const auto links = fleet.LinksFrom(name);
    for (const FleetLink& link : links) part["shares"][link.to] = Json::array();
    for (const PartSample* sample : seen->second) {
      part["t"].push_back(Rounded(sample->t_s, 100));
      part["threshold"].push_back(NumberOrNull(sample->threshold));
      part["queue"].push_back(NumberOrNull(sample->queue_length));
      for (const FleetLink& link : links) {
        const auto share = sample->shares.find(link.to);
        part["shares"][link.to].push_back(
            share == sample->shares.end() ? Json(0) : Json(Rounded(share->second, 1e3)));
      }
    }
    parts.push_back(std::move(part));
  };
  for (const FleetGateway& gateway : fleet.gateways) add(gateway.name, 0);
  for (const FleetNode& node : fleet.nodes) add(node.name, node.stage);
  return parts;
}

}  // namespace

Json ReportData(const ReportFacts& facts, const DemoScenario& scenario, const Fleet& fleet,
                const std::vector<DemoRun>& runs, const std::vector<DemoCell>& cells) {
  Json data = {{"fleet", facts.fleet_path},        {"thresholds", facts.thresholds},
               {"tasks_per_s", facts.tasks_per_s}, {"seed", facts.seed},
               {"made_at", facts.made_at},         {"version", facts.version},
               {"seconds", scenario.seconds},      {"gateways", fleet.gateways.size()},
               {"nodes", fleet.nodes.size()},      {"stages", fleet.stage_count()}};
  data["parts"] = Json::array();
  for (const DemoPart& part : scenario.parts) {
    data["parts"].push_back({{"name", part.name}, {"from", part.from_s}, {"to", part.to_s}});
  }
  data["events"] = Json::array();
  for (const DemoEvent& event : scenario.events) {
    data["events"].push_back({{"t", event.at_s}, {"label", event.label}});
  }
  data["table"] = Json::array();
  for (const DemoCell& cell : cells) {
    const LoadSummary& figures = cell.summary;
    const bool any = figures.answered > 0;
    data["table"].push_back(
        {{"part", cell.part},
         {"policy", cell.policy},
         {"mean_ms", any ? Milliseconds(figures.delay.mean_s) : Json(nullptr)},
         {"p95_ms", any ? Milliseconds(figures.delay.p95_s) : Json(nullptr)},
         {"accuracy", figures.accuracy ? Json(Rounded(*figures.accuracy, 1e5)) : Json(nullptr)},
         {"requests", figures.requests},
         {"refused", figures.refused},
         {"lost", figures.failed + figures.pending}});
  }
  data["policies"] = Json::array();
  for (const DemoRun& run : runs) {
    data["policies"].push_back({{"name", run.policy},
                                {"series", SeriesOf(run.records, scenario.seconds)},
                                {"parts", PartsOf(fleet, run.samples)},
                                {"trouble", run.trouble}});
  }
  return data;
}

std::string ScriptSafeJson(const Json& json) {
  std::string safe;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    switch (c) {
      case '<':
        safe += "\\u003c";
        break;
      case '>':
        safe += "\\u003e";
        break;
      case '&':
        safe += "\\u0026";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string ReportHtml(const Json& data) {
  std::string html;
  html += "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<title>Offramp demo report</title>\n<style>";
  html += kReportStyle;
  html += "</style>\n</head>\n";
  html += kReportBody;
  html += "<script type=\"application/json\" id=\"data\">" + ScriptSafeJson(data) + "</script>\n";
  html += "<script>";
  html += kReportCharts;
  html += kReportScript;
  html += "</script>\n</body>\n</html>\n";
  return html;
}

}  // namespace offramp
