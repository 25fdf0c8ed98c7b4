#include "offramp/data/class_labels.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "offramp/base/text.h"
#include "offramp/data/convert.h"
#include "offramp/data/file_format.h"
#include "offramp/data/npz_file.h"
#include "offramp/data/records.h"

namespace offramp {

namespace {

constexpr std::int64_t kChunkRows = 4096;

// Text from a file, as it may stand in a message.
std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, 40));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return "\"" + shown + (text.size() > 40 ? "...\"" : "\"");
}

Result<std::vector<std::int32_t>> LabelsOfLines(const std::string& path,
                                                const ClassNames& classes) {
  OFFRAMP_ASSIGN_OR_RETURN(const auto records, TextRecords::Open(path, false));
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < records->count(); ++i) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::string line, records->Read(i));
    const Result<std::int32_t> label = classes.Parse(Trimmed(line));
    if (!label.ok()) return label.status().At(records->Where(i));
    labels.push_back(*label);
  }
  return labels;
}

Result<std::vector<std::int32_t>> LabelsOfCsv(const std::string& path, const std::string& column,
                                              const ClassNames& classes) {
  OFFRAMP_ASSIGN_OR_RETURN(const auto records, TextRecords::Open(path, true));
  OFFRAMP_ASSIGN_OR_RETURN(const std::string head, records->Read(0));
  OFFRAMP_ASSIGN_OR_RETURN(const std::vector<std::string> header, SplitCsvRecord(head));
  std::size_t at = 0;
  while (at < header.size() && Trimmed(header[at]) != column) ++at;
  if (at == header.size() && header.size() > 1) {
    return InvalidArgumentError(records->Where(0) + ": has no column \"" + column +
                                "\" (--label-column)");
  }
  // A single column may go without a header, or have any.
  const bool headless = at == header.size() && classes.Parse(Trimmed(header[0])).ok();
  if (at == header.size()) at = 0;
  std::vector<std::int32_t> labels;
  for (std::int64_t i = headless ? 0 : 1; i < records->count(); ++i) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::string line, records->Read(i));
    const auto fields = SplitCsvRecord(line);
    if (!fields.ok()) return fields.status().At(records->Where(i));
    if (fields->size() != header.size()) {
      return InvalidArgumentError(records->Where(i) + Format(": has %zu columns, expected %zu",
                                                             fields->size(), header.size()));
    }
    const Result<std::int32_t> label = classes.Parse(Trimmed((*fields)[at]));
    if (!label.ok()) return label.status().At(records->Where(i));
    labels.push_back(*label);
  }
  return labels;
}

Result<std::vector<std::int32_t>> LabelsOfNpz(const std::string& path, const ClassNames& classes) {
  OFFRAMP_ASSIGN_OR_RETURN(const auto file, NpzFile::Open(path));
  std::string name = file->names().size() == 1 ? file->names()[0] : "";
  for (const char* candidate : kLabelNames) {
    const auto& names = file->names();
    if (name.empty() && std::find(names.begin(), names.end(), candidate) != names.end()) {
      name = candidate;
    }
  }
  if (name.empty()) {
    return InvalidArgumentError(path + ": has no array labels, label or y");
  }
  OFFRAMP_ASSIGN_OR_RETURN(const StoredArray array, file->Read(name));
  return LabelsOf(array, classes);
}

}  // namespace

ClassNames::ClassNames(const Bundle& bundle) {
  const std::vector<std::int64_t>& shape = bundle.outputs.back().shape;
  count_ = shape.size() > 1 ? std::max<std::int64_t>(shape.back(), 0) : 0;
  if (count_ == 0) count_ = static_cast<std::int64_t>(bundle.labels.size());
  for (std::size_t i = 0; i < bundle.labels.size(); ++i) {
    numbers_.emplace(bundle.labels[i], static_cast<std::int32_t>(i));
  }
}

