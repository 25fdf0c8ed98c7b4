// Nesterov's momentum on an offloader's shares (algorithm.md section 4): with x the new shares of
// each step, what is executed is
//     y = x + beta (x - x_previous),  beta = (t - 1) / t',  t' = (1 + sqrt(1 + 4 t^2)) / 2
// clipped at 0 and normalised; t = 1 again when the momentum points uphill. Planned use only:
// measured flows are too noisy to extrapolate.
#pragma once

#include <vector>

namespace offramp {

class Momentum {
 public:
  // x_previous; shares that sum to 1.
  explicit Momentum(std::vector<double> shares) : previous_(std::move(shares)) {}

  // A disturbance: the next step carries no momentum.
  void Restart() { t_ = 1; }

  // Shares to execute for new shares `x`, reached from the shares `from` (at which the receivers'
  // messages were made). Same sizes.
  std::vector<double> Step(const std::vector<double>& from, std::vector<double> x);

 private:
  std::vector<double> previous_;
  double t_ = 1;
};

}  // namespace offramp
