#include "offramp/files/yaml_tree.h"

#include <algorithm>
#include <exception>
#include <map>
#include <sstream>
#include <unordered_set>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "offramp/base/text.h"

namespace offramp {

namespace {

// Leaves yaml-cpp's parser from within; never leaves this file.
struct Refusal {
  int line;
  std::string text;
};

// Builds the tree from the parser's events. yaml-cpp's own nodes are not used: they know neither
// bounds nor duplicate keys.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::size_t max_values) : max_values_(max_values) {}

  std::shared_ptr<const YamlValue> root() const { return root_; }
  bool started() const { return started_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) Refuse(mark, "a second document starts here, expected one");
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(std::make_shared<YamlValue>(At(mark, YamlValue::Kind::kNull)), anchor, mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    // An alias within its own anchor has no finite meaning.
    if (known == anchors_.end()) Refuse(mark, "this alias stands inside what it names");
    Attach(known->second, mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto scalar = std::make_shared<YamlValue>(At(mark, YamlValue::Kind::kScalar));
    scalar->quoted = tag == "!";
    scalar->text = value;
    const bool null_word = value.empty() || value == "~" || value == "null";
    if (!scalar->quoted && null_word) scalar->kind = YamlValue::Kind::kNull;
    Add(std::move(scalar), anchor, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(At(mark, YamlValue::Kind::kList), anchor, mark);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(At(mark, YamlValue::Kind::kMap), anchor, mark);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    std::shared_ptr<YamlValue> value;
    YAML::anchor_t anchor;
    YAML::Mark mark;
    bool has_key = false;
    std::string key;
    int key_line = 0;
    std::unordered_set<std::string> keys;
  };

  static YamlValue At(const YAML::Mark& mark, YamlValue::Kind kind) {
    YamlValue value;
    value.kind = kind;
    value.line = mark.line + 1;
    return value;
  }

  [[noreturn]] static void Refuse(const YAML::Mark& mark, std::string text) {
    throw Refusal{mark.line + 1, std::move(text)};
  }

  void Open(YamlValue value, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (levels_.size() >= static_cast<std::size_t>(kYamlMaxDepth)) {
      Refuse(mark, Format("is nested deeper than %d levels", kYamlMaxDepth));
    }
    levels_.push_back(
        {std::make_shared<YamlValue>(std::move(value)), anchor, mark, false, {}, 0, {}});
  }

  void Close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    Add(std::move(level.value), level.anchor, level.mark);
  }

  void Add(std::shared_ptr<const YamlValue> value, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = value;
    Attach(std::move(value), mark);
  }

  void Attach(std::shared_ptr<const YamlValue> value, const YAML::Mark& mark) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return;
    }
    Level& level = levels_.back();
    YamlValue& parent = *level.value;
    if (parent.kind == YamlValue::Kind::kMap && !level.has_key) {
      BeginEntry(level, *value, mark);
      return;
    }
    parent.values += value->values;
    if (parent.values > max_values_) {
      Refuse(mark, Format("holds more than %zu values", max_values_));
    }
    if (parent.kind == YamlValue::Kind::kMap) {
      if (value->kind == YamlValue::Kind::kNull) {
        // yaml-cpp notices that a value is absent only on the next line.
        value = std::make_shared<YamlValue>(YamlValue{.line = level.key_line});
      }
      parent.entries.emplace_back(std::move(level.key), std::move(value));
      level.has_key = false;
    } else {
      parent.items.push_back(std::move(value));
    }
  }

  static void BeginEntry(Level& level, const YamlValue& key, const YAML::Mark& mark) {
    if (key.kind != YamlValue::Kind::kScalar) Refuse(mark, "a key is not a plain word");
    if (!level.keys.insert(key.text).second) {
      Refuse(mark, "the key \"" + key.text + "\" stands here twice");
    }
    level.key = key.text;
    level.key_line = key.line;
    level.has_key = true;
  }

  std::size_t max_values_;
  bool started_ = false;
  std::shared_ptr<const YamlValue> root_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, std::shared_ptr<const YamlValue>> anchors_;
};

Status ErrorAt(const std::string& path, int line, const std::string& text) {
  return InvalidArgumentError(path + ":" + std::to_string(line) + ": " + text);
}

}  // namespace

const YamlValue* YamlValue::Find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [key](const auto& entry) { return entry.first == key; });
  return found == entries.end() ? nullptr : found->second.get();
}

Result<std::shared_ptr<const YamlValue>> ParseYaml(const std::string& text, const std::string& path,
                                                   const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return InvalidArgumentError(
        path + Format(": has %zu bytes, expected at most %zu", text.size(), limits.max_bytes));
  }
  // yaml-cpp takes a NUL for the end of the text and would silently drop the rest.
  const std::size_t nul = text.find('\0');
  if (nul != std::string::npos) {
    const auto before = text.begin() + static_cast<std::ptrdiff_t>(nul);
    return ErrorAt(path, 1 + static_cast<int>(std::count(text.begin(), before, '\n')),
                   "holds a zero byte, expected text");
  }
  TreeBuilder builder(limits.max_values);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return ErrorAt(path, refusal.line, refusal.text);
  } catch (const YAML::Exception& error) {
    return ErrorAt(path, error.mark.line + 1, "is not YAML: " + error.msg);
  } catch (const std::exception& error) {
    return InvalidArgumentError(path + ": is not YAML: " + error.what());
  }
  if (builder.root() == nullptr) return std::make_shared<const YamlValue>();
  return builder.root();
}

}  // namespace offramp
