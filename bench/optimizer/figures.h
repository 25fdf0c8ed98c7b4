// The figures of the optimiser, one function each; `suite` may learn better plans on the way.
#pragma once

#include "bench/optimizer/suite.h"

namespace offramp::bench {

void Convergence(std::vector<Case>& suite, bool verbose);
void Faults(std::vector<Case>& suite, bool verbose);
void Events(std::vector<Case>& suite, bool verbose);
void Gaps(std::vector<Case>& suite, bool verbose);
void Predictions(std::vector<Case>& suite);
void Measured(std::vector<Case>& suite, bool verbose);
void Plans(std::vector<Case>& suite, bool verbose);
void PlanTimes();
void Scale(int nodes);

}  // namespace offramp::bench
