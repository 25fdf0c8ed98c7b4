#include "offramp/text/tokenizer_json.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "offramp/base/text.h"
#include "offramp/text/utf8.h"

namespace offramp {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMaxId = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kMaxTokenBytes = 1024;
constexpr std::size_t kMaxAddedTokens = 1024;
constexpr std::size_t kMaxMarkTokens = 64;
constexpr std::int64_t kMaxWordChars = 10000;

// Reads one document; the first thing that is wrong stays in status().
class Reader {
 public:
  explicit Reader(std::string name) : name_(std::move(name)) {}

  const Status& status() const { return status_; }

  void Fail(const std::string& key, const std::string& what) {
    if (!status_.ok()) return;
    std::string text = key + ": " + what;
    // Keys and tokens are the file's: an error stays one line.
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) c = '?';
    }
    status_ = InvalidArgumentError(name_ + ": " + text);
  }

  // `value` as an object with no other keys than `keys`; an empty one where it is something else.
  const Json& Object(const Json& value, const std::string& key,
                     std::initializer_list<std::string_view> keys) {
    static const auto* const empty = new Json(Json::object());
    if (!value.is_object()) {
      Fail(key, "is " + Shown(value) + ", expected an object");
      return *empty;
    }
    for (const auto& [name, inner] : value.items()) {
      if (std::find(keys.begin(), keys.end(), name) == keys.end()) {
        Fail(key + "." + name.substr(0, 64), "is not known here");
      }
    }
    return value;
  }

  const Json& At(const Json& object, const char* key) {
    static const auto* const null = new Json();
    const auto found = object.find(key);
    return found == object.end() ? *null : *found;
  }

  std::string Text(const Json& object, const std::string& where, const char* key) {
    const Json& value = At(object, key);
    if (!value.is_string() || value.get_ref<const std::string&>().size() > kMaxTokenBytes) {
      Fail(where + "." + key, "is " + Shown(value) + ", expected a short text");
      return "";
    }
    return value.get<std::string>();
  }

  std::int64_t Integer(const Json& value, const std::string& key, std::int64_t max) {
    const bool fits = value.is_number_integer() &&
                      !(value.is_number_unsigned() && value.get<std::uint64_t>() > kUnsignedMax) &&
                      value.get<std::int64_t>() >= 0 && value.get<std::int64_t>() <= max;
    if (fits) return value.get<std::int64_t>();
    Fail(key, "is " + Shown(value) +
                  Format(", expected an integer from 0 to %lld", static_cast<long long>(max)));
    return 0;
  }

  bool Flag(const Json& object, const std::string& where, const char* key, bool fallback) {
    const Json& value = At(object, key);
    if (value.is_null()) return fallback;
    if (value.is_boolean()) return value.get<bool>();
    Fail(where + "." + key, "is " + Shown(value) + ", expected true or false");
    return fallback;
  }

  void ExpectText(const Json& object, const std::string& where, const char* key,
                  std::string_view expected) {
    const Json& value = At(object, key);
    if (value.is_string() && value.get_ref<const std::string&>() == expected) return;
    Fail(where + "." + key,
         "is " + Shown(value) + ", expected \"" + std::string(expected) + "\" (no other is known)");
  }

  static std::string Shown(const Json& value) {
    if (value.is_null()) return "missing";
    if (value.is_structured()) return value.is_array() ? "a list" : "an object";
    const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    return text.size() > 64 ? text.substr(0, 64) + "..." : text;
  }

 private:
  static constexpr auto kUnsignedMax =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

  const std::string name_;
  Status status_;
};

void ReadVocabulary(Reader& reader, const Json& vocabulary, WordPieceRules& rules) {
  if (!vocabulary.is_object() || vocabulary.empty()) {
    reader.Fail("model.vocab", "is " + Reader::Shown(vocabulary) + ", expected tokens with ids");
    return;
  }
  std::set<std::int64_t> seen;
  for (const auto& [token, id] : vocabulary.items()) {
    if (token.size() > kMaxTokenBytes) {
      reader.Fail("model.vocab", Format("has a token of %zu bytes, expected at most %zu",
                                        token.size(), kMaxTokenBytes));
      return;
    }
    const std::string key = "model.vocab." + token;
    rules.vocabulary.emplace_back(token, reader.Integer(id, key, kMaxId));
    if (!seen.insert(rules.vocabulary.back().second).second) {
      reader.Fail(key, "has the id of another token");
    }
    if (!reader.status().ok()) return;
  }
}

