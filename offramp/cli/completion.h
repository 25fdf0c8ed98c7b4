// Shell completion, generated from the command tree, so that it cannot fall behind it.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace offramp {

// Scripts for `source`, or for the shells' completion folders. Commands and options are completed
// by name, values from an option's own list where it has one, else as file names.
std::string BashCompletion(const CLI::App& app);
std::string ZshCompletion(const CLI::App& app);
std::string FishCompletion(const CLI::App& app);

}  // namespace offramp
