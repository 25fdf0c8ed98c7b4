// Frames: what two neighbours say to each other on one ordered connection. Values only; proto/
// offramp/v1/node.proto is their form on the wire (wire/frame_codec.h).
//
// A parcel is a set of rows (tasks) of one client request that take the same hop together. The
// sender names it by an id unique on its connection; rows are 0..n-1 within it.
//
//   sender -> receiver:  Hello, TaskFrame, CancelFrame
//   receiver -> sender:  Hello, AckFrame (stage done), AnswerFrame, RefuseFrame, Report,
//   AgentMessage
//
// Responsibility: a row belongs to the receiver from the TaskFrame on until its AnswerFrame or
// RefuseFrame. An AckFrame frees nothing: the sender keeps the row's input for a re-send.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "offramp/base/status.h"
#include "offramp/core/agent_message.h"
#include "offramp/core/report.h"
#include "offramp/core/tensor.h"

namespace offramp {

// First on every connection, both ways. A peer of another fleet, version or role is refused.
struct Hello {
  std::uint32_t protocol = 1;
  std::string fleet;              // fleet id: bundle name and digest; both must agree
  std::string name;               // node or gateway
  int stage = 0;                  // 0: gateway
  std::uint64_t incarnation = 0;  // differs after a restart
};

// The thresholds that one row has survived, by exit stage in order: what its mix is (section 8).
struct TaskRow {
  std::vector<float> survived;
};

struct TaskFrame {
  std::uint64_t id = 0;
  double deadline_s = 0;           // left when sent; shrinks hop by hop
  std::uint32_t retry_budget = 0;  // re-sends left for each row, over all hops
  bool early_exit = true;
  bool shadow = false;           // a copy of an exited row, run to compare (node/shadows.h)
  double accuracy_weight_s = 0;  // that of its gateway, where steered (optimize/fleet_weight.h)
  std::string request_id;        // the client's, logged on every hop
  std::string trace_parent;      // W3C; empty: none
  std::vector<TaskRow> rows;
  std::vector<Tensor> tensors;  // each with rows.size() rows
};

// The stage of all rows of parcel `id` is done. Not sent when one AnswerFrame answers them all.
struct AckFrame {
  std::uint64_t id = 0;
  float at_receiver_s = 0;  // from its arrival there to this frame; the rest is the wire's
  Report report;
};

// Where a task was and for how long: the reply's path and time split.
struct Hop {
  std::string node;
  float queue_s = 0;    // waited for the engine
  float compute_s = 0;  // in the engine
};

// Final answers for some rows of parcel `id`.
struct AnswerFrame {
  std::uint64_t id = 0;
  std::vector<std::uint32_t> rows;  // within the parcel
  int exit_stage = 0;               // same for all rows of the frame
  std::vector<float> confidence;    // by row; calibrated
  std::vector<Hop> path;            // from the receiver on; a forwarder puts itself in front
  std::uint32_t retries = 0;        // re-sends spent downstream
  std::vector<Tensor> tensors;      // logits and plain outputs, rows.size() rows
  // Of the very node that answers, in place of an AckFrame when it answers the whole parcel.
  std::optional<Report> report;
};

// The receiver gives rows back unanswered. kUnavailable, kResourceExhausted and kInternal:
// send them to somebody else; any other code is the answer to the client.
struct RefuseFrame {
  std::uint64_t id = 0;
  std::vector<std::uint32_t> rows;
  Status status;
  std::uint32_t retries = 0;  // re-sends spent downstream: the sender's budget shrinks too
};

// The client gave up or the deadline passed: drop the parcel, here and further on.
struct CancelFrame {
  std::uint64_t id = 0;
};

using Frame = std::variant<Hello, TaskFrame, AckFrame, AnswerFrame, RefuseFrame, CancelFrame,
                           Report, AgentMessage>;

}  // namespace offramp
