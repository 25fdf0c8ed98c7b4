#include "offramp/cli/chart.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "offramp/base/text.h"

namespace offramp {
namespace {

constexpr int kDotsAcross = 2;  // of a braille character
constexpr int kDotsDown = 4;

// Bit of the dot at (x, y) in a braille character, by Unicode's numbering of the dots.
constexpr unsigned kDots[kDotsDown][kDotsAcross] = {
    {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

std::string Braille(unsigned dots) {
  const unsigned code = 0x2800 + dots;
  return {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3F)),
          static_cast<char>(0x80 | (code & 0x3F))};
}

class Canvas {
 public:
  Canvas(int columns, int rows)
      : columns_(columns),
        cells_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows), 0) {}

  void Set(int x, int y) {
    const auto cell = static_cast<std::size_t>(y / kDotsDown) * static_cast<std::size_t>(columns_) +
                      static_cast<std::size_t>(x / kDotsAcross);
    cells_[cell] |= kDots[y % kDotsDown][x % kDotsAcross];
  }

  std::string Row(int row) const {
    std::string text;
    for (int column = 0; column < columns_; ++column) {
      text += Braille(cells_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
                             static_cast<std::size_t>(column)]);
    }
    return text;
  }

 private:
  int columns_;
  std::vector<unsigned> cells_;
};

}  // namespace

std::string DrawChart(std::span<const double> values, const TextChart& chart) {
  const auto scale = [&](double value) { return chart.log ? std::log(value) : value; };
  double low = INFINITY;
  double high = -INFINITY;
  for (const double value : values) {
    if (!std::isfinite(scale(value))) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!(low <= high)) return "";
  const int width = chart.columns * kDotsAcross;
  const int height = chart.rows * kDotsDown;
  const double span = std::max(scale(high) - scale(low), 1e-12);
  const double last = std::max<double>(1, static_cast<double>(values.size()) - 1);
  Canvas canvas(chart.columns, chart.rows);
  int before = -1;
  for (int x = 0; x < width; ++x) {
    const double along = static_cast<double>(x) / (width - 1);
    const auto at = static_cast<std::size_t>(
        std::lround(chart.log_index ? std::pow(last + 1, along) - 1 : last * along));
    const double value = at < values.size() ? scale(values[at]) : NAN;
    if (!std::isfinite(value)) {
      before = -1;
      continue;
    }
    const int y = static_cast<int>(std::lround((scale(high) - value) / span * (height - 1)));
    // Steep parts are drawn as vertical strokes.
    const int from = before < 0 ? y : before;
    for (int dot = std::min(from, y); dot <= std::max(from, y); ++dot) canvas.Set(x, dot);
    before = y;
  }
  std::string text = chart.title + "\n";
  for (int row = 0; row < chart.rows; ++row) {
    const bool labelled = row == 0 || row == chart.rows - 1;
    text += labelled ? Format("%9.4g ┤", row == 0 ? high : low) : std::string(10, ' ') + "│";
    text += canvas.Row(row) + "\n";
  }
  return text + Format("%10s0%*zu\n", "", chart.columns - 1, values.size() - 1);
}

}  // namespace offramp
