// Momentum on an offloader's shares (algorithm.md section 4): with x the new shares of each step,
// what is executed is
//     y = x + beta (x - x_previous),  beta = n / (n + 1)
// after n steps without a restart, clipped at 0 and normalised; n = 0 again when the momentum
// points uphill. That is Nesterov's scheme with a third of his friction, n / (n + 3): restarts take
// the part of damping, and the long straight ways between senders that swap receivers, where
// nothing curves, are gone in fewer rounds. Planned use only: measured flows are too noisy to
// extrapolate.
#pragma once

#include <vector>

namespace offramp {

class Momentum {
 public:
  // x_previous; shares that sum to 1.
  explicit Momentum(std::vector<double> shares) : previous_(std::move(shares)) {}

  // A disturbance: the next step carries no momentum.
  void Restart() { steps_ = 0; }

  // Shares to execute for new shares `x`, reached from the shares `from` (at which the receivers'
  // messages were made). Same sizes.
  std::vector<double> Step(const std::vector<double>& from, std::vector<double> x);

 private:
  std::vector<double> previous_;
  int steps_ = 0;  // n
};

}  // namespace offramp
