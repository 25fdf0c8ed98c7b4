#include "offramp/files/fleet_checks.h"

#include <map>
#include <set>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/files/address.h"

namespace offramp {

namespace {

// Stage of everything by name; 0 for gateways.
using StageByName = std::map<std::string, int>;

StageByName CheckNames(const Fleet& fleet, const YamlView& root) {
  StageByName stages;
  const std::vector<YamlView> gateways = root.Key("gateways").Items();
  for (std::size_t i = 0; i < gateways.size(); ++i) {
    const std::string& name = fleet.gateways[i].name;
    if (!stages.emplace(name, 0).second) {
      gateways[i].Key("name").Fail("the name " + Quoted(name) + " is taken, expected another");
    }
  }
  const std::vector<YamlView> nodes = root.Key("nodes").Items();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::string& name = fleet.nodes[i].name;
    if (!stages.emplace(name, fleet.nodes[i].stage).second) {
      nodes[i].Key("name").Fail("the name " + Quoted(name) + " is taken, expected another");
    }
  }
  return stages;
}

void CheckStagesHaveNodes(const Fleet& fleet, const YamlView& root) {
  std::set<int> served;
  for (const FleetNode& node : fleet.nodes) served.insert(node.stage);
  for (int stage = 1; stage < fleet.stage_count(); ++stage) {
    if (served.contains(stage)) continue;
    root.Key("nodes").Fail(Format("stage %d has no node, expected one for every stage from 1 to %d",
                                  stage, fleet.stage_count()));
    return;
  }
}

// The nearest known name as a suggestion.
std::string UnknownName(const std::string& name, const StageByName& stages) {
  std::vector<std::string> names;
  names.reserve(stages.size());
  for (const auto& [known, stage] : stages) names.push_back(known);
  const std::string near = Nearest(name, names);
  return "is " + Quoted(name) + ", expected the name of a gateway or node" +
         (near.empty() ? std::string() : "; did you mean \"" + near + "\"?");
}

std::string PlaceOf(int stage) {
  return stage == 0 ? "a gateway" : "a node of stage " + std::to_string(stage);
}

void CheckLinks(const Fleet& fleet, const YamlView& root, const StageByName& stages) {
  std::set<std::pair<std::string, std::string>> seen;
  const std::vector<YamlView> views = root.Key("links").Items();
  for (std::size_t i = 0; i < views.size(); ++i) {
    const FleetLink& link = fleet.links[i];
    const auto from = stages.find(link.from);
    const auto to = stages.find(link.to);
    if (from == stages.end()) {
      views[i].Key("from").Fail(UnknownName(link.from, stages));
    } else if (to == stages.end()) {
      views[i].Key("to").Fail(UnknownName(link.to, stages));
    } else if (to->second != from->second + 1) {
      views[i].Fail("goes from " + PlaceOf(from->second) + " to " + PlaceOf(to->second) +
                    ", expected one to the next stage");
    } else if (!seen.emplace(link.from, link.to).second) {
      views[i].Fail("goes from " + Quoted(link.from) + " to " + Quoted(link.to) +
                    " as an earlier one does, expected each once");
    }
  }
}

// Parts that the links leave out. Sets, because every pair would be too many in a large fleet.
void CheckReach(const Fleet& fleet, const YamlView& root) {
  std::set<std::string> sends;
  std::set<std::string> receives;
  for (const FleetLink& link : fleet.links) {
    sends.insert(link.from);
    receives.insert(link.to);
  }
  const YamlView links = root.Key("links");
  for (const FleetNode& node : fleet.nodes) {
    if (!receives.contains(node.name)) {
      links.Fail("nothing leads to node " + Quoted(node.name) +
                 ", expected a link from the stage before it");
    }
  }
  const auto check_sender = [&](const std::string& name, int stage) {
    if (stage < fleet.stage_count() && !sends.contains(name)) {
      links.Fail("nothing leads from " + Quoted(name) +
                 Format(", expected a link to a node of stage %d", stage + 1));
    }
  };
  for (const FleetGateway& gateway : fleet.gateways) check_sender(gateway.name, 0);
  for (const FleetNode& node : fleet.nodes) check_sender(node.name, node.stage);
}

// "gw0.http" and its address, for everything that listens.
std::vector<std::pair<std::string, std::string>> Addresses(const Fleet& fleet) {
  std::vector<std::pair<std::string, std::string>> addresses;
  for (const FleetGateway& gateway : fleet.gateways) {
    addresses.emplace_back(gateway.name + ".http", gateway.http);
    addresses.emplace_back(gateway.name + ".grpc", gateway.grpc);
    addresses.emplace_back(gateway.name + ".metrics", gateway.metrics);
  }
  for (const FleetNode& node : fleet.nodes) {
    addresses.emplace_back(node.name + ".listen", node.listen);
    addresses.emplace_back(node.name + ".metrics", node.metrics);
  }
  return addresses;
}

// Two parts of one machine cannot listen at the same place. Parts on different machines may give
// the same wildcard address, so only loopback ones are compared.
void CheckAddresses(const Fleet& fleet, const YamlView& root) {
  std::map<std::string, std::string> owners;
  for (const auto& [label, text] : Addresses(fleet)) {
    const std::optional<Address> address = ParseAddress(text);
    if (!address.has_value() || address->port == 0 || !IsLoopback(text)) continue;
    const auto [owner, fresh] = owners.emplace(text, label);
    if (!fresh) {
      root.Fail(label + ": is " + Quoted(text) + " like " + owner->second +
                ", expected an address of its own");
    }
  }
}

}  // namespace

void CheckFleetParts(const Fleet& fleet, const YamlView& root) {
  const StageByName stages = CheckNames(fleet, root);
  CheckStagesHaveNodes(fleet, root);
  CheckLinks(fleet, root, stages);
  if (fleet.links_given) CheckReach(fleet, root);
  CheckAddresses(fleet, root);
}

std::vector<std::string> AddressesBeyondLoopback(const Fleet& fleet) {
  std::vector<std::string> beyond;
  for (const auto& [label, text] : Addresses(fleet)) {
    if (!IsLoopback(text)) beyond.push_back(label + ": " + text);
  }
  return beyond;
}

}  // namespace offramp
