// The scenarios that the optimiser is measured on, the best plan known for each, and how figures
// are printed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "offramp/core/problem.h"
#include "offramp/core/strategy.h"
#include "offramp/optimize/dto_ee.h"

namespace offramp::bench {

struct Case {
  std::string name;
  Problem problem;
  double best_s = 0;  // least U known
  Strategy best;
};

// Seeds first..first + count - 1 of ScenarioSuite. The best known is the best of long fleets and
// the centralised reference from their ends and from starts of its own.
// `known`: a file of best plans found before, read if it exists and written otherwise; "": none.
std::vector<Case> MakeSuite(int count, std::uint64_t first_seed, std::size_t rows,
                            const std::string& known);

// Lowers what is known by what a run has met.
void Note(Case& c, double objective_s);

// Excess of U over the best known in % of the delay.
double Excess(const Evaluation& evaluation, double best_s);

double Median(std::vector<double> values);
double Worst(const std::vector<double>& values);

// Runs work(i) for i in 0..count - 1 on two threads.
void Parallel(int count, const std::function<void(int)>& work);

// One line of the table: what, the figure, the goal ("" where there is none).
void Print(const std::string& what, const std::string& figure, const std::string& goal);
std::string Number(double value, const char* format = "%.3g");

}  // namespace offramp::bench
