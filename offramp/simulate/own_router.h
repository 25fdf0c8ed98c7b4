// OwnRouter: puts an OwnPolicy under the event loop, and keeps what it is shown.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "offramp/core/scenario.h"
#include "offramp/simulate/draws.h"
#include "offramp/simulate/network.h"
#include "offramp/simulate/own_policy.h"
#include "offramp/simulate/router.h"

namespace offramp {

class OwnRouter final : public Router {
 public:
  // Scenario and network outlive it.
  OwnRouter(const Scenario& scenario, const Network& network, std::shared_ptr<OwnPolicy> policy,
            Draws draws);

  void Start(RouterClock& clock) override { clock_ = &clock; }
  int Choose(int part, const SimTask& task, std::uint32_t index, double now_s) override;
  double Threshold(int part, const SimTask& task, double now_s) override;
  void OnSent(int link, double now_s) override;
  void OnStageDone(int link, double sent_s, double entered_s, double now_s) override;
  void OnFailed(int link, double sent_s, double now_s) override;
  void SetAvailable(int part, bool available, double now_s) override;

 private:
  TaskView View(int part, const SimTask& task, double now_s) const;

  const Network& network_;
  const std::shared_ptr<OwnPolicy> policy_;
  const Draws draws_;
  std::vector<ReceiverView> receivers_;  // by link: those of one sender lie together
  RouterClock* clock_ = nullptr;
};

}  // namespace offramp
