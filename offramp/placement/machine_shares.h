// How a machine's speed is shared out to the replicas that it runs (decision 19): every replica a
// fixed share, chosen so that together they hold the fewest tasks.
//
// With rho_i = arrivals times work over the whole machine's speed, a share w_i makes the
// utilisation x_i = rho_i / w_i. sum_i D(x_i) under sum_i w_i = 1 is least where
// D'(x_i) x_i^2 / rho_i is the same for all; for exponential service that is the square-root rule
// w_i = rho_i + (1 - rho) sqrt(rho_i) / sum_j sqrt(rho_j)  (Kleinrock's capacity assignment).
#pragma once

#include <vector>

namespace offramp {

// The square-root rule; above utilisation 1 shares proportional to the work. Sums to 1.
// REQUIRES: rho >= 0; those that are 0 get 0 unless all are.
std::vector<double> SquareRootShares(const std::vector<double>& rho);

// The best shares for congestion k (queue_model.h), by bisection. Never worse than the rule's.
std::vector<double> BestShares(const std::vector<double>& rho, double congestion);

// sum D(rho_i / w_i): mean number of tasks on the machine.
double TasksOnMachine(const std::vector<double>& rho, const std::vector<double>& share,
                      double congestion);

}  // namespace offramp
