#include "offramp/files/fleet.h"

#include <algorithm>

#include "offramp/base/text.h"
#include "offramp/model/bundle.h"

namespace offramp {

int Fleet::stage_count() const {
  int last = 0;
  for (const FleetNode& node : nodes) last = std::max(last, node.stage);
  return last;
}

const FleetNode* Fleet::FindNode(const std::string& name) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&name](const FleetNode& node) { return node.name == name; });
  return found == nodes.end() ? nullptr : &*found;
}

const FleetGateway* Fleet::FindGateway(const std::string& name) const {
  const auto found = std::find_if(gateways.begin(), gateways.end(),
                                  [&name](const auto& gateway) { return gateway.name == name; });
  return found == gateways.end() ? nullptr : &*found;
}

std::vector<FleetLink> Fleet::LinksFrom(const std::string& name) const {
  const FleetNode* sender = FindNode(name);
  if (sender == nullptr && FindGateway(name) == nullptr) return {};
  const int next_stage = sender == nullptr ? 1 : sender->stage + 1;
  std::vector<FleetLink> outgoing;
  for (const FleetNode& node : nodes) {
    if (node.stage != next_stage) continue;
    if (!links_given) {
      outgoing.push_back({.from = name, .to = node.name});
      continue;
    }
    const auto link = std::find_if(links.begin(), links.end(), [&](const FleetLink& candidate) {
      return candidate.from == name && candidate.to == node.name;
    });
    if (link != links.end()) outgoing.push_back(*link);
  }
  return outgoing;
}

std::vector<std::string> Fleet::OffloadersOf(const std::string& name) const {
  const FleetNode* receiver = FindNode(name);
  if (receiver == nullptr) return {};
  const auto may_send = [&](const std::string& from) {
    return !links_given || std::any_of(links.begin(), links.end(), [&](const FleetLink& link) {
      return link.from == from && link.to == name;
    });
  };
  std::vector<std::string> offloaders;
  if (receiver->stage == 1) {
    for (const FleetGateway& gateway : gateways) {
      if (may_send(gateway.name)) offloaders.push_back(gateway.name);
    }
  }
  for (const FleetNode& node : nodes) {
    if (node.stage == receiver->stage - 1 && may_send(node.name)) offloaders.push_back(node.name);
  }
  return offloaders;
}

Status CheckFleetFits(const Fleet& fleet, const Bundle& bundle) {
  if (fleet.stage_count() == bundle.stage_count()) return OkStatus();
  return InvalidArgumentError(
      fleet.path +
      Format(": nodes: serve stages 1 to %d, expected 1 to %d: those of the bundle \"%s\"",
             fleet.stage_count(), bundle.stage_count(), bundle.name.c_str()));
}

}  // namespace offramp
