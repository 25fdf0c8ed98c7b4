#include "offramp/optimize/visit_cost.h"

namespace offramp {

void VisitCostRows(const AgentMessage& message, const ExitProfile& profile,
                   double accuracy_weight_s, std::vector<float>& cost_s) {
  const int last = profile.stages();
  const auto a = static_cast<float>(accuracy_weight_s);
  const std::size_t rows = profile.rows();
  cost_s.resize(rows);
  float* const z = cost_s.data();

  const auto visit = [&](int stage) {
    return static_cast<float>(
        message.visit_delay_s[static_cast<std::size_t>(stage - message.stage)]);
  };
  const float v_last = visit(last);
  const std::span<const float> answer = profile.correct(last);
  for (std::size_t r = 0; r < rows; ++r) z[r] = v_last - a * answer[r];

  for (int stage = last - 1; stage >= message.stage; --stage) {
    const float v = visit(stage);
    if (!profile.has_exit(stage)) {
      for (std::size_t r = 0; r < rows; ++r) z[r] += v;
      continue;
    }
    const auto c =
        static_cast<float>(message.thresholds[static_cast<std::size_t>(stage - message.stage)]);
    const float* const confidence = profile.confidence(stage).data();
    const float* const correct = profile.correct(stage).data();
    for (std::size_t r = 0; r < rows; ++r) {
      // Both are computed, so that the choice needs no branch and four rows go at once.
      const float leave = -a * correct[r];
      const float go_on = z[r];
      z[r] = v + (confidence[r] < c ? go_on : leave);
    }
  }
}

double WeightedSum(std::span<const float> weight, std::span<const float> value) {
  // Four lanes: short dependency chains without reordering a single sum.
  double lane[4] = {0, 0, 0, 0};
  std::size_t r = 0;
  for (; r + 4 <= weight.size(); r += 4) {
    for (std::size_t q = 0; q < 4; ++q) {
      lane[q] += static_cast<double>(weight[r + q]) * static_cast<double>(value[r + q]);
    }
  }
  for (; r < weight.size(); ++r) {
    lane[0] += static_cast<double>(weight[r]) * static_cast<double>(value[r]);
  }
  return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

double Total(std::span<const float> weight) {
  double lane[4] = {0, 0, 0, 0};
  std::size_t r = 0;
  for (; r + 4 <= weight.size(); r += 4) {
    for (std::size_t q = 0; q < 4; ++q) lane[q] += static_cast<double>(weight[r + q]);
  }
  for (; r < weight.size(); ++r) lane[0] += static_cast<double>(weight[r]);
  return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

}  // namespace offramp
