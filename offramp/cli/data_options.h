// Options of commands that run a bundle over a user's data.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "offramp/base/result.h"
#include "offramp/data/open_data.h"

namespace offramp {

// As typed; DataOptionsOf reads them.
struct DataFlags {
  DataOptions data;
  std::string resize;  // 224x224
  std::string mean;    // 0.5 or 0.485,0.456,0.406
  std::string std;
  std::string layout = "auto";
  std::string colour = "auto";
};

// --data, --labels, --data-format, --label-column, --text-column, and for images --resize, --scale,
// --mean, --std, --layout, --colour.
void AddDataOptions(CLI::App* command, DataFlags* flags);

// kInvalidArgument names the option.
Result<DataOptions> DataOptionsOf(const DataFlags& flags);

}  // namespace offramp
