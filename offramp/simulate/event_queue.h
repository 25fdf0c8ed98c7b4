// EventQueue: what happens next in a simulation, ordered by (time, sequence number). Events of one
// time happen in the order in which they were made, so a run does not depend on the heap's inner
// order or on addresses.
//
// A 4-ary implicit heap (fewer cache lines a pop than a binary one; LaMarca and Ladner, 1996).
// Push and Pop are O(log n) and allocate nothing once the heap has reached its largest size. There
// is no removal: an event that has become void is told by its generation when it comes. A value;
// not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace offramp {

enum class EventKind : std::uint32_t {
  kArrive,   // index: device
  kDeliver,  // index: task
  kDone,     // index: part
  kReport,   // index: part
  kRound,    // index: part
  kChange,   // index: into Scenario::changes
  kDetect,   // index: part whose death is noticed
};

struct Event {
  double at_s;
  std::uint64_t sequence;
  EventKind kind : 4;
  std::uint32_t generation : 28;  // of what `index` names; void when it has moved on
  std::uint32_t index;
};

inline constexpr std::uint32_t kGenerationMask = (1U << 28) - 1;

class EventQueue {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  const Event& top() const { return heap_.front(); }  // REQUIRES: not empty
  void Reserve(std::size_t events) { heap_.reserve(events); }

  void Push(double at_s, EventKind kind, std::uint32_t index, std::uint32_t generation = 0) {
    const Event event{at_s, next_sequence_++, kind, generation & kGenerationMask, index};
    std::size_t hole = heap_.size();
    heap_.push_back(event);
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / kArity;
      if (!Before(event, heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = event;
  }

  // REQUIRES: not empty.
  Event Pop() {
    const Event first = heap_.front();
    const Event last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) SiftDown(last);
    return first;
  }

 private:
  static constexpr std::size_t kArity = 4;

  static bool Before(const Event& a, const Event& b) {
    return a.at_s < b.at_s || (a.at_s == b.at_s && a.sequence < b.sequence);
  }

  void SiftDown(const Event& event) {
    const std::size_t size = heap_.size();
    std::size_t hole = 0;
    for (;;) {
      const std::size_t child = hole * kArity + 1;
      if (child >= size) break;
      const std::size_t end = child + kArity < size ? child + kArity : size;
      std::size_t least = child;
      for (std::size_t c = child + 1; c < end; ++c) {
        if (Before(heap_[c], heap_[least])) least = c;
      }
      if (!Before(heap_[least], event)) break;
      heap_[hole] = heap_[least];
      hole = least;
    }
    heap_[hole] = event;
  }

  std::vector<Event> heap_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace offramp
