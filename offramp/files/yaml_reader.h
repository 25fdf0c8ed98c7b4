// The checked view of YAML behind every file reader: types, ranges, unknown keys, each with the one
// error style of this folder:
//
//     fleet.yaml:12: nodes[2].stage: is "x", expected an integer from 1 to 64
//
// The first error sticks in the YamlReader and later reads return harmless values, so a parser
// reads straight down and asks once at its end. Not thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/files/yaml_tree.h"

namespace offramp {

// Numbers from `min` to `max`; without an end where open. Never NaN or infinite.
struct NumberRange {
  double min = std::numeric_limits<double>::lowest();
  bool above_min = false;  // `min` itself is not allowed
  double max = std::numeric_limits<double>::max();
  std::string_view what = {};  // in place of the range in "expected ..."
};
inline constexpr NumberRange kPositive{.min = 0, .above_min = true};
inline constexpr NumberRange kNotNegative{.min = 0};

class YamlReader;

// One place in the document: a value, or the absence of one. A view; the reader must outlive it.
class YamlView {
 public:
  // "nodes[2].stage", for messages about several places.
  const std::string& key_path() const { return key_path_; }
  int line() const;
  bool present() const { return value_ != nullptr; }

  // Fails unless this is a map whose keys are all among `keys`; suggests the nearest one.
  void ExpectMap(std::initializer_list<std::string_view> keys) const;

  // The value of `key`; absent when it is not there or this is no map.
  YamlView Key(std::string_view key) const;

  // Whether this is the scalar `text`.
  bool IsText(std::string_view text) const;

  // Elements of a list. Fails for anything else, and for fewer than `min_items`; an absent list is
  // empty when min_items is 0.
  std::vector<YamlView> Items(std::size_t min_items = 0) const;

  // The scalar; fails when there is none. `what` completes "expected ...".
  std::string Text(std::string_view what = "text") const;
  std::string Text(std::string_view what, std::string fallback) const;  // where absent

  // A name: letters, digits, '.', '_' and '-', at most 64, the first a letter, digit or '_'. Names
  // become metric labels, file names and parts of a comma-separated path.
  std::string Name() const;

  double Number(const NumberRange& range) const;
  double Number(const NumberRange& range, double fallback) const;
  std::int64_t Integer(std::int64_t min, std::int64_t max) const;
  std::int64_t Integer(std::int64_t min, std::int64_t max, std::int64_t fallback) const;

  // A whole number of bytes from 0 to 2^50; 1e6 is one too.
  std::int64_t Bytes() const;

  // true or false, without quotes.
  bool Flag(bool fallback) const;

  // One of `choices`.
  std::string Choice(std::span<const std::string> choices) const;
  std::string Choice(std::span<const std::string> choices, std::string fallback) const;

  // The value as a message quotes it: "x", a list, a map, empty or missing.
  std::string Shown() const;

  // Records "PATH:LINE: KEY: <text>" unless there is an error already.
  void Fail(std::string_view text) const;
  // The same with "is <value>, expected <what>".
  void FailExpected(std::string_view what) const;

 private:
  friend class YamlReader;
  YamlView(YamlReader* reader, const YamlValue* value, int parent_line, std::string key_path)
      : reader_(reader), value_(value), parent_line_(parent_line), key_path_(std::move(key_path)) {}

  const std::string* Scalar() const;  // null where there is none

  YamlReader* reader_;
  const YamlValue* value_;  // null: absent
  int parent_line_;         // where an absent value would have been
  std::string key_path_;
};

// Holds a parsed document and the first error found in it.
class YamlReader {
 public:
  // Errors as ParseYaml's. `path` stands in messages as it is given.
  static Result<std::unique_ptr<YamlReader>> Parse(const std::string& text, const std::string& path,
                                                   const YamlLimits& limits = {});

  YamlView root() { return {this, root_.get(), 1, ""}; }
  const std::string& path() const { return path_; }

  // Fails unless the top level has `version: 1`.
  void ExpectVersion1();

  // The first error, or OK.
  const Status& status() const { return status_; }

 private:
  friend class YamlView;
  YamlReader(std::shared_ptr<const YamlValue> root, std::string path)
      : root_(std::move(root)), path_(std::move(path)) {}

  std::shared_ptr<const YamlValue> root_;
  std::string path_;
  Status status_;
};

// Text in double quotes as messages show it: control characters replaced, cut when long.
std::string Quoted(std::string_view text);

}  // namespace offramp
