// An exit profile of any bytes: columns of equal length within their ranges, or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "offramp/base/check.h"
#include "offramp/files/profile_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto profile = offramp::ParseExitProfile(text, "exits.csv", {false, true, true, true});
  if (!profile.ok()) return 0;
  const std::size_t rows = (*profile)->rows();
  OFFRAMP_CHECK(rows > 0, "there are rows");
  for (const int stage : {2, 3}) {
    OFFRAMP_CHECK((*profile)->confidence(stage).size() == rows, "columns are of one length");
    OFFRAMP_CHECK((*profile)->correct(stage).size() == rows, "columns are of one length");
    for (const float value : (*profile)->confidence(stage)) {
      OFFRAMP_CHECK(value >= 0 && value <= 1, "a probability");
    }
  }
  return 0;
}
