// AdmissionControl: what a gateway refuses once no strategy is feasible (algorithm.md section 8).
//
// Thresholds fall first: they relieve every stage but those that all tasks must pass. That such a
// stage cannot keep up shows in the messages of ALL receivers that the gateway may use: each is
// beyond its capacity (AgentMessage::excess > 0). Rates are noisy, so this alone refuses nothing:
// it must last, and a queue must have built up at every receiver, longer than a stage that can just
// keep up is likely to have. Where the queue is not to be seen (further down), the excess must be
// beyond what counting so few tasks explains.
//
// From then on an allowed rate is steered so that the stage's measured utilisation settles near
// kTargetUtilization, lower while a queue is being worked off:
//     d ln(allowed) / dt = ln(target / utilisation) / 2 s
// multiplicative both ways, so that several gateways keep their proportions and fill up together
// what one of them gives up. What is offered below the allowed rate is never refused. Seconds,
// tasks/s. A pure value; not thread-safe.
#pragma once

namespace offramp {

struct AdmissionInput {
  double period_s = 0;            // since the last round
  bool overloaded = false;        // DtoEeAgent::overloaded()
  double excess_share = 0;        // DtoEeAgent::excess_share()
  double backlog_s = 0;           // LEAST Report::backlog_s among the available receivers
  double service_s = 0;           // of one task at the receivers, mean
  double service_scv = 0;         // the largest of theirs
  double noise = 0;               // standard deviation of excess_share, from counting
  double utilization = 0;         // sum of arrival rates / sum of 1 / service_s over them (Reports)
  double offered_rate_per_s = 0;  // tasks that clients ask for, refused ones included
};

struct AdmissionDecision {
  double admitted_fraction = 1;  // of the tasks offered, 0..1; refuse the rest at random
  double retry_after_s = 0;      // what to tell those refused; 0 while nothing is refused
};

class AdmissionControl {
 public:
  static constexpr double kTargetUtilization = 0.95;

  AdmissionDecision Round(const AdmissionInput& input);

  bool engaged() const { return engaged_; }

 private:
  bool ShouldEngage(const AdmissionInput& input);
  void Steer(const AdmissionInput& input);

  bool engaged_ = false;
  double overloaded_for_s_ = 0;
  double congested_for_s_ = 0;  // overloaded, with a queue at every receiver
  double calm_for_s_ = 0;       // engaged, but nothing to refuse
  double allowed_per_s_ = 0;
};

}  // namespace offramp
