#include "offramp/cli/terminal.h"

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

#include "offramp/base/text.h"
#include "offramp/cli/table.h"

namespace offramp {

bool IsTerminal(int descriptor) { return ::isatty(descriptor) == 1; }

bool WantsColour(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  return IsTerminal(descriptor) && term != nullptr && std::string_view(term) != "dumb";
}

int TerminalColumns(int descriptor) {
  struct winsize size {};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string Paint(std::string_view text, std::string_view attribute, bool colour) {
  if (!colour) return std::string(text);
  return "\x1b[" + std::string(attribute) + "m" + std::string(text) + "\x1b[0m";
}

std::string ShortDuration(double seconds) {
  const long whole = std::lround(seconds < 0 ? 0 : seconds);
  if (whole < 60) return Format("%ld s", whole);
  return Format("%ld min %02ld s", whole / 60, whole % 60);
}

ProgressLine::ProgressLine(bool quiet) : enabled_(!quiet && IsTerminal(STDERR_FILENO)) {}

void ProgressLine::Show(const std::string& text) {
  if (!enabled_) return;
  std::string line = text;
  const auto columns = static_cast<std::size_t>(TerminalColumns(STDERR_FILENO));
  // A line that wraps cannot be written over.
  if (DisplayWidth(line) >= columns) line = CutToWidth(line, columns - 1);
  std::cerr << "\r\x1b[2K" << line << std::flush;
  shown_ = true;
}

void ProgressLine::Clear() {
  if (!enabled_ || !shown_) return;
  std::cerr << "\r\x1b[2K" << std::flush;
  shown_ = false;
}

}  // namespace offramp
