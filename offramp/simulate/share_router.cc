#include "offramp/simulate/share_router.h"

#include <utility>

namespace offramp {

ShareRouter::ShareRouter(const Network& network, Network::Flat plan, Draws draws)
    : network_(network),
      plan_(std::move(plan)),
      draws_(draws),
      up_to_(plan_.share.size()),
      available_(static_cast<std::size_t>(network.parts()), true) {
  for (int part = 0; part < network.parts(); ++part) Accumulate(part);
}

int ShareRouter::Choose(int part, const SimTask& task, std::uint32_t /*index*/, double /*now_s*/) {
  const int begin = network_.first_out(part);
  const int last = network_.first_out(part + 1) - 1;
  const double total = up_to_[static_cast<std::size_t>(last)];
  if (!(total > 0)) return kNone;
  if (begin == last) return begin;
  const std::uint64_t key = (std::uint64_t{task.resends} << 8) | task.stage;
  const double draw = draws_.Uniform(DrawStream::kHop, task.number, key) * total;
  int link = begin;
  while (link < last && up_to_[static_cast<std::size_t>(link)] <= draw) ++link;
  return link;
}

double ShareRouter::Threshold(int part, const SimTask& /*task*/, double /*now_s*/) {
  return plan_.threshold[static_cast<std::size_t>(part)];
}

void ShareRouter::SetAvailable(int part, bool available, double /*now_s*/) {
  available_[static_cast<std::size_t>(part)] = available;
  for (const int link : network_.in_links(part)) {
    Accumulate(static_cast<int>(network_.link(link).from));
  }
}

void ShareRouter::Accumulate(int part) {
  const int begin = network_.first_out(part);
  const int end = network_.first_out(part + 1);
  for (const bool even : {false, true}) {
    double sum = 0;
    for (int link = begin; link < end; ++link) {
      const auto index = static_cast<std::size_t>(link);
      if (available_[network_.link(link).to]) sum += even ? 1 : plan_.share[index];
      up_to_[index] = sum;
    }
    if (sum > 0) return;
  }
}

}  // namespace offramp
