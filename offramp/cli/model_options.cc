#include "offramp/cli/model_options.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>

#include "offramp/base/text.h"

namespace offramp {

namespace {

constexpr double kMostBytes = 1e18;
constexpr std::int64_t kMostExtent = std::int64_t{1} << 31;

}  // namespace

void AddShapeOption(CLI::App* command, std::vector<std::string>* shapes) {
  command
      ->add_option("--shape", *shapes,
                   "Shape of an input of one task where the file leaves extents open")
      ->type_name("NAME=1x3x224x224")
      ->allow_extra_args(false);
}

Result<InputShapes> ParseShapes(const std::vector<std::string>& texts) {
  InputShapes shapes;
  for (const std::string& text : texts) {
    const std::size_t equals = text.rfind('=');
    const auto wrong = [&text] {
      return InvalidArgumentError("--shape " + text + ": expected NAME=1x3x224x224");
    };
    if (equals == std::string::npos || equals == 0) return wrong();
    std::vector<std::int64_t> shape;
    for (const std::string& word : Split(text.substr(equals + 1), 'x')) {
      std::int64_t extent = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), extent);
      if (error != std::errc() || end != word.data() + word.size() || extent < 1 ||
          extent > kMostExtent) {
        return wrong();
      }
      shape.push_back(extent);
    }
    if (!shapes.emplace(text.substr(0, equals), shape).second) {
      return InvalidArgumentError("--shape " + text + ": that input has a shape already");
    }
  }
  return shapes;
}

Result<std::int64_t> ParseBytes(const std::string& text) {
  static const std::map<std::string, double> kUnits = {
      {"", 1},     {"b", 1},     {"k", 1e3},         {"kb", 1e3}, {"kib", 1024},
      {"m", 1e6},  {"mb", 1e6},  {"mib", 1048576},   {"g", 1e9},  {"gb", 1e9},
      {"t", 1e12}, {"tb", 1e12}, {"gib", 1073741824}};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit(end, text.data() + text.size());
  for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto it = kUnits.find(unit);
  if (error != std::errc() || it == kUnits.end() || !(value > 0) ||
      value * it->second > kMostBytes) {
    return InvalidArgumentError("\"" + text + "\" is no amount of memory, expected one like 500MB");
  }
  return static_cast<std::int64_t>(value * it->second);
}

std::string BytesText(double bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 999.5 && unit < 4) {
    bytes /= 1000;
    ++unit;
  }
  return Format(unit == 0 ? "%.0f %s" : "%.3g %s", bytes, kUnits[unit]);
}

}  // namespace offramp
