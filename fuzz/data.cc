// A data file of any bytes, as the format that its first byte chooses: rows that fit the input, or
// one line that says why not.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "offramp/base/check.h"
#include "offramp/data/open_data.h"

namespace {

constexpr const char* kFormats[] = {"npz", "npy", "idx", "csv"};

offramp::Bundle Classifier() {
  offramp::Bundle bundle;
  bundle.name = "fuzzed";
  bundle.inputs = {{.name = "x", .datatype = offramp::DataType::kFp32, .shape = {-1, 2}}};
  bundle.outputs = {{.name = "y", .datatype = offramp::DataType::kFp32, .shape = {-1, 3}}};
  bundle.labels = {"a", "b", "c"};
  return bundle;
}

void CheckRefusal(const offramp::Status& status) {
  OFFRAMP_CHECK(status.code() == offramp::StatusCode::kInvalidArgument, status.ToString());
  OFFRAMP_CHECK(status.message().find('\n') == std::string::npos, "one line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const offramp::Bundle bundle = Classifier();
  if (size < 2) return 0;
  const int file = ::memfd_create("fuzzed", MFD_CLOEXEC);
  OFFRAMP_CHECK(file >= 0, "a file in memory");
  OFFRAMP_CHECK(::write(file, data + 1, size - 1) == static_cast<ssize_t>(size - 1), "written");
  offramp::DataOptions options;
  options.paths = {"/proc/self/fd/" + std::to_string(file)};
  options.format = kFormats[data[0] % std::size(kFormats)];
  const auto opened = offramp::OpenDataSet(options, bundle);
  if (!opened.ok()) {
    CheckRefusal(opened.status());
  } else {
    OFFRAMP_CHECK((*opened)->rows() > 0, "rows");
    const std::int64_t count = std::min<std::int64_t>((*opened)->rows(), 64);
    const auto rows = (*opened)->Read((*opened)->rows() - count, count);
    if (!rows.ok()) {
      CheckRefusal(rows.status());
    } else {
      OFFRAMP_CHECK(rows->inputs.size() == 1 && rows->inputs[0].rows() == count, "all of them");
      OFFRAMP_CHECK(rows->inputs[0].data.size() == static_cast<size_t>(8 * count), "as wide");
      for (const std::int32_t label : rows->labels) OFFRAMP_CHECK(label >= 0 && label < 3, "known");
    }
  }
  ::close(file);
  return 0;
}