void ReadModel(Reader& reader, const Json& value, WordPieceRules& rules) {
  const Json& model = reader.Object(
      value, "model",
      {"type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"});
  reader.ExpectText(model, "model", "type", "WordPiece");
  rules.continuing_prefix = reader.Text(model, "model", "continuing_subword_prefix");
  if (rules.continuing_prefix.empty()) {
    reader.Fail("model.continuing_subword_prefix", "is empty, expected a text such as ##");
  }
  rules.max_word_chars =
      static_cast<std::size_t>(reader.Integer(reader.At(model, "max_input_chars_per_word"),
                                              "model.max_input_chars_per_word", kMaxWordChars));
  ReadVocabulary(reader, reader.At(model, "vocab"), rules);
  const std::string unknown = reader.Text(model, "model", "unk_token");
  const auto found = std::find_if(rules.vocabulary.begin(), rules.vocabulary.end(),
                                  [&](const auto& entry) { return entry.first == unknown; });
  if (found == rules.vocabulary.end()) {
    reader.Fail("model.unk_token", "is \"" + unknown + "\", which is not in model.vocab");
  } else {
    rules.unknown_id = found->second;
  }
}

void ReadText(Reader& reader, const Json& root, WordPieceRules& rules) {
  const Json& normalizer =
      reader.Object(reader.At(root, "normalizer"), "normalizer",
                    {"type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"});
  reader.ExpectText(normalizer, "normalizer", "type", "BertNormalizer");
  rules.text.clean_text = reader.Flag(normalizer, "normalizer", "clean_text", true);
  rules.text.handle_chinese_chars =
      reader.Flag(normalizer, "normalizer", "handle_chinese_chars", true);
  rules.text.lowercase = reader.Flag(normalizer, "normalizer", "lowercase", true);
  rules.text.strip_accents =
      reader.Flag(normalizer, "normalizer", "strip_accents", rules.text.lowercase);
  const Json& pre_tokenizer =
      reader.Object(reader.At(root, "pre_tokenizer"), "pre_tokenizer", {"type"});
  reader.ExpectText(pre_tokenizer, "pre_tokenizer", "type", "BertPreTokenizer");
}

