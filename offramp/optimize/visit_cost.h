// What entering a stage costs a task, row by row (algorithm.md section 3): with the visit delays V
// and thresholds c of a receiver's message, row x costs
//     z_g(x) = V_g + ( confidence_g(x) >= c_g  ?  -a correct_g(x)  :  z_{g+1}(x) )
// delay minus a * accuracy, from stage g on. The offloader evaluates it on its own mix of rows.
#pragma once

#include <span>
#include <vector>

#include "offramp/core/agent_message.h"
#include "offramp/core/exit_profile.h"

namespace offramp {

// z by row into `cost_s`, resized to the profile's rows. REQUIRES: a well-formed message
// (receiver_message.h) that fits the profile.
void VisitCostRows(const AgentMessage& message, const ExitProfile& profile,
                   double accuracy_weight_s, std::vector<float>& cost_s);

// sum of weight * value, in double.
double WeightedSum(std::span<const float> weight, std::span<const float> value);

// sum of weight, in double.
double Total(std::span<const float> weight);

}  // namespace offramp
