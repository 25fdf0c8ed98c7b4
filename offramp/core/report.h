// What a receiver says of itself: with every acknowledgement ("stage done"), and every 20 ms while
// tasks arrive (every half second otherwise). The live dispatch lives on it (dispatch.md).
#pragma once

#include <cstdint>

namespace offramp {

inline constexpr double kActiveReport_s = 0.02;  // between two while tasks arrive or are held
inline constexpr double kIdleReport_s = 0.5;     // at rest

struct Report {
  double backlog_s = 0;              // time until all queued work is done, at the measured speed
  double service_s = 0;              // measured service time of one task
  double service_scv = 0;            // its squared coefficient of variation
  double arrival_rate_per_s = 0;     // tasks/s that reach the receiver, from everybody
  std::int64_t queued_tasks = 0;     // waiting or running
  std::uint64_t received_tasks = 0;  // tasks that reached it from THIS sender on this connection:
                                     // what was sent beyond it is still under way. Needs no clock
                                     // that two machines share.
  std::uint64_t finished_tasks = 0;  // ever, from everybody: progress for the watchdog
  bool accepting = true;             // false while it drains: send nothing new
  bool reaches_end = true;           // false while it knows no live way to the last stage
  bool progressing = true;           // false when its engine has not moved for too long
};

}  // namespace offramp
