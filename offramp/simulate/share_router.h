// ShareRouter: fixed shares and thresholds. Every task draws its next hop at random by share, its
// draw keyed by task and stage. A dead node's share is spread over the live ones in proportion;
// where all that have a share are dead, over all that live.
#pragma once

#include <cstdint>
#include <vector>

#include "offramp/simulate/draws.h"
#include "offramp/simulate/network.h"
#include "offramp/simulate/router.h"

namespace offramp {

class ShareRouter final : public Router {
 public:
  // `network` outlives it.
  ShareRouter(const Network& network, Network::Flat plan, Draws draws);

  int Choose(int part, const SimTask& task, std::uint32_t index, double now_s) override;
  double Threshold(int part, const SimTask& task, double now_s) override;
  void SetAvailable(int part, bool available, double now_s) override;

 private:
  void Accumulate(int part);

  const Network& network_;
  const Network::Flat plan_;
  const Draws draws_;
  std::vector<double> up_to_;    // by link: sum of its sender's shares up to and with it
  std::vector<bool> available_;  // by part
};

}  // namespace offramp