void ReadAddedTokens(Reader& reader, const Json& list, WordPieceRules& rules) {
  if (list.is_null()) return;
  if (!list.is_array() || list.size() > kMaxAddedTokens) {
    reader.Fail("added_tokens", Format("is no list of at most %zu tokens", kMaxAddedTokens));
    return;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string key = Format("added_tokens[%zu]", i);
    const Json& token = reader.Object(
        list[i], key,
        {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
    for (const char* option : {"single_word", "lstrip", "rstrip", "normalized"}) {
      if (reader.Flag(token, key, option, false)) {
        reader.Fail(key + "." + option, "is true, expected false (the option is not known here)");
      }
    }
    AddedToken added;
    added.content = reader.Text(token, key, "content");
    added.id = reader.Integer(reader.At(token, "id"), key + ".id", kMaxId);
    if (added.content.empty()) reader.Fail(key + ".content", "is empty, expected a token");
    rules.added.push_back(std::move(added));
  }
}

// "[CLS]" and its ids, as `special_tokens` of a template has them.
std::vector<std::int64_t> SpecialIds(Reader& reader, const Json& specials, const std::string& id) {
  const std::string key = "post_processor.special_tokens." + id.substr(0, 64);
  const Json& special =
      reader.Object(reader.At(specials, id.c_str()), key, {"id", "ids", "tokens"});
  const Json& list = reader.At(special, "ids");
  std::vector<std::int64_t> ids;
  if (!list.is_array() || list.empty() || list.size() > kMaxMarkTokens) {
    reader.Fail(key + ".ids", "is " + Reader::Shown(list) + ", expected a short list of ids");
    return ids;
  }
  for (const Json& entry : list) ids.push_back(reader.Integer(entry, key + ".ids", kMaxId));
  return ids;
}

void ReadTemplate(Reader& reader, const Json& processor, WordPieceRules& rules) {
  const Json& parts = reader.At(processor, "single");
  const Json& specials = reader.At(processor, "special_tokens");
  if (!parts.is_array() || parts.size() > kMaxMarkTokens || !specials.is_object()) {
    reader.Fail("post_processor", "is no template, expected lists single and special_tokens");
    return;
  }
  int texts = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string key = Format("post_processor.single[%zu]", i);
    const Json& part = reader.Object(parts[i], key, {"SpecialToken", "Sequence"});
    const bool is_text = part.contains("Sequence");
    const Json& entry = reader.Object(reader.At(part, is_text ? "Sequence" : "SpecialToken"), key,
                                      {"id", "type_id"});
    const std::string id = reader.Text(entry, key, "id");
    const std::int64_t type = reader.Integer(reader.At(entry, "type_id"), key + ".type_id", kMaxId);
    if (is_text) {
      if (id != "A" || ++texts > 1) reader.Fail(key, "is another text, expected one, called A");
      rules.type = type;
      continue;
    }
    for (const std::int64_t mark : SpecialIds(reader, specials, id)) {
      (texts == 0 ? rules.before : rules.after).push_back({mark, type});
    }
  }
  if (texts == 0) reader.Fail("post_processor.single", "has no text, expected one, called A");
}

// [TOKEN, id].
MarkToken ReadPair(Reader& reader, const Json& processor, const char* key) {
  const Json& pair = reader.At(processor, key);
  const std::string where = std::string("post_processor.") + key;
  if (!pair.is_array() || pair.size() != 2) {
    reader.Fail(where, "is " + Reader::Shown(pair) + ", expected a token and its id");
    return {};
  }
  return {.id = reader.Integer(pair[1], where, kMaxId)};
}

void ReadPostProcessor(Reader& reader, const Json& value, WordPieceRules& rules) {
  if (value.is_null()) return;
  const Json& processor = reader.Object(value, "post_processor",
                                        {"type", "single", "pair", "special_tokens", "sep", "cls"});
  if (reader.At(processor, "type") == "BertProcessing") {
    rules.before = {ReadPair(reader, processor, "cls")};
    rules.after = {ReadPair(reader, processor, "sep")};
    return;
  }
  reader.ExpectText(processor, "post_processor", "type", "TemplateProcessing");
  ReadTemplate(reader, processor, rules);
}

// How long rows may be is the bundle's to say; from which side they are cut and filled is not.
void ReadSides(Reader& reader, const Json& root, WordPieceRules& rules) {
  for (const char* part : {"truncation", "padding"}) {
    const Json& value = reader.At(root, part);
    if (value.is_null()) continue;
    const Json& object =
        reader.Object(value, part,
                      {"direction", "max_length", "strategy", "stride", "pad_to_multiple_of",
                       "pad_id", "pad_type_id", "pad_token"});
    if (object.contains("direction")) reader.ExpectText(object, part, "direction", "Right");
    if (object.contains("pad_id")) {
      rules.pad_id = reader.Integer(object["pad_id"], std::string(part) + ".pad_id", kMaxId);
    }
  }
}

}  // namespace

Result<WordPieceRules> ReadWordPieceRules(std::string_view json, const std::string& name) {
  // Without exceptions; a discarded document is no object.
  const Json document = Json::parse(json.begin(), json.end(), nullptr, false);
  if (document.is_discarded()) return InvalidArgumentError(name + ": is no JSON");
  Reader reader(name);
  const Json& root =
      reader.Object(document, "the document",
                    {"version", "truncation", "padding", "added_tokens", "normalizer",
                     "pre_tokenizer", "post_processor", "decoder", "model"});
  WordPieceRules rules;
  ReadModel(reader, reader.At(root, "model"), rules);
  ReadText(reader, root, rules);
  ReadAddedTokens(reader, reader.At(root, "added_tokens"), rules);
  ReadPostProcessor(reader, reader.At(root, "post_processor"), rules);
  ReadSides(reader, root, rules);
  OFFRAMP_RETURN_IF_ERROR(reader.status());
  return rules;
}

}  // namespace offramp
