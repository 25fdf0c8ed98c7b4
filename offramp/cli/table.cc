#include "offramp/cli/table.h"

#include <algorithm>

#include "offramp/base/check.h"
#include "offramp/cli/terminal.h"

namespace offramp {
namespace {

// Length in bytes of the ANSI attribute that starts at `at`, 0 when none does.
std::size_t AttributeBytes(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\x1b[") return 0;
  const std::size_t end = text.find('m', at);
  return end == std::string_view::npos ? text.size() - at : end - at + 1;
}

bool StartsCodePoint(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

void StripTrailingBlanks(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t skip = AttributeBytes(text, i); skip > 0) {
      i += skip;
    } else {
      width += StartsCodePoint(text[i]) ? 1 : 0;
      ++i;
    }
  }
  return width;
}

std::string CutToWidth(std::string_view text, std::size_t columns) {
  std::size_t width = 0;
  std::size_t i = 0;
  bool attribute = false;
  while (i < text.size()) {
    if (const std::size_t skip = AttributeBytes(text, i); skip > 0) {
      attribute = true;
      i += skip;
      continue;
    }
    if (StartsCodePoint(text[i]) && ++width > columns) break;
    ++i;
  }
  std::string cut(text.substr(0, i));
  if (attribute && i < text.size()) cut += "\x1b[0m";
  return cut;
}

void Table::AddColumn(std::string header, Align align) {
  columns_.push_back({std::move(header), align});
}

void Table::AddRow(std::vector<std::string> cells) {
  OFFRAMP_CHECK(cells.size() <= columns_.size(), "a cell without a column");
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

void Table::AddRule() { rows_.emplace_back(); }

std::string Table::Render(std::string_view header_attribute) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(DisplayWidth(column.header));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  }
  std::size_t total = widths.empty() ? 0 : 2 * (widths.size() - 1);
  for (const std::size_t width : widths) total += width;

  std::string out;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_of(i);
      const std::string pad(widths[i] - DisplayWidth(cell), ' ');
      if (i > 0) line += "  ";
      line += columns_[i].align == Align::kRight ? pad + cell : cell + pad;
    }
    StripTrailingBlanks(line);
    return line;
  };
  const std::string header =
      add_line([&](std::size_t i) -> const std::string& { return columns_[i].header; });
  out += Paint(header, header_attribute, !header_attribute.empty()) + "\n";
  for (const auto& row : rows_) {
    if (row.empty() && !columns_.empty()) {
      for (std::size_t i = 0; i < total; ++i) out += "─";
      out += "\n";
    } else {
      out += add_line([&](std::size_t i) -> const std::string& { return row[i]; }) + "\n";
    }
  }
  return out;
}

}  // namespace offramp
