// Options that commands on ONNX models share.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "offramp/base/result.h"
#include "offramp/partition/sample_inputs.h"

namespace offramp {

// --shape NAME=1x3x224x224, as often as there are inputs with open extents.
void AddShapeOption(CLI::App* command, std::vector<std::string>* shapes);

// kInvalidArgument names the text.
Result<InputShapes> ParseShapes(const std::vector<std::string>& texts);

// "500MB", "1.5GiB", "64k": bytes. kInvalidArgument names the text.
Result<std::int64_t> ParseBytes(const std::string& text);

// "98 kB" and so on, three digits.
std::string BytesText(double bytes);

}  // namespace offramp
