#include "offramp/cli/fleet_status.h"

#include <algorithm>
#include <future>
#include <map>
#include <vector>

#include "offramp/base/text.h"
#include "offramp/cli/admin_client.h"
#include "offramp/cli/table.h"
#include "offramp/cli/terminal.h"
#include "offramp/files/run_state.h"

namespace offramp {
namespace {

OrderedJson PartObject(const PartFile& part) {
  OrderedJson json = {{"name", part.name}};
  if (part.stage > 0) json["stage"] = part.stage;
  json["pid"] = part.process.pid;
  if (!part.address.empty()) json["address"] = part.address;
  if (!part.http.empty()) json["http"] = part.http;
  if (!part.grpc.empty()) json["grpc"] = part.grpc;
  json["metrics"] = part.metrics;
  return json;
}

std::map<std::string, PartFile> LiveParts(const std::string& state_dir) {
  std::map<std::string, PartFile> parts;
  for (PartFile& part : ListParts(state_dir)) {
    if (ProcessAlive(part.process)) parts.emplace(part.name, std::move(part));
  }
  return parts;
}

OrderedJson WithFigures(const PartFile& part, double timeout_s) {
  OrderedJson json = PartObject(part);
  const auto figures = FetchStatus(part.metrics, timeout_s);
  if (!figures.ok()) {
    json["state"] = "silent";
    return json;
  }
  for (const auto& [key, value] : figures->items()) {
    if (!json.contains(key)) json[key] = value;
  }
  if (!json.contains("state")) json["state"] = "unknown";
  return json;
}

// "0.42" of a number, "-" of anything else.
std::string Number(const OrderedJson& part, const char* key, const char* format) {
  const auto it = part.find(key);
  if (it == part.end() || !it->is_number()) return "-";
  return Format(format, it->get<double>());  // NOLINT: formats are literals of this file
}

std::string TextOf(const OrderedJson& part, const char* key) {
  const auto it = part.find(key);
  return it != part.end() && it->is_string() ? it->get<std::string>() : "-";
}

std::string Shares(const OrderedJson& part) {
  const auto it = part.find("offloading");
  if (it == part.end() || !it->is_object()) return "";
  std::vector<std::string> shares;
  for (const auto& [name, share] : it->items()) {
    if (share.is_number()) shares.push_back(Format("%s %.2f", name.c_str(), share.get<double>()));
  }
  return Join(shares, "  ");
}

std::string StateText(const OrderedJson& part, bool colour) {
  const std::string state = TextOf(part, "state");
  if (state == "ready" || state == "serving") return Paint(state, "32", colour);
  if (state == "down" || state == "silent") return Paint(state, "31", colour);
  return Paint(state, "33", colour);
}

}  // namespace

OrderedJson FleetObject(const Fleet& fleet, const std::string& state_dir) {
  const auto parts = LiveParts(state_dir);
  OrderedJson gateways = OrderedJson::array();
  OrderedJson nodes = OrderedJson::array();
  for (const FleetGateway& gateway : fleet.gateways) {
    if (const auto it = parts.find(gateway.name); it != parts.end()) {
      gateways.push_back(PartObject(it->second));
    }
  }
  for (const FleetNode& node : fleet.nodes) {
    if (const auto it = parts.find(node.name); it != parts.end()) {
      nodes.push_back(PartObject(it->second));
    }
  }
  return {{"gateways", gateways}, {"nodes", nodes}};
}

OrderedJson FleetStatus(const Fleet& fleet, const std::string& state_dir, double timeout_s) {
  const auto parts = LiveParts(state_dir);
  // One slow part must not delay the others.
  std::map<std::string, std::future<OrderedJson>> pending;
  for (const auto& [name, part] : parts) {
    pending.emplace(name, std::async(std::launch::async, [&part = part, timeout_s] {
                      return WithFigures(part, timeout_s);
                    }));
  }
  OrderedJson gateways = OrderedJson::array();
  OrderedJson nodes = OrderedJson::array();
  for (const FleetGateway& gateway : fleet.gateways) {
    const auto it = pending.find(gateway.name);
    gateways.push_back(it != pending.end()
                           ? it->second.get()
                           : OrderedJson{{"name", gateway.name}, {"state", "down"}});
  }
  for (const FleetNode& node : fleet.nodes) {
    const auto it = pending.find(node.name);
    nodes.push_back(
        it != pending.end()
            ? it->second.get()
            : OrderedJson{{"name", node.name}, {"stage", node.stage}, {"state", "down"}});
  }
  return {{"gateways", gateways}, {"nodes", nodes}};
}

std::string StatusTable(const OrderedJson& status, bool colour, bool wide) {
  Table table;
  table.AddColumn("PART", Table::Align::kLeft);
  table.AddColumn("STAGE");
  table.AddColumn("STATE", Table::Align::kLeft);
  table.AddColumn("TASKS/S");
  table.AddColumn("UTIL");
  table.AddColumn("QUEUE");
  table.AddColumn("THRESHOLD");
  table.AddColumn(wide ? "NEXT HOPS" : "ADDRESS", Table::Align::kLeft);
  const auto add = [&](const OrderedJson& part, const std::string& stage) {
    std::string last = Shares(part);
    if (!wide) {
      last = part.contains("address") ? TextOf(part, "address")
             : part.contains("http")
                 ? "http " + TextOf(part, "http") + "  grpc " + TextOf(part, "grpc")
                 : "";
    }
    table.AddRow({TextOf(part, "name"), stage, StateText(part, colour),
                  Number(part, "arrival_rate_tasks_per_s", "%.1f"),
                  Number(part, "utilisation", "%.2f"), Number(part, "queue_length", "%.0f"),
                  Number(part, "threshold", "%.3f"), last});
  };
  for (const OrderedJson& gateway : status["gateways"]) add(gateway, "-");
  table.AddRule();
  for (const OrderedJson& node : status["nodes"]) {
    add(node, node.contains("stage") ? std::to_string(node["stage"].get<int>()) : "-");
  }
  return table.Render(colour ? "1" : "");
}

}  // namespace offramp
