#include "offramp/profiling/resident_memory.h"

#include <algorithm>
#include <fstream>
#include <malloc.h>
#include <string>

namespace offramp {

namespace {

// A line "VmRSS:  123 kB" of the process's status; -1: not there.
std::int64_t StatusBytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::int64_t kilobytes = 0;
  while (status >> word) {
    if (word == key && status >> kilobytes) return kilobytes * 1024;
    status.ignore(256, '\n');
  }
  return -1;
}

}  // namespace

ResidentMemory::ResidentMemory() {
  ::malloc_trim(0);
  // 5: the peak becomes what is resident now (proc(5)).
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;
  start_bytes_ = StatusBytes("VmRSS:");
  watches_ = clear.good() && start_bytes_ >= 0;
}

std::int64_t ResidentMemory::PeakBytes() const {
  const std::int64_t peak = watches_ ? StatusBytes("VmHWM:") : -1;
  return peak < 0 ? 0 : std::max<std::int64_t>(peak - start_bytes_, 0);
}

}  // namespace offramp
