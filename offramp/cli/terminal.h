// What a terminal can show: colours where they are wanted, and a line that is written over.
#pragma once

#include <string>
#include <string_view>

namespace offramp {

// Whether the stream (1 standard output, 2 standard error) is a terminal.
bool IsTerminal(int descriptor);

// A terminal, NO_COLOR unset (https://no-color.org) and TERM other than "dumb".
bool WantsColour(int descriptor);

// Columns of the terminal; 80 when there is none.
int TerminalColumns(int descriptor);

// Wraps `text` in an ANSI attribute when `colour`; for instance "1" bold, "2" dim, "31" red.
std::string Paint(std::string_view text, std::string_view attribute, bool colour);

// "3 s", "2 min 05 s".
std::string ShortDuration(double seconds);

// One line on standard error that is rewritten in place; where standard error is no terminal, or
// `quiet`, nothing is written. Not thread-safe.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet = false);
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(const std::string& text);

  // Removes the line, so that other text can be written.
  void Clear();

 private:
  bool enabled_;
  bool shown_ = false;
};

}  // namespace offramp
