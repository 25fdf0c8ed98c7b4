// What the system's TCP alone costs on the same way: no protocol, no library.
#pragma once

#include "offramp/base/status.h"

namespace offramp::bench {

struct Floor {
  int hops = 5;  // processes in a row behind this one; one round trip each
  int request_bytes = 3072;
  int reply_bytes = 1024;
  double seconds = 1;
};

// Starts `hops` processes in a chain over loopback, each of which hands a request on and its answer
// back, and asks through all of them, one at a time. Prints the figures as one JSON line. The
// processes end with this one. REQUIRES: no thread was started yet.
Status RunFloor(const Floor& floor);

}  // namespace offramp::bench
