#include "offramp/files/profile_file.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "offramp/base/check.h"
#include "offramp/base/text.h"
#include "offramp/files/text_file.h"
#include "offramp/files/yaml_reader.h"

namespace offramp {

namespace {

struct Column {
  std::string name;
  bool is_correct;  // else a confidence
  std::vector<float>* values;
};

// The columns that the exits ask for, in the order of formats.md.
std::vector<Column> ExpectedColumns(const std::vector<bool>& exits,
                                    std::vector<std::vector<float>>& confidence,
                                    std::vector<std::vector<float>>& correct) {
  std::vector<Column> columns;
  for (std::size_t s = 0; s < exits.size(); ++s) {
    const bool last = s + 1 == exits.size();
    if (exits[s] && !last) {
      columns.push_back({Format("confidence_%zu", s + 1), false, &confidence[s]});
    }
    if (exits[s] || last) columns.push_back({Format("correct_%zu", s + 1), true, &correct[s]});
  }
  return columns;
}

Status ErrorAt(const std::string& path, std::size_t line, const std::string& text) {
  return InvalidArgumentError(path + Format(":%zu: ", line) + text);
}

// `expected` in the order of the header's names.
Result<std::vector<Column>> MatchHeader(std::string_view header, const std::string& path,
                                        const std::vector<Column>& expected) {
  const std::vector<std::string> names = Split(header, ',');
  std::vector<std::string> expected_names;
  for (const Column& column : expected) expected_names.push_back(column.name);
  const std::string expectation = ", expected the columns " + Join(expected_names, ",");
  std::vector<Column> columns;
  for (const std::string& name : names) {
    const auto same = [&name](const Column& column) { return column.name == name; };
    const auto found = std::find_if(expected.begin(), expected.end(), same);
    if (found == expected.end()) {
      return ErrorAt(path, 1, "the header has " + Quoted(name) + expectation);
    }
    if (std::any_of(columns.begin(), columns.end(), same)) {
      return ErrorAt(path, 1, "the header has " + Quoted(name) + " twice" + expectation);
    }
    columns.push_back(*found);
  }
  for (const std::string& name : expected_names) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return ErrorAt(path, 1, "the header lacks " + name + expectation);
    }
  }
  return columns;
}

// The part before `separator`, which is taken off `text` together with it.
std::string_view TakeUntil(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::string_view TakeLine(std::string_view& text) {
  std::string_view line = TakeUntil(text, '\n');
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::optional<float> ParseField(std::string_view field, bool is_correct) {
  float value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  const bool whole = error == std::errc() && end == field.data() + field.size();
  // Written so that NaN fails.
  if (!whole || !(value >= 0 && value <= 1)) return std::nullopt;
  if (is_correct && value != 0 && value != 1) return std::nullopt;
  return value;
}

Status ParseRow(std::string_view line, std::size_t number, const std::string& path,
                const std::vector<Column>& columns) {
  const auto fields = static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')) + 1;
  if (fields != columns.size()) {
    return ErrorAt(path, number, Format("has %zu fields, expected %zu", fields, columns.size()));
  }
  for (const Column& column : columns) {
    const std::string_view field = TakeUntil(line, ',');
    const std::optional<float> value = ParseField(field, column.is_correct);
    if (!value.has_value()) {
      return ErrorAt(path, number,
                     column.name + ": is " + Quoted(field) + ", expected " +
                         (column.is_correct ? "0 or 1" : "a number from 0 to 1"));
    }
    column.values->push_back(*value);
  }
  return OkStatus();
}

}  // namespace

Result<std::shared_ptr<const ExitProfile>> ParseExitProfile(std::string_view text,
                                                            const std::string& path,
                                                            const std::vector<bool>& exits) {
  OFFRAMP_CHECK(!exits.empty(), "a model has stages");
  std::vector<std::vector<float>> confidence(exits.size());
  std::vector<std::vector<float>> correct(exits.size());
  const std::vector<Column> expected = ExpectedColumns(exits, confidence, correct);
  if (text.empty()) return InvalidArgumentError(path + ": is empty, expected a header and rows");
  OFFRAMP_ASSIGN_OR_RETURN(const std::vector<Column> columns,
                           MatchHeader(TakeLine(text), path, expected));
  std::size_t rows = 0;
  while (!text.empty()) {
    if (rows == kProfileMaxRows) {
      return InvalidArgumentError(path + Format(": has more than %zu rows", kProfileMaxRows));
    }
    const std::string_view line = TakeLine(text);
    ++rows;
    OFFRAMP_RETURN_IF_ERROR(ParseRow(line, rows + 1, path, columns));
  }
  if (rows == 0) return InvalidArgumentError(path + ": has no rows, expected at least one");
  return std::make_shared<const ExitProfile>(std::move(confidence), std::move(correct));
}

Result<std::shared_ptr<const ExitProfile>> ReadExitProfile(const std::string& path,
                                                           const std::vector<bool>& exits) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kProfileMaxBytes));
  return ParseExitProfile(text, path, exits);
}

}  // namespace offramp
