// OFFRAMP_CHECK: for broken invariants of our own. Prints place and text, then aborts.
// Never for input, files, peers or the environment: those get a Status.
#pragma once

#include <string_view>

namespace offramp::internal {
[[noreturn]] void CheckFailed(const char* file, int line, std::string_view condition,
                              std::string_view text);
}  // namespace offramp::internal

#define OFFRAMP_CHECK(condition, text)                                          \
  do {                                                                          \
    if (!(condition)) {                                                         \
      ::offramp::internal::CheckFailed(__FILE__, __LINE__, #condition, (text)); \
    }                                                                           \
  } while (false)
