// JSON as the commands print it: indented, but a list of plain values stays on one line, so that
// series of numbers do not fill screens.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace offramp {

// Keeps the keys in the order in which they are documented.
using OrderedJson = nlohmann::ordered_json;

// Numbers in their shortest exact form; NaN and infinity as null. Ends with a newline.
std::string JsonText(const OrderedJson& json);

}  // namespace offramp
