// The command tree of `offramp` and how a command reports its end.
//
// A command file adds its sub-command with options and sets the action that runs once the command
// line has been read. Actions return the exit code: 0 done, 1 failed, 2 wrong use or input.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "offramp/base/status.h"

namespace offramp {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitWrongUse = 2;

// The tree under construction. Must outlive the action: options are bound by reference.
struct CommandLine {
  CommandLine();

  CLI::App app;
  std::function<int()> action;  // of the chosen command; empty: none was chosen
};

// Reads the command line and runs the chosen action. Never throws.
int RunCommandLine(CommandLine& line, int argc, const char* const* argv);

// A new sub-command; `examples` are whole lines shown at the end of its help.
CLI::App* AddCommand(CommandLine& line, const std::string& name, const std::string& description,
                     const std::string& examples);

// Says the error on standard error and returns its exit code: 2 when the input is at fault.
int Fail(const Status& status);

}  // namespace offramp