Result<std::int32_t> ClassNames::Check(std::int64_t number) const {
  const std::int64_t end = count_ > 0 ? count_ : INT32_MAX;
  if (number >= 0 && number < end) return static_cast<std::int32_t>(number);
  return InvalidArgumentError(Format("has the label %lld, expected 0 to %lld",
                                     static_cast<long long>(number),
                                     static_cast<long long>(end - 1)));
}

Result<std::int32_t> ClassNames::Parse(std::string_view text) const {
  const auto named = numbers_.find(text);
  if (named != numbers_.end()) return named->second;
  std::int64_t number = 0;
  if (ParseInteger(text, number)) return Check(number);
  double value = 0;
  if (ParseNumber(text, value) && value >= 0 && value < INT32_MAX &&
      value == static_cast<double>(static_cast<std::int64_t>(value))) {
    return Check(static_cast<std::int64_t>(value));
  }
  std::vector<std::string> names;
  for (const auto& [name, unused] : numbers_) names.push_back(name);
  const std::string near = Nearest(text, names);
  return InvalidArgumentError(
      "has the label " + Shown(text) + ", expected " +
      (numbers_.empty() ? "a number: the bundle names no classes" : "one of the bundle's labels") +
      (near.empty() ? "" : ", did you mean \"" + near + "\"?"));
}

Result<std::vector<std::int32_t>> LabelsOf(const StoredArray& array, const ClassNames& classes) {
  if (ElementCount(array.row_shape()) != 1) {
    return InvalidArgumentError(array.name +
                                Format(": holds arrays of %zu axes, expected one label "
                                       "a row",
                                       array.shape.size()));
  }
  std::vector<std::int32_t> labels;
  labels.reserve(static_cast<std::size_t>(array.rows()));
  std::vector<std::byte> bytes;
  std::vector<std::byte> integers;
  for (std::int64_t first = 0; first < array.rows(); first += kChunkRows) {
    const std::int64_t count = std::min(kChunkRows, array.rows() - first);
    bytes.resize(static_cast<std::size_t>(count * array.row_bytes()));
    OFFRAMP_RETURN_IF_ERROR(array.Read(first, count, bytes));
    integers.resize(static_cast<std::size_t>(count) * sizeof(std::int64_t));
    const std::optional<BadElement> bad = ConvertElements(
        bytes.data(), array.datatype, integers.data(), DataType::kInt64, count, 1, Normalisation());
    const auto where = [&](std::int64_t row) {
      return array.name + ": row " + std::to_string(first + row);
    };
    if (bad) return InvalidArgumentError(where(bad->index) + ": the label " + bad->what);
    for (std::int64_t i = 0; i < count; ++i) {
      std::int64_t number;
      std::memcpy(&number, integers.data() + i * 8, sizeof number);
      const Result<std::int32_t> label = classes.Check(number);
      if (!label.ok()) return label.status().At(where(i));
      labels.push_back(*label);
    }
  }
  return labels;
}

Result<std::vector<std::int32_t>> ReadLabelsFile(const std::string& path, const std::string& column,
                                                 const ClassNames& classes) {
  OFFRAMP_ASSIGN_OR_RETURN(const FileFormat format, FormatOf(path));
  switch (format) {
    case FileFormat::kNpy: {
      OFFRAMP_ASSIGN_OR_RETURN(const StoredArray array, OpenNpy(path));
      return LabelsOf(array, classes);
    }
    case FileFormat::kIdx: {
      OFFRAMP_ASSIGN_OR_RETURN(const StoredArray array, OpenIdx(path));
      return LabelsOf(array, classes);
    }
    case FileFormat::kNpz:
      return LabelsOfNpz(path, classes);
    case FileFormat::kCsv:
      return LabelsOfCsv(path, column, classes);
    case FileFormat::kText:
      return LabelsOfLines(path, classes);
    case FileFormat::kImages:
      break;
  }
  return InvalidArgumentError(path + ": is a folder, expected a file of labels");
}

}  // namespace offramp
