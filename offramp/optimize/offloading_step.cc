#include "offramp/optimize/offloading_step.h"

#include <algorithm>
#include <cmath>

namespace offramp {
namespace {

double TotalFlow(std::span<const LinkModel> links, double price_s) {
  double total = 0;
  for (const LinkModel& link : links) total += link.flow + FlowChange(link, price_s);
  return total;
}

// A price with TotalFlow on the wanted side of `outflow`, searched outwards from `price_s`. Where
// the flow cannot reach it (all headroom used up) the last price is as good as any.
double Bracket(std::span<const LinkModel> links, double outflow, double price_s, double direction) {
  constexpr int kDoublings = 40;
  double step = 1e-3 * direction;
  for (int i = 0; i < kDoublings; ++i) {
    const double surplus = TotalFlow(links, price_s) - outflow;
    if (direction > 0 ? surplus >= 0 : surplus <= 0) break;
    price_s += step;
    step *= 2;
  }
  return price_s;
}

}  // namespace

double FlowChange(const LinkModel& link, double price_s) {
  const double scale = link.curvature * link.headroom;
  // How far the price lies above the marginal cost at the edge of the overload.
  const double above = price_s - link.marginal_s + link.curvature * link.excess;
  double growth = 0;
  if (link.excess > 0 && above >= 0) {
    growth = (price_s - link.marginal_s) / link.curvature;
  } else {
    // The model's pole on the other side is at -scale / 2: no price below it can be met.
    const double ratio = std::max(above / scale, -0.4999999);
    growth = -link.excess + link.headroom * (1 - 1 / std::sqrt(1 + 2 * ratio));
  }
  return std::max(link.weight * growth, -link.flow);
}

std::vector<double> EqualizeMarginals(std::span<const LinkModel> links, double outflow_per_s) {
  double low = links[0].marginal_s;
  double high = low;
  for (const LinkModel& link : links) {
    low = std::min(low, link.marginal_s);
    high = std::max(high, link.marginal_s);
  }
  low = Bracket(links, outflow_per_s, low, -1);
  high = Bracket(links, outflow_per_s, high, +1);
  constexpr int kHalvings = 50;
  for (int i = 0; i < kHalvings; ++i) {
    const double price = 0.5 * (low + high);
    (TotalFlow(links, price) > outflow_per_s ? high : low) = price;
  }
  std::vector<double> shares;
  double total = 0;
  for (const LinkModel& link : links) {
    shares.push_back(link.flow + FlowChange(link, high));
    total += shares.back();
  }
  if (!(total > 0) || !std::isfinite(total)) {
    shares.assign(links.size(), 1.0);
    total = static_cast<double>(links.size());
  }
  for (double& share : shares) share /= total;
  return shares;
}

}  // namespace offramp
