#include "offramp/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace offramp::internal {

void CheckFailed(const char* file, int line, std::string_view condition, std::string_view text) {
  std::fprintf(stderr, "%s:%d: check failed: %.*s: %.*s\n", file, line,
               static_cast<int>(condition.size()), condition.data(), static_cast<int>(text.size()),
               text.data());
  std::abort();
}

}  // namespace offramp::internal
