// Tables for people: columns as wide as their widest cell, numbers to the right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace offramp {

// Columns that text takes on a terminal: code points of UTF-8 less ANSI attributes.
std::size_t DisplayWidth(std::string_view text);

// The longest prefix of at most `columns`, attributes closed.
std::string CutToWidth(std::string_view text, std::size_t columns);

class Table {
 public:
  enum class Align { kLeft, kRight };

  void AddColumn(std::string header, Align align = Align::kRight);

  // Missing cells are empty; surplus ones are a bug.
  void AddRow(std::vector<std::string> cells);

  // A line across, before the next row.
  void AddRule();

  // One text line per row, no trailing blanks. `header_attribute` as in Paint; "" for plain.
  std::string Render(std::string_view header_attribute = "") const;

 private:
  struct Column {
    std::string header;
    Align align;
  };
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // a row without cells is a rule
};

}  // namespace offramp
