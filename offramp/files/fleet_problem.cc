#include "offramp/files/fleet_problem.h"

#include <algorithm>
#include <utility>

#include "offramp/base/units.h"
#include "offramp/core/queue_model.h"

namespace offramp {

namespace {

// GFLOP/s of `node`, or 0 where nothing is known.
double SpeedOf(const FleetNode& node, const MeasuredSpeeds& measured) {
  if (node.gflops_per_s > 0) return node.gflops_per_s;
  const auto found = measured.find(node.name);
  return found == measured.end() ? 0 : found->second;
}

}  // namespace

std::int64_t InputBytes(const Bundle& bundle) {
  std::int64_t bytes = 0;
  for (const TensorSpec& input : bundle.inputs) {
    std::int64_t row = ElementBytes(input.datatype);
    for (std::size_t axis = 1; axis < input.shape.size(); ++axis) {
      row *= std::max<std::int64_t>(input.shape[axis], 1);
    }
    bytes += row;
  }
  return bytes;
}

Result<Problem> ProblemOf(const Fleet& fleet, const Bundle& bundle,
                          const MeasuredSpeeds& measured) {
  OFFRAMP_RETURN_IF_ERROR(CheckFleetFits(fleet, bundle));
  std::vector<ProblemNode> nodes;
  std::map<std::string, int> indices;
  for (const FleetGateway& gateway : fleet.gateways) {
    indices[gateway.name] = static_cast<int>(nodes.size());
    nodes.push_back({.name = gateway.name, .arrival_rate_per_s = gateway.tasks_per_s});
  }
  for (const FleetNode& node : fleet.nodes) {
    const double gflops_per_s = SpeedOf(node, measured);
    if (!(gflops_per_s > 0)) {
      return FailedPreconditionError(fleet.path + ": node \"" + node.name +
                                     "\" has no gflops_per_s, and none was measured");
    }
    indices[node.name] = static_cast<int>(nodes.size());
    nodes.push_back({.name = node.name,
                     .stage = node.stage,
                     .service_rate_per_s = gflops_per_s / bundle.stage(node.stage).gflops,
                     .congestion = CongestionOfScv(fleet.service_scv)});
  }
  std::vector<ProblemLink> links;
  for (const ProblemNode& sender : nodes) {
    const std::int64_t bytes =
        sender.stage == 0 ? InputBytes(bundle) : bundle.stage(sender.stage).output_bytes;
    for (const FleetLink& link : fleet.LinksFrom(sender.name)) {
      links.push_back({.from = indices[link.from],
                       .to = indices[link.to],
                       .transfer_s = TransferSeconds(bytes, link.mbit_per_s, link.latency_ms)});
    }
  }
  return Problem::Create(std::move(nodes), std::move(links), bundle.profile,
                         fleet.objective.accuracy_weight_s);
}

}  // namespace offramp
