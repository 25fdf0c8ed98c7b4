// What a sender measures of one next hop. Values only; the daemons export them.
#pragma once

#include <cstdint>

namespace offramp {

struct ReceiverMetrics {
  std::uint64_t sent_rows = 0;
  std::uint64_t answered_rows = 0;
  std::uint64_t refused_rows = 0;
  std::uint64_t lost_rows = 0;  // with a connection, or to silence
  std::uint64_t lost_connections = 0;
  double transfer_s = 0;        // exponentially weighted time on the wire, one task
  bool transfer_known = false;  // false: transfer_s is the link's emulated value

  // One measured transfer. Weighted so that a change is seen within some ten tasks.
  void OnTransfer(double seconds) {
    transfer_s = transfer_known ? transfer_s + 0.1 * (seconds - transfer_s) : seconds;
    transfer_known = true;
  }
};

}  // namespace offramp
