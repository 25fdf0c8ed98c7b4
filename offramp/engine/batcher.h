// Dynamic batching: which of the waiting parcels run in the next call. Pure logic; the node owns
// queue, clock and thread.
//
// A parcel is the rows of one request that travel together. It is never split: one with more rows
// than max_batch_size runs alone. Order is kept: only the head of the queue is ever taken.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "offramp/core/tensor.h"

namespace offramp {

struct BatchLimits {
  std::int64_t max_batch_size = 1;  // rows in one call
  double max_queue_delay_s = 0;     // how long the oldest parcel waits for others to join
};

// A waiting parcel; `tensors` are not owned.
struct BatchCandidate {
  std::int64_t rows = 0;
  double arrived_s = 0;  // steady clock
  const std::vector<Tensor>* tensors = nullptr;
};

struct BatchChoice {
  std::size_t count = 0;  // run this many from the head now; 0: nothing yet
  double wake_s = std::numeric_limits<double>::infinity();  // when to ask again if nothing comes
};

// What to do at `now_s` with `waiting`, oldest first. The head runs with all that follow it without
// a gap while their row shapes are the same and their rows stay within max_batch_size; at once when
// it can grow no further, else when the oldest has waited max_queue_delay_s.
BatchChoice ChooseBatch(std::span<const BatchCandidate> waiting, const BatchLimits& limits,
                        double now_s);

// Whether the parcels can run in one call: same names, datatypes and row shapes, in order.
bool SameRowShapes(const std::vector<Tensor>& a, const std::vector<Tensor>& b);

// The tensors of all parcels, row by row in order; a single parcel's bytes are shared, not copied.
// REQUIRES: at least one parcel, SameRowShapes for all.
std::vector<Tensor> JoinInputs(const std::vector<const std::vector<Tensor>*>& parcels);

// A call's outputs taken apart again; bytes are shared. REQUIRES: every output has as many rows as
// `rows` says in all.
std::vector<std::vector<Tensor>> SplitOutputs(const std::vector<Tensor>& outputs,
                                              const std::vector<std::int64_t>& rows);

}  // namespace offramp
