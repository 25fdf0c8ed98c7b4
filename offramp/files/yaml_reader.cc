#include "offramp/files/yaml_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "offramp/base/text.h"

namespace offramp {

namespace {

constexpr std::size_t kMaxNameLength = 64;
constexpr std::size_t kMaxQuotedLength = 60;
constexpr double kMaxBytes = 1125899906842624;  // 2^50

// The whole of `text` as a number; one plus sign may lead.
template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string Shortest(double value) { return Format("%.15g", value); }

std::string Describe(const NumberRange& range) {
  if (!range.what.empty()) return std::string(range.what);
  const bool has_min = range.min > std::numeric_limits<double>::lowest();
  const bool has_max = range.max < std::numeric_limits<double>::max();
  if (has_min && has_max) {
    const std::string_view from = range.above_min ? "a number above " : "a number from ";
    const std::string_view to = range.above_min ? " and at most " : " to ";
    return std::string(from) + Shortest(range.min) + std::string(to) + Shortest(range.max);
  }
  if (has_min)
    return (range.above_min ? "a number above " : "a number of at least ") + Shortest(range.min);
  if (has_max) return "a number of at most " + Shortest(range.max);
  return "a number";
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameLength && text[0] != '.' && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), IsNameCharacter);
}

}  // namespace

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text.substr(0, kMaxQuotedLength)) {
    quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return quoted + (text.size() > kMaxQuotedLength ? "...\"" : "\"");
}

int YamlView::line() const { return value_ == nullptr ? parent_line_ : value_->line; }

void YamlView::ExpectMap(std::initializer_list<std::string_view> keys) const {
  if (value_ == nullptr || value_->kind != YamlValue::Kind::kMap) {
    FailExpected("a map");
    return;
  }
  for (const auto& [key, value] : value_->entries) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    const std::vector<std::string> known(keys.begin(), keys.end());
    const std::string near = key.size() <= kMaxNameLength ? Nearest(key, known) : std::string();
    const YamlView unknown(reader_, value.get(), value->line, key_path_);
    unknown.Fail(
        "unknown key " + Quoted(key) +
        (near.empty() ? ", expected one of " + Join(known) : ", did you mean \"" + near + "\"?"));
    return;
  }
}

YamlView YamlView::Key(std::string_view key) const {
  const bool is_map = value_ != nullptr && value_->kind == YamlValue::Kind::kMap;
  std::string path = key_path_.empty() ? std::string(key) : key_path_ + "." + std::string(key);
  return {reader_, is_map ? value_->Find(key) : nullptr, line(), std::move(path)};
}

std::vector<YamlView> YamlView::Items(std::size_t min_items) const {
  std::vector<YamlView> items;
  if (value_ == nullptr && min_items == 0) return items;
  if (value_ == nullptr || value_->kind != YamlValue::Kind::kList) {
    FailExpected("a list");
    return items;
  }
  if (value_->items.size() < min_items) {
    Fail(Format("has %zu entries, expected at least %zu", value_->items.size(), min_items));
    return items;
  }
  items.reserve(value_->items.size());
  for (std::size_t i = 0; i < value_->items.size(); ++i) {
    const YamlValue* item = value_->items[i].get();
    items.push_back({reader_, item, item->line, key_path_ + Format("[%zu]", i)});
  }
  return items;
}

const std::string* YamlView::Scalar() const {
  const bool is_scalar = value_ != nullptr && value_->kind == YamlValue::Kind::kScalar;
  return is_scalar ? &value_->text : nullptr;
}

bool YamlView::IsText(std::string_view text) const {
  const std::string* scalar = Scalar();
  return scalar != nullptr && *scalar == text;
}

std::string YamlView::Text(std::string_view what) const {
  const std::string* text = Scalar();
  if (text != nullptr && !text->empty()) return *text;
  FailExpected(what);
  return "";
}

std::string YamlView::Text(std::string_view what, std::string fallback) const {
  return present() ? Text(what) : fallback;
}

std::string YamlView::Name() const {
  const std::string* text = Scalar();
  if (text != nullptr && IsName(*text)) return *text;
  FailExpected(Format("a name of at most %zu letters, digits, '.', '_' and '-'", kMaxNameLength));
  return "";
}

