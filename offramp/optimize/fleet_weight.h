// How the accuracy weight that gateways steer (objective_control.h) gets around: tasks carry that
// of their gateway, a replica uses the mean over the tasks it gets, and tells it upwards with its
// agent's messages. Values; not thread-safe. Seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace offramp {

// At a replica: the mean over the tasks of about the last second, so weighted by flow.
class TaskWeight {
 public:
  // `rows` tasks that carry `weight_s`; 0 or what is no weight: they carry none.
  void Observe(double weight_s, std::int64_t rows);

  // Ends a round. nullopt until a task has carried a weight.
  std::optional<double> Round(double period_s);

 private:
  double sum_s_ = 0;  // over the tasks of this round
  std::int64_t rows_ = 0;
  std::optional<double> mean_s_;
};

// At a gateway: what its receivers say.
class HeardWeights {
 public:
  explicit HeardWeights(int receivers) : weight_s_(static_cast<std::size_t>(receivers)) {}

  void Hear(int receiver, double weight_s);

  // Mean by this gateway's flows to the receivers that have spoken; 0 where none has.
  double Mean(const std::vector<double>& flow_per_s) const;

 private:
  std::vector<double> weight_s_;  // by receiver; 0: has said nothing
};

}  // namespace offramp
