#include "offramp/cli/json_text.h"

#include <algorithm>

namespace offramp {
namespace {

void Append(const OrderedJson& json, int depth, std::string& text) {
  const std::string indent(static_cast<std::size_t>(2 * depth + 2), ' ');
  const bool nested = std::any_of(json.begin(), json.end(), [](const OrderedJson& value) {
    return value.is_structured() && !value.empty();
  });
  if (!json.is_structured() || json.empty() || (json.is_array() && !nested)) {
    text += json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
    return;
  }
  text += json.is_array() ? "[" : "{";
  bool first = true;
  for (const auto& [key, value] : json.items()) {
    text += first ? "\n" : ",\n";
    first = false;
    text += indent;
    if (json.is_object()) text += OrderedJson(key).dump() + ": ";
    Append(value, depth + 1, text);
  }
  text += "\n" + indent.substr(2) + (json.is_array() ? "]" : "}");
}

}  // namespace

std::string JsonText(const OrderedJson& json) {
  std::string text;
  Append(json, 0, text);
  return text + "\n";
}

}  // namespace offramp
