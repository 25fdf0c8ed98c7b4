// What a simulation holds: tasks under way and nodes with their queues. Plain data; the event loop
// (simulator.h) changes it, routers (router.h) read it.
#pragma once

#include <cstdint>
#include <vector>

namespace offramp {

inline constexpr std::uint32_t kNoTask = 0xFFFFFFFF;

// One task under way. 56 bytes, in a pool that is used again.
struct SimTask {
  enum class State : std::uint8_t { kFree, kUnderWay, kAtNode, kParked };

  double arrival_s = 0;      // at its device
  double sent_s = 0;         // to the node it is at, or on its way to
  double entered_s = 0;      // there
  float weight_s = 0;        // accuracy weight that it carries; 0: none
  std::uint32_t number = 0;  // in the order of arrival; the key of its draws
  std::uint32_t row = 0;     // of the exit profile
  std::uint32_t device = 0;
  std::uint32_t link = 0;        // by which it came, or is under way
  std::uint32_t next = kNoTask;  // in a queue
  std::uint32_t generation = 0;  // of its delivery; an older one is void
  State state = State::kFree;
  std::uint8_t stage = 0;  // of the part that has it, or had it before the link
  std::uint8_t resends = 0;
  bool counted = false;  // arrived after the warm-up
};

// First in, first out, through SimTask::next.
struct TaskList {
  std::uint32_t head = kNoTask;
  std::uint32_t tail = kNoTask;

  bool empty() const { return head == kNoTask; }
  void Append(std::vector<SimTask>& tasks, std::uint32_t task) {
    tasks[task].next = kNoTask;
    if (empty()) {
      head = task;
    } else {
      tasks[tail].next = task;
    }
    tail = task;
  }
  std::uint32_t TakeFirst(const std::vector<SimTask>& tasks) {
    const std::uint32_t first = head;
    head = tasks[first].next;
    return first;
  }
};

// A replica: one server, first come, first served. Devices have one too and leave it unused but for
// `parked`.
struct SimNode {
  double service_mean_s = 0;  // of one task at its present speed
  double started_s = 0;       // of the running task
  double work = 0;            // of the running task, in units of the mean; what is left of it
  double speed_since_s = 0;   // `work` is as of then
  TaskList queue;             // the first one is running
  TaskList parked;            // tasks here that nobody of the next stage can take
  std::uint32_t waiting = 0;  // behind the running one
  bool running = false;
  bool alive = true;
  bool known_dead = false;
  std::uint32_t generation = 0;  // of its completion event; also of its life
  std::uint64_t finished = 0;

  // Over counted tasks.
  std::uint32_t counted_here = 0;
  double counted_since_s = 0;
  double in_system_task_s = 0;  // integral of counted_here
  double sojourn_task_s = 0;    // sum over tasks of departure less arrival here
  double busy_s = 0;
  std::int64_t arrivals = 0;

  void CountChange(double now_s, int by) {
    in_system_task_s += counted_here * (now_s - counted_since_s);
    counted_since_s = now_s;
    counted_here += static_cast<std::uint32_t>(by);
  }
};

}  // namespace offramp
