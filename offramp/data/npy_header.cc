// The header of a .npy: magic, version, length, and a Python dictionary as text (NumPy Enhancement
// Proposal 1).
#include <algorithm>
#include <charconv>
#include <string_view>

#include "offramp/base/text.h"
#include "offramp/data/stored_array.h"

namespace offramp {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostAxes = 16;

struct NpyType {
  std::string_view code;  // without the byte order
  DataType datatype;
};

constexpr NpyType kTypes[] = {
    {"b1", DataType::kBool},   {"i1", DataType::kInt8},   {"i2", DataType::kInt16},
    {"i4", DataType::kInt32},  {"i8", DataType::kInt64},  {"u1", DataType::kUint8},
    {"u2", DataType::kUint16}, {"u4", DataType::kUint32}, {"u8", DataType::kUint64},
    {"f2", DataType::kFp16},   {"f4", DataType::kFp32},   {"f8", DataType::kFp64}};

// Reads the three keys that every header has, in any order, and nothing else.
class Dictionary {
 public:
  Dictionary(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Status Read(StoredArray& array) {
    if (!Take('{')) return Broken();
    while (!Take('}')) {
      std::string_view key;
      if (!Quoted(key) || !Take(':')) return Broken();
      if (key == "descr") {
        OFFRAMP_RETURN_IF_ERROR(Type(array));
      } else if (key == "fortran_order") {
        OFFRAMP_RETURN_IF_ERROR(Order());
      } else if (key == "shape") {
        OFFRAMP_RETURN_IF_ERROR(Shape(array));
      } else {
        return Broken();
      }
      if (!Take(',') && Peek() != '}') return Broken();
    }
    return has_type_ && has_order_ && has_shape_ ? CheckOrder(array) : Broken();
  }

 private:
  Status Broken() const { return InvalidArgumentError(name_ + ": has a broken .npy header"); }

  char Peek() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_[0];
  }

  bool Take(char wanted) {
    if (Peek() != wanted || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool TakeWord(std::string_view word) {
    Peek();
    if (text_.substr(0, word.size()) != word) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  bool Quoted(std::string_view& value) {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') return false;
    const std::size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) return false;
    value = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return true;
  }

  Status Type(StoredArray& array) {
    std::string_view descr;
    if (!Quoted(descr)) {
      return Peek() == '[' ? InvalidArgumentError(name_ + ": holds records, expected plain numbers")
                           : Broken();
    }
    has_type_ = true;
    if (descr.find('O') != std::string_view::npos) {
      return InvalidArgumentError(name_ +
                                  ": holds pickled Python objects, which are never loaded; "
                                  "expected plain numbers");
    }
    const char order = descr.empty() ? '\0' : descr[0];
    if (order == '<' || order == '>' || order == '|' || order == '=') {
      array.big_endian = order == '>';
      for (const NpyType& type : kTypes) {
        if (type.code != descr.substr(1)) continue;
        array.datatype = type.datatype;
        return OkStatus();
      }
    }
    // Shown only where it is sound text: it comes from outside.
    const bool sound = descr.size() < 20 && std::all_of(descr.begin(), descr.end(),
                                                        [](char c) { return c > ' ' && c < 0x7f; });
    return InvalidArgumentError(name_ + ": has elements of type \"" +
                                (sound ? std::string(descr) : "?") +
                                "\", expected booleans, integers or floating-point numbers");
  }

  Status Order() {
    has_order_ = true;
    if (TakeWord("False")) return OkStatus();
    if (!TakeWord("True")) return Broken();
    fortran_ = true;
    return OkStatus();
  }

  Status Shape(StoredArray& array) {
    has_shape_ = true;
    array.shape.clear();
    if (!Take('(')) return Broken();
    while (!Take(')')) {
      Peek();
      std::int64_t extent = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (error != std::errc() || extent < 0 || array.shape.size() == kMostAxes) return Broken();
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      TakeWord("L");  // as Python 2 wrote it
      array.shape.push_back(extent);
      if (!Take(',') && Peek() != ')') return Broken();
    }
    return OkStatus();
  }

  // Both orders are the same where at most one axis is longer than 1.
  Status CheckOrder(const StoredArray& array) const {
    int long_axes = 0;
    for (const std::int64_t extent : array.shape) long_axes += extent > 1 ? 1 : 0;
    if (!fortran_ || long_axes < 2) return OkStatus();
    return InvalidArgumentError(
        name_ + ": is in Fortran order, expected C order (numpy.ascontiguousarray)");
  }

  std::string_view text_;
  const std::string& name_;
  bool has_type_ = false;
  bool has_order_ = false;
  bool has_shape_ = false;
  bool fortran_ = false;
};

}  // namespace

Result<StoredArray> ParseNpyHeader(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < 12 || text.substr(0, kMagic.size()) != kMagic) {
    return InvalidArgumentError(name + ": does not begin like a .npy file");
  }
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(bytes[i]); };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) {
    return InvalidArgumentError(
        Format("%s: has .npy version %zu, expected 1 to 3", name.c_str(), version));
  }
  const std::size_t start = version == 1 ? 10 : 12;
  std::size_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > text.size() - start) {
    return InvalidArgumentError(Format("%s: claims a header of %zu bytes, expected at most %zu",
                                       name.c_str(), length, text.size() - start));
  }
  StoredArray array;
  array.name = name;
  array.offset = static_cast<std::int64_t>(start + length);
  OFFRAMP_RETURN_IF_ERROR(Dictionary(text.substr(start, length), name).Read(array));
  return array;
}

}  // namespace offramp
