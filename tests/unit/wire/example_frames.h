// One frame of each kind with every field set, and tensors of chosen sizes.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/wire/frame.h"

namespace offramp {

// `rows` x `columns` random FP32 numbers.
inline Tensor ExampleTensor(const std::string& name, std::int64_t rows, std::int64_t columns,
                            std::uint64_t seed = 1) {
  Random random(seed);
  MutableBuffer bytes(static_cast<std::size_t>(rows * columns) * sizeof(float));
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(float)) {
    const float value = static_cast<float>(random.Uniform());
    std::memcpy(bytes.data() + i, &value, sizeof value);
  }
  return {.name = name,
          .datatype = DataType::kFp32,
          .shape = {rows, columns},
          .data = std::move(bytes).Freeze()};
}

// Two thresholds survived by each row.
inline TaskFrame ExampleTask(std::int64_t rows = 2, std::int64_t columns = 10) {
  TaskFrame task{.id = 77,
                 .deadline_s = 1.25,
                 .retry_budget = 3,
                 .early_exit = false,
                 .shadow = true,
                 .accuracy_weight_s = 1.5,
                 .request_id = "client \xff id",
                 .trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
  task.rows.assign(static_cast<std::size_t>(rows), {.survived = {0.75f, 0.5f}});
  task.tensors = {ExampleTensor("block1_out", rows, columns, 2), ExampleTensor("skip", rows, 3, 3)};
  return task;
}

inline Report ExampleReport() {
  return {.backlog_s = 0.5,
          .service_s = 0.01,
          .service_scv = 0.2,
          .arrival_rate_per_s = 42.5,
          .queued_tasks = 7,
          .received_tasks = 1234567890123,
          .finished_tasks = 99,
          .accepting = false,
          .reaches_end = false,
          .progressing = true};
}

inline AnswerFrame ExampleAnswer() {
  return {.id = 78,
          .rows = {1, 0},
          .exit_stage = 3,
          .confidence = {0.9f, 0.25f},
          .path = {{.node = "s1-a", .queue_s = 0.001f, .compute_s = 0.25f}, {.node = "s2-b"}},
          .retries = 2,
          .tensors = {ExampleTensor("logits", 2, 10, 4)},
          .report = ExampleReport()};
}

inline AgentMessage ExampleAgentMessage() {
  return {.stage = 2,
          .visit_delay_s = {0.1, 0.2, 0.3},
          .thresholds = {0.8, 1.5},
          .curvature = 0.25,
          .headroom = 10,
          .excess = 0.5,
          .weight = 0.75,
          .flow = 3,
          .stamp = 12,
          .own_marginal_s = 0.125,
          .accuracy_weight_s = 2.5};
}

inline std::vector<Frame> ExampleFrames() {
  return {
      Hello{.protocol = 1, .fleet = "f", .name = "s1-a", .stage = 1, .incarnation = ~0ull},
      ExampleTask(),
      AckFrame{.id = 79, .at_receiver_s = 0.125f, .report = ExampleReport()},
      ExampleAnswer(),
      RefuseFrame{.id = 80, .rows = {0, 4}, .status = UnavailableError("draining"), .retries = 1},
      CancelFrame{.id = 81},
      ExampleReport(),
      ExampleAgentMessage()};
}

}  // namespace offramp
