// A line chart in text, for terminals.
#pragma once

#include <span>
#include <string>

namespace offramp {

struct TextChart {
  std::string title;
  int columns = 72;  // of the plot, without the axis
  int rows = 10;
  bool log = false;        // REQUIRES values above 0
  bool log_index = false;  // early values take more room
};

// One line of `values` over their indices, two by four dots a character (Unicode braille); values
// that are not finite are left out. Ends with a newline; empty where there is nothing to draw.
std::string DrawChart(std::span<const double> values, const TextChart& chart);

}  // namespace offramp