double YamlView::Number(const NumberRange& range) const {
  const std::string* text = Scalar();
  if (text != nullptr && !value_->quoted) {
    const std::optional<double> number = ParseWhole<double>(*text);
    if (number.has_value() && std::isfinite(*number) && *number <= range.max &&
        (range.above_min ? *number > range.min : *number >= range.min)) {
      return *number;
    }
  }
  FailExpected(Describe(range));
  return range.above_min ? 1 : std::clamp(0.0, range.min, range.max);
}

double YamlView::Number(const NumberRange& range, double fallback) const {
  return present() ? Number(range) : fallback;
}

std::int64_t YamlView::Integer(std::int64_t min, std::int64_t max) const {
  const std::string* text = Scalar();
  if (text != nullptr && !value_->quoted) {
    const std::optional<std::int64_t> number = ParseWhole<std::int64_t>(*text);
    if (number.has_value() && *number >= min && *number <= max) return *number;
  }
  FailExpected(min == max ? std::to_string(min)
                          : Format("an integer from %lld to %lld", static_cast<long long>(min),
                                   static_cast<long long>(max)));
  return min;
}

std::int64_t YamlView::Integer(std::int64_t min, std::int64_t max, std::int64_t fallback) const {
  return present() ? Integer(min, max) : fallback;
}

std::int64_t YamlView::Bytes() const {
  const std::string* text = Scalar();
  if (text != nullptr && !value_->quoted) {
    const std::optional<double> number = ParseWhole<double>(*text);
    // Written so that NaN fails.
    if (number.has_value() && *number >= 0 && *number <= kMaxBytes &&
        std::floor(*number) == *number) {
      return static_cast<std::int64_t>(*number);
    }
  }
  FailExpected(Format("a whole number of bytes from 0 to %.0f", kMaxBytes));
  return 0;
}

bool YamlView::Flag(bool fallback) const {
  if (!present()) return fallback;
  const std::string* text = Scalar();
  const bool plain = text != nullptr && !value_->quoted;
  if (plain && *text == "true") return true;
  if (plain && *text == "false") return false;
  FailExpected("true or false");
  return fallback;
}

std::string YamlView::Choice(std::span<const std::string> choices) const {
  const std::string* text = Scalar();
  if (text != nullptr && std::find(choices.begin(), choices.end(), *text) != choices.end()) {
    return *text;
  }
  const std::string near =
      text != nullptr && text->size() <= kMaxNameLength ? Nearest(*text, choices) : std::string();
  FailExpected("one of " + Join(choices) +
               (near.empty() ? std::string() : "; did you mean \"" + near + "\"?"));
  return choices.empty() ? "" : choices[0];
}

std::string YamlView::Choice(std::span<const std::string> choices, std::string fallback) const {
  return present() ? Choice(choices) : fallback;
}

std::string YamlView::Shown() const {
  if (value_ == nullptr) return "missing";
  switch (value_->kind) {
    case YamlValue::Kind::kNull:
      return "empty";
    case YamlValue::Kind::kList:
      return "a list";
    case YamlValue::Kind::kMap:
      return "a map";
    case YamlValue::Kind::kScalar:
      break;
  }
  return (value_->quoted ? "the quoted text " : "") + Quoted(value_->text);
}

void YamlView::Fail(std::string_view text) const {
  if (!reader_->status_.ok()) return;
  std::string message = reader_->path_ + ":" + std::to_string(line()) + ": ";
  if (!key_path_.empty()) message += key_path_ + ": ";
  reader_->status_ = InvalidArgumentError(message + std::string(text));
}

void YamlView::FailExpected(std::string_view what) const {
  Fail("is " + Shown() + ", expected " + std::string(what));
}

Result<std::unique_ptr<YamlReader>> YamlReader::Parse(const std::string& text,
                                                      const std::string& path,
                                                      const YamlLimits& limits) {
  OFFRAMP_ASSIGN_OR_RETURN(std::shared_ptr<const YamlValue> root, ParseYaml(text, path, limits));
  return std::unique_ptr<YamlReader>(new YamlReader(std::move(root), path));
}

void YamlReader::ExpectVersion1() { root().Key("version").Integer(1, 1); }

}  // namespace offramp
