// A fleet file of any bytes: a Fleet whose parts hang together, or one line that says why not.
#include "offramp/files/fleet.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "offramp/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using offramp::Fleet;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const offramp::Result<Fleet> fleet = offramp::ParseFleet(text, "fleet.yaml");
  if (!fleet.ok()) {
    OFFRAMP_CHECK(fleet.status().code() == offramp::StatusCode::kInvalidArgument, "its own fault");
    OFFRAMP_CHECK(fleet.status().message().find('\n') == std::string::npos, "one line");
    return 0;
  }
  for (const offramp::FleetNode& node : fleet->nodes) {
    OFFRAMP_CHECK(!fleet->OffloadersOf(node.name).empty(), "somebody sends to every node");
    const bool last = node.stage == fleet->stage_count();
    OFFRAMP_CHECK(last == fleet->LinksFrom(node.name).empty(), "only the last stage is an end");
  }
  for (const offramp::FleetGateway& gateway : fleet->gateways) {
    OFFRAMP_CHECK(!fleet->LinksFrom(gateway.name).empty(), "every gateway has a receiver");
  }
  return 0;
}
