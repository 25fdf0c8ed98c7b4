#include "bench/scenarios/client/request.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

namespace offramp::bench {

std::size_t RequestSpec::row_bytes() const {
  std::size_t bytes = sizeof(float);
  for (const std::int64_t extent : row_shape) bytes *= static_cast<std::size_t>(extent);
  return bytes;
}

Result<Samples> Samples::Read(const std::string& path, const RequestSpec& spec) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFoundError(path + ": cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  Samples samples;
  samples.bytes_ = std::move(text).str();
  samples.row_bytes_ = spec.row_bytes();
  samples.request_bytes_ = samples.row_bytes_ * static_cast<std::size_t>(spec.rows);
  if (samples.bytes_.empty() || samples.bytes_.size() % samples.row_bytes_ != 0) {
    return InvalidArgumentError(path + ": expected whole rows of " +
                                std::to_string(samples.row_bytes_) + " bytes");
  }
  samples.count_ = static_cast<std::int64_t>(samples.bytes_.size() / samples.row_bytes_);
  const std::size_t once = samples.bytes_.size();
  while (samples.bytes_.size() < once + samples.request_bytes_) {
    samples.bytes_ += samples.bytes_.substr(0, once);
  }
  return samples;
}

std::string_view Samples::Rows(std::int64_t first) const {
  const std::size_t start = static_cast<std::size_t>(first % count_) * row_bytes_;
  return std::string_view(bytes_).substr(start, request_bytes_);
}

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kLate:
      return "late";
    case Outcome::kFailed:
      return "failed";
  }
  return "failed";
}

std::vector<std::int32_t> LargestOfRows(std::string_view raw, int rows) {
  const std::size_t count = raw.size() / sizeof(float);
  const std::size_t row = static_cast<std::size_t>(rows);
  if (count == 0 || raw.size() % sizeof(float) != 0 || count % row != 0) return {};
  std::vector<float> values(count);
  std::memcpy(values.data(), raw.data(), raw.size());
  const std::ptrdiff_t columns = static_cast<std::ptrdiff_t>(count / row);
  std::vector<std::int32_t> classes;
  for (auto at = values.begin(); at != values.end(); at += columns) {
    classes.push_back(static_cast<std::int32_t>(std::max_element(at, at + columns) - at));
  }
  return classes;
}

std::vector<std::int32_t> Integers(std::string_view raw, int rows) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(rows));
  if (raw.size() != values.size() * sizeof(std::int32_t)) return {};
  std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

}  // namespace offramp::bench
