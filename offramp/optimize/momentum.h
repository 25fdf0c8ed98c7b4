// Momentum on an offloader's shares (algorithm.md section 4): with x the new shares of each step,
// what is executed is
//     y = x + beta (x - x_previous),  beta = min(1, 1.02 n / (n + 1))
// n steps after the last disturbance, clipped at 0 and normalised. That is Nesterov's scheme with a
// third of his friction, n / (n + 3), at first and none at all after fifty steps, and without
// restarts: the swing of receivers' prices, which all their offloaders feel, would trip a restart
// every few steps and with it stop the long straight ways between senders that swap receivers,
// where nothing curves. Receivers' prices and the bounds at 0 do the damping. Planned use only:
// measured flows are too noisy to extrapolate.
#pragma once

#include <utility>
#include <vector>

namespace offramp {

class Momentum {
 public:
  // x_previous; shares that sum to 1.
  explicit Momentum(std::vector<double> shares) : previous_(std::move(shares)) {}

  // A disturbance: the next step carries no momentum.
  void Restart() { steps_ = 0; }

  // Shares to execute for new shares `x`. Same size.
  std::vector<double> Step(std::vector<double> x);

 private:
  std::vector<double> previous_;
  int steps_ = 0;  // n
};

}  // namespace offramp
