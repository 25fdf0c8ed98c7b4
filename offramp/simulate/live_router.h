// LiveRouter: the live policies (round-robin to dto-ee) as a fleet's daemons run them: one LivePart
// a device and a node, reports every 20 ms, agents' rounds every period, admission at the devices.
// Senders know what was sent, acknowledged and reported, and nothing else.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "offramp/core/evaluate.h"
#include "offramp/core/problem.h"
#include "offramp/core/scenario.h"
#include "offramp/simulate/draws.h"
#include "offramp/simulate/live_part.h"
#include "offramp/simulate/network.h"
#include "offramp/simulate/router.h"
#include "offramp/simulate/start_strategy.h"

namespace offramp {

class LiveRouter final : public Router {
 public:
  // Scenario and network outlive it; the problem is needed while it is made. `flat`: the start's
  // shares and thresholds.
  LiveRouter(const Scenario& scenario, const Network& network, const SimulateOptions& options,
             const Problem& problem, const StartStrategy& start, Network::Flat flat, Draws draws);

  void Start(RouterClock& clock) override;
  bool Admit(SimTask& task, double now_s) override;
  int Choose(int part, const SimTask& task, std::uint32_t index, double now_s) override;
  double Threshold(int part, const SimTask& task, double now_s) override;
  void OnSurvived(int part, std::uint32_t index, double threshold) override;
  void OnSent(int link, double now_s) override;
  void OnDelivered(const SimTask& task, std::uint32_t index, double now_s) override;
  void OnServed(int part, double waited_s, double service_s) override;
  void OnStageDone(int link, double sent_s, double entered_s, double now_s) override;
  void OnFailed(int link, double sent_s, double now_s) override;
  void OnAnswered(const SimTask& task, std::uint32_t index, int stage, double confidence,
                  double delay_s) override;
  void OnLost(const SimTask& task, std::uint32_t index) override;
  void SetAvailable(int part, bool available, double now_s) override;
  void OnLinkChanged(int link) override;
  void Round(int part, double now_s) override;
  void SendReports(int part, double now_s) override;
  bool objective_met() const override;
  double accuracy_weight_s(double objective_s) const override;

  const LivePart& part(int index) const { return parts_[static_cast<std::size_t>(index)]; }

 private:
  LivePart MakePart(int part, double start_s) const;
  LivePart& At(int part) { return parts_[static_cast<std::size_t>(part)]; }
  int SlotOf(int link) const {
    return link - network_.first_out(static_cast<int>(network_.link(link).from));
  }
  // The offloaders of `part` see it (again), as a new connection.
  void Connect(int link, double now_s);
  double FirstStart(int part) const;
  void Wake(int part, double start_s);
  void LetGo(std::uint32_t index, int stages);
  // Whether `part` knows a way to the last stage; what changes for others is passed on.
  void UpdateReach(int part);

  // live_start.cc: the rounds before the first event.
  void Prime(const Problem& problem);

  const Scenario& scenario_;
  const Network& network_;
  const Policy policy_;
  const bool admission_;
  const LiveRule rule_;
  const bool agents_;  // somebody asks for what they find
  const Network::Flat flat_;
  const Draws draws_;
  Objective objective_;  // with the weight to begin with
  // What agents know of exits: the rows as they are, for tasks are drawn from these very rows; of a
  // fleet what its daemons would make of them (Scenario::profile_is_sample; decision 15).
  const std::shared_ptr<const ExitProfile> known_;
  std::optional<AgentShare> share_;  // where there are agents
  std::vector<LivePart> parts_;
  std::vector<bool> alive_;    // by part, as its neighbours know
  std::vector<bool> reaches_;  // by part
  std::vector<bool> excluded_;
  std::vector<int> exits_before_;  // by stage: exits of earlier stages
  std::size_t exits_ = 0;
  std::vector<float> survived_;  // by place in the pool and exit
  std::size_t stages_;
  std::vector<std::uint32_t> passed_;  // parts, by place in the pool and stage
  std::vector<int> held_;              // by part: tasks there and behind, until they are answered
  RouterClock* clock_ = nullptr;
};

}  // namespace offramp
